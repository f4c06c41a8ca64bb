#include <algorithm>

#include "base/text.h"
#include "formats/refusals.h"
#include "model/config/model_config.h"

namespace skd {
namespace {

/// Typed access to config.json; the first wrong value is kept as the error.
class ConfigReader {
public:
    explicit ConfigReader(const Json& json) : m_json(json) {}

    [[nodiscard]] bool has(const char* key) const {
        return m_json.contains(key) && !m_json[key].is_null();
    }

    /// `fallback` 0: there is none.
    std::int64_t required(const char* key, std::int64_t fallback = 0) {
        if (has(key) || fallback > 0) return integer(key, fallback);
        note(strCat(key, " is missing; it cannot be guessed"));
        return 0;
    }
    std::int64_t integer(const char* key, std::int64_t fallback) {
        if (!has(key)) return fallback;
        const Json& value = memberOf(m_json, key);
        const auto number = value.is_number_integer() ? valueAs<std::int64_t>(value) : std::nullopt;
        if (number && *number <= 1ll << 62) return *number;
        if (value.is_number_integer())
            note(strCat(key, " is too large"));
        else
            note(strCat(key, " must be a whole number, found ", value.dump().substr(0, 40)));
        return fallback;
    }
    double number(const char* key, double fallback) {
        return value(key, fallback, "a number", true);
    }
    bool flag(const char* key, bool fallback) { return value(key, fallback, "true or false"); }
    std::string word(const char* key, const std::string& fallback) {
        return value(key, fallback, "a text");
    }
    std::vector<double> numbers(const char* key) {
        std::vector<double> values;
        if (!has(key)) return values;
        if (auto read = valuesAs<double>(memberOf(m_json, key))) return std::move(*read);
        note(strCat(key, " must be a list of numbers"));
        return values;
    }
    void note(std::string problem) {
        if (m_problem.empty()) m_problem = std::move(problem);
    }
    [[nodiscard]] const std::string& problem() const { return m_problem; }

private:
    /// `wanted` is what the value must be; `shown`: the error quotes what it is.
    template <class Value>
    Value value(const char* key, const Value& fallback, const char* wanted, bool shown = false) {
        if (!has(key)) return fallback;
        const Json& found = memberOf(m_json, key);
        if (auto read = valueAs<Value>(found)) return std::move(*read);
        note(
            strCat(key, " must be ", wanted, shown ? ", found " + found.dump().substr(0, 40) : ""));
        return fallback;
    }

    const Json& m_json;
    std::string m_problem;
};

Result<RopeType> ropeTypeByName(const std::string& name) {
    RopeType type = RopeType::Default;
    if (name.empty() || name == "none" || parseEnum(name, type)) return type;
    if (name == "su") return RopeType::LongRope;
    return unsupported("rope scaling \"", name, "\" is not supported; supported are ",
                       joined(enumNames<RopeType>()));
}

/// What `rope_type` and its old name `type` say together.
Result<RopeType> readRopeType(ConfigReader& reader, Family family) {
    const auto typeOf = [family](const std::string& name) {
        return ropeTypeByName(family == Family::Phi3 && name == "yarn" ? "longrope" : name);
    };
    const std::string old = reader.word("type", "default"), name = reader.word("rope_type", old);
    SKD_TRY(const RopeType type, typeOf(name));
    if (!reader.has("type") || !reader.has("rope_type")) return type;
    SKD_TRY(const RopeType oldType, typeOf(old));
    if (oldType != type)
        reader.note(strCat("rope_type is ", name, ", but type, its old name, is ", old,
                           "; remove the one that is wrong"));
    return type;
}

/// YaRN (arXiv 2309.00071) as transformers reads it.
Status readYarn(ConfigReader& reader, const ModelConfig& model, RopeConfig& rope) {
    if (!reader.flag("truncate", true))
        return unsupported("rope scaling yarn with truncate false is not supported");
    if (rope.originalMaxPositions <= 0) rope.originalMaxPositions = model.maxPositions;
    if (!reader.has("factor") && rope.originalMaxPositions > 0)
        rope.factor = static_cast<double>(model.maxPositions) /
                      static_cast<double>(rope.originalMaxPositions);
    rope.betaFast = reader.number("beta_fast", rope.betaFast);
    rope.betaSlow = reader.number("beta_slow", rope.betaSlow);
    const double weight = reader.number("mscale", 0), all = reader.number("mscale_all_dim", 0);
    if (rope.attentionFactor == 0 && weight != 0 && all != 0)
        rope.attentionFactor = yarnMagnitude(rope.factor, weight) / yarnMagnitude(rope.factor, all);
    return {};
}

/// One rotation out of `scaling`, with the keys beside it as defaults.
Result<RopeConfig> readRotation(const Json& scaling, ConfigReader& config, const ModelConfig& model,
                                double theta) {
    RopeConfig rope;
    const Family family = model.family;
    if (!scaling.is_object()) return corrupt("rope parameters must be an object");
    ConfigReader reader(scaling);
    rope.theta = reader.number("rope_theta", theta);
    rope.partialFactor =
        reader.number("partial_rotary_factor", config.number("partial_rotary_factor", 1));
    SKD_TRY(rope.type, readRopeType(reader, family));
    rope.factor = reader.number("factor", 1);
    rope.lowFrequencyFactor = reader.number("low_freq_factor", 1);
    rope.highFrequencyFactor = reader.number("high_freq_factor", 4);
    rope.originalMaxPositions = reader.integer(
        "original_max_position_embeddings",
        config.integer("original_max_position_embeddings", family == Family::Phi3 ? 4096 : 0));
    rope.longFactor = reader.numbers("long_factor");
    rope.shortFactor = reader.numbers("short_factor");
    rope.attentionFactor = reader.number("attention_factor", 0);
    if (rope.type == RopeType::Yarn) SKD_CHECK(readYarn(reader, model, rope));
    const bool needsFactor = rope.type == RopeType::Linear || rope.type == RopeType::Dynamic ||
                             rope.type == RopeType::Llama3;
    if (needsFactor && !reader.has("factor"))
        reader.note(strCat("factor is missing; rope scaling ", enumName(rope.type), " needs it"));
    if (!reader.problem().empty()) return corrupt("rope parameters: ", reader.problem());
    return rope;
}

/// An empty object where the key is missing.
Result<Json> ropeObject(const Json& json, const ConfigReader& config, const char* key) {
    if (!config.has(key)) return Json::object();
    if (!json[key].is_object()) return corrupt(key, " must be an object");
    return json[key];
}

bool isByLayerType(const Json& scaling) {
    return scaling.contains("full_attention") || scaling.contains("sliding_attention");
}

/// Where rope_scaling stands beside rope_parameters, transformers 5 takes it; for the layers that
/// see everything it goes key by key where those have a rotation of their own (`full`). A scaling
/// or a theta that this would drop is refused.
Status addOldScaling(const Json& old, const Json& full, ConfigReader& config, ModelConfig& model) {
    const FamilyTraits& family = traits(model.family);
    Json merged = family.defaultSlidingTheta > 0 ? full : Json::object();
    merged.update(old);
    SKD_TRY(const RopeConfig rope,
            readRotation(merged, config, model, config.number("rope_theta", family.defaultTheta)));
    if (rope == model.rope && !isByLayerType(old)) return {};
    const bool drops = model.rope.type != RopeType::Default || model.rope.theta != rope.theta ||
                       model.rope.partialFactor != rope.partialFactor;
    if (drops || isByLayerType(old))
        return corrupt("rope_parameters ", full.dump().substr(0, 120), " and rope_scaling ",
                       old.dump().substr(0, 120),
                       " contradict each other; remove the one that does not belong to the model");
    model.rope = rope;
    return {};
}

/// transformers 5 keeps everything in rope_parameters, transformers 4 in rope_theta and
/// rope_scaling; where layers with a window turn otherwise, by layer type, or in
/// rope_local_base_freq.
Status readRope(const Json& json, ConfigReader& config, ModelConfig& model) {
    const FamilyTraits& family = traits(model.family);
    SKD_TRY(const Json given, ropeObject(json, config, "rope_parameters"));
    SKD_TRY(const Json old, ropeObject(json, config, "rope_scaling"));
    const Json& scaling = given.empty() ? old : given;
    const bool byType = isByLayerType(scaling);
    if (byType && family.defaultSlidingTheta <= 0)
        return unsupported("rope_parameters per layer type are not supported for ", family.name);
    const auto part = [&](const char* type) {
        const bool there = byType && scaling.contains(type) && !scaling[type].is_null();
        return there ? scaling[type] : Json::object();
    };
    const Json full = byType ? part("full_attention") : scaling;
    SKD_TRY(model.rope,
            readRotation(full, config, model, config.number("rope_theta", family.defaultTheta)));
    if (!given.empty() && !old.empty() && given != old)
        SKD_CHECK(addOldScaling(old, full, config, model));
    if (family.defaultSlidingTheta <= 0) return {};
    const double theta = config.number("rope_local_base_freq", family.defaultSlidingTheta);
    SKD_TRY(model.slidingRope, readRotation(part("sliding_attention"), config, model, theta));
    if (model.slidingRope->partialFactor != model.rope.partialFactor)
        return unsupported("a partial_rotary_factor per layer type is not supported");
    return {};
}

void readBiases(ModelConfig& model, ConfigReader& config) {
    const FamilyTraits& family = traits(model.family);
    const bool attentionBias = family.attentionBiasKey && config.flag("attention_bias", false);
    model.qkvBias = family.qkvBiasAlways || attentionBias;
    model.outputBias = attentionBias;
    model.mlpBias = family.mlpBiasKey && config.flag("mlp_bias", false);
}

/// False, and noted, for anything but one known type a layer.
bool areLayerTypes(const Json& types, std::int64_t count, ConfigReader& config) {
    if (!types.is_array() || types.size() != static_cast<std::size_t>(count)) {
        config.note(strCat("layer_types must list one type for each of the ", count, " layers"));
        return false;
    }
    for (const Json& type : types) {
        if (type == "full_attention" || type == "sliding_attention") continue;
        config.note(strCat("layer_types contains ", type.dump().substr(0, 60),
                           ", which is not supported; full_attention and sliding_attention are"));
        return false;
    }
    return true;
}

/// Window of each layer: `layer_types` wins over the family's rule.
void readLayers(ModelConfig& model, ConfigReader& config, const Json& json) {
    const FamilyTraits& family = traits(model.family);
    const std::int64_t count = config.required("num_hidden_layers");
    const std::int64_t intermediate = config.required("intermediate_size");
    if (count < 1 || count > 10000)
        return config.note(
            strCat("num_hidden_layers is ", count, ", but must lie between 1 and 10000"));
    const bool keyThere = json.contains("sliding_window");
    std::int64_t window =
        keyThere ? config.integer("sliding_window", 0) : family.defaultSlidingWindow;
    std::int64_t firstSliding = 0;
    const Json types = config.has("layer_types") ? memberOf(json, "layer_types") : Json();
    if (family.slidingNeedsSwitch && types.is_null()) {
        if (!config.flag("use_sliding_window", false)) window = 0;
        firstSliding = config.integer("max_window_layers", 28);
    }
    const std::int64_t period = config.integer(
        "sliding_window_pattern", config.integer("_sliding_window_pattern", family.fullLayerEvery));
    if (family.fullLayerEvery > 0 && (window < 1 || period < 1))
        return config.note("sliding_window and sliding_window_pattern must be positive numbers");
    if (!types.is_null() && !areLayerTypes(types, count, config)) return;
    // transformers reads neither of them in every family (config_warnings.h says so aloud).
    const bool readsTypes = family.slidingNeedsSwitch || family.fullLayerEvery > 0;
    if (model.family == Family::Llama) window = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        bool sliding = family.fullLayerEvery > 0 ? (i + 1) % period != 0 : i >= firstSliding;
        if (readsTypes && !types.is_null())
            sliding = types[static_cast<std::size_t>(i)] == "sliding_attention";
        model.layers.push_back({intermediate, sliding ? std::max<std::int64_t>(window, 0) : 0});
    }
}

void readSizes(ModelConfig& model, ConfigReader& config) {
    const FamilyTraits& family = traits(model.family);
    model.vocabularySize = config.required("vocab_size", family.defaultVocabulary);
    model.hiddenSize = config.required("hidden_size");
    model.heads = config.required("num_attention_heads", family.defaultHeads);
    model.keyValueHeads =
        config.integer("num_key_value_heads",
                       family.defaultKeyValueHeads > 0 ? family.defaultKeyValueHeads : model.heads);
    const std::int64_t split = model.heads > 0 ? model.hiddenSize / model.heads : 0;
    model.headDim =
        config.integer("head_dim", family.defaultHeadDim > 0 ? family.defaultHeadDim : split);
    model.maxPositions = config.integer("max_position_embeddings", family.defaultMaxPositions);
    model.normEpsilon = config.number("rms_norm_eps", family.defaultNormEpsilon);
    model.tiedHead = config.flag("tie_word_embeddings", family.tiedByDefault);
    if (family.defaultQueryScalar > 0)
        model.queryScalar = config.integer("query_pre_attn_scalar", family.defaultQueryScalar);
    model.weightsDType = config.word("torch_dtype", config.word("dtype", "float32"));
}

/// The language model's part of a Gemma 3 wrapper; what the wrapper says for all parts is kept.
Json textPart(const Json& json) {
    Json text = memberOf(json, "text_config");
    for (const char* key : {"torch_dtype", "dtype", "tie_word_embeddings", "quantization_config"})
        if (text.is_object() && !text.contains(key) && json.contains(key)) text[key] = json[key];
    return text;
}

Status refuseForeign(ConfigReader& config, Family family) {
    if (config.has("text_config"))
        return unsupported(
            "this is a multimodal model (text_config); only text-only models and Gemma 3 are "
            "supported");
    if (config.flag("use_bidirectional_attention", false))
        return unsupported(
            "use_bidirectional_attention: an encoder that sees later tokens is not supported");
    for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping"})
        if (config.has(key))
            return unsupported(key, " is set; soft-capped logits are not supported");
    if (config.has("quantization_config"))
        return unsupported(
            "the weights are quantised (quantization_config); use the unquantised model or a GGUF "
            "file");
    const bool gelu = traits(family).geluGate;
    const char* key = gelu ? "hidden_activation" : "hidden_act";
    const std::string activation = config.word(key, gelu ? "gelu_pytorch_tanh" : "silu");
    if (gelu ? activation != "gelu_pytorch_tanh" : activation != "silu" && activation != "swish")
        return unsupported(key, " \"", activation, "\" is not supported; ",
                           gelu ? "gelu_pytorch_tanh" : "silu", " is");
    return {};
}

}  // namespace

Result<ModelConfig> parseHuggingFaceConfig(const Json& json) {
    if (!json.is_object()) return corrupt("config.json must hold an object");
    ConfigReader config(json);
    const std::string name = config.word("model_type", "");
    if (name.empty()) return corrupt("model_type is missing");
    if (name == "gemma3" && config.has("text_config"))
        return parseHuggingFaceConfig(textPart(json));
    ModelConfig model;
    SKD_TRY(model.family, familyByName(name == "gemma3_text" ? "gemma3" : name));
    SKD_CHECK(refuseForeign(config, model.family));
    readSizes(model, config);
    readBiases(model, config);
    readLayers(model, config, json);
    SKD_CHECK(readRope(json, config, model));
    if (!config.problem().empty()) return corrupt(config.problem());
    SKD_CHECK(validate(model));
    return model;
}

}  // namespace skd
