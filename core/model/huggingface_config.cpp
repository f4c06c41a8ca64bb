#include <cmath>

#include "base/text.h"
#include "model/model_config.h"

namespace skd {
namespace {

/// Typed access to config.json; the first wrong value is kept as the error.
class ConfigReader {
public:
    explicit ConfigReader(const Json& json) : m_json(json) {}

    [[nodiscard]] bool has(const char* key) const { return m_json.contains(key) && !m_json[key].is_null(); }

    std::int64_t required(const char* key) {
        if (has(key)) return integer(key, 0);
        note(strCat(key, " is missing; it cannot be guessed"));
        return 0;
    }
    std::int64_t integer(const char* key, std::int64_t fallback) {
        if (!has(key)) return fallback;
        const Json& value = m_json[key];
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > 1ull << 62) note(strCat(key, " is too large"));
        else if (value.is_number_integer()) return value.get<std::int64_t>();
        else note(strCat(key, " must be a whole number, found ", value.dump().substr(0, 40)));
        return fallback;
    }
    double number(const char* key, double fallback) {
        if (!has(key)) return fallback;
        if (m_json[key].is_number()) return m_json[key].get<double>();
        note(strCat(key, " must be a number, found ", m_json[key].dump().substr(0, 40)));
        return fallback;
    }
    bool flag(const char* key, bool fallback) {
        if (!has(key)) return fallback;
        if (m_json[key].is_boolean()) return m_json[key].get<bool>();
        note(strCat(key, " must be true or false"));
        return fallback;
    }
    std::string word(const char* key, const std::string& fallback) {
        if (!has(key)) return fallback;
        if (m_json[key].is_string()) return m_json[key].get<std::string>();
        note(strCat(key, " must be a text"));
        return fallback;
    }
    std::vector<double> numbers(const char* key) {
        std::vector<double> values;
        if (!has(key)) return values;
        if (!m_json[key].is_array()) note(strCat(key, " must be a list of numbers"));
        else
            for (const Json& value : m_json[key]) {
                if (!value.is_number()) note(strCat(key, " must be a list of numbers"));
                else values.push_back(value.get<double>());
            }
        return values;
    }
    void note(std::string problem) {
        if (m_problem.empty()) m_problem = std::move(problem);
    }
    [[nodiscard]] const std::string& problem() const { return m_problem; }

private:
    const Json& m_json;
    std::string m_problem;
};

Result<RopeType> ropeTypeByName(const std::string& name) {
    if (name.empty() || name == "default" || name == "none") return RopeType::Default;
    if (name == "linear") return RopeType::Linear;
    if (name == "dynamic") return RopeType::Dynamic;
    if (name == "llama3") return RopeType::Llama3;
    if (name == "longrope" || name == "su") return RopeType::LongRope;
    return fail(ErrorCode::Unsupported, strCat("rope scaling \"", name, "\" is not supported; supported are default, linear, dynamic, llama3, longrope"));
}

/// transformers 5 keeps everything in rope_parameters, transformers 4 in rope_theta and rope_scaling.
Result<RopeConfig> readRope(const Json& json, ConfigReader& config, Family family) {
    RopeConfig rope;
    const char* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    const Json scaling = config.has(key) ? json[key] : Json::object();
    if (!scaling.is_object()) return fail(ErrorCode::Corrupt, strCat(key, " must be an object"));
    if (scaling.contains("full_attention") || scaling.contains("sliding_attention"))
        return fail(ErrorCode::Unsupported, "rope_parameters per layer type are not supported");
    ConfigReader reader(scaling);
    rope.theta = reader.number("rope_theta", config.number("rope_theta", 10000));
    rope.partialFactor = reader.number("partial_rotary_factor", config.number("partial_rotary_factor", 1));
    std::string name = reader.word("rope_type", reader.word("type", "default"));
    if (family == Family::Phi3 && name == "yarn") name = "longrope";
    SKD_TRY(rope.type, ropeTypeByName(name));
    rope.factor = reader.number("factor", 1);
    rope.lowFrequencyFactor = reader.number("low_freq_factor", 1);
    rope.highFrequencyFactor = reader.number("high_freq_factor", 4);
    rope.originalMaxPositions = reader.integer("original_max_position_embeddings",
                                               config.integer("original_max_position_embeddings", family == Family::Phi3 ? 4096 : 0));
    rope.longFactor = reader.numbers("long_factor");
    rope.shortFactor = reader.numbers("short_factor");
    rope.attentionFactor = reader.number("attention_factor", 0);
    if (!reader.problem().empty()) return fail(ErrorCode::Corrupt, strCat(key, ": ", reader.problem()));
    return rope;
}

void readBiases(ModelConfig& model, ConfigReader& config) {
    const FamilyTraits& family = traits(model.family);
    const bool attentionBias = family.attentionBiasKey && config.flag("attention_bias", false);
    model.qkvBias = family.qkvBiasAlways || attentionBias;
    model.outputBias = attentionBias;
    model.mlpBias = family.mlpBiasKey && config.flag("mlp_bias", false);
}

/// Window of each layer: `layer_types` wins over the family's rule.
void readLayers(ModelConfig& model, ConfigReader& config, const Json& json) {
    const FamilyTraits& family = traits(model.family);
    const std::int64_t count = config.required("num_hidden_layers");
    const std::int64_t intermediate = config.required("intermediate_size");
    if (count < 1 || count > 10000) return config.note(strCat("num_hidden_layers is ", count, ", but must lie between 1 and 10000"));
    const bool keyThere = json.contains("sliding_window");
    std::int64_t window = keyThere ? config.integer("sliding_window", 0) : family.defaultSlidingWindow;
    std::int64_t firstSliding = 0;
    const Json types = config.has("layer_types") ? json["layer_types"] : Json();
    if (family.slidingNeedsSwitch && types.is_null()) {
        if (!config.flag("use_sliding_window", false)) window = 0;
        firstSliding = config.integer("max_window_layers", 28);
    }
    if (!types.is_null() && (!types.is_array() || types.size() != static_cast<std::size_t>(count)))
        return config.note(strCat("layer_types must list one type for each of the ", count, " layers"));
    for (std::int64_t i = 0; i < count; ++i) {
        bool sliding = i >= firstSliding;
        if (!types.is_null()) sliding = types[static_cast<std::size_t>(i)] == "sliding_attention";
        model.layers.push_back({intermediate, sliding ? std::max<std::int64_t>(window, 0) : 0});
    }
}

void readSizes(ModelConfig& model, ConfigReader& config) {
    const FamilyTraits& family = traits(model.family);
    model.vocabularySize = config.required("vocab_size");
    model.hiddenSize = config.required("hidden_size");
    model.heads = config.required("num_attention_heads");
    model.keyValueHeads = config.integer("num_key_value_heads", family.defaultKeyValueHeads > 0 ? family.defaultKeyValueHeads : model.heads);
    const std::int64_t split = model.heads > 0 ? model.hiddenSize / model.heads : 0;
    model.headDim = config.integer("head_dim", family.defaultHeadDim > 0 ? family.defaultHeadDim : split);
    model.maxPositions = config.integer("max_position_embeddings", 2048);
    model.normEpsilon = config.number("rms_norm_eps", family.defaultNormEpsilon);
    model.tiedHead = config.flag("tie_word_embeddings", false);
    model.weightsDType = config.word("torch_dtype", config.word("dtype", "float32"));
}

Status refuseForeign(ConfigReader& config) {
    if (config.has("text_config"))
        return fail(ErrorCode::Unsupported, "this is a multimodal model (text_config); only text-only models are supported");
    if (config.has("quantization_config"))
        return fail(ErrorCode::Unsupported, "the weights are quantised (quantization_config); use the unquantised model or a GGUF file");
    const std::string activation = config.word("hidden_act", "silu");
    if (activation != "silu" && activation != "swish")
        return fail(ErrorCode::Unsupported, strCat("hidden_act \"", activation, "\" is not supported; silu is"));
    return {};
}

}  // namespace

Result<ModelConfig> parseHuggingFaceConfig(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Corrupt, "config.json must hold an object");
    ConfigReader config(json);
    SKD_CHECK(refuseForeign(config));
    const std::string name = config.word("model_type", "");
    if (name.empty()) return fail(ErrorCode::Corrupt, "model_type is missing");
    ModelConfig model;
    SKD_TRY(model.family, familyByName(name));
    readSizes(model, config);
    readBiases(model, config);
    readLayers(model, config, json);
    SKD_TRY(model.rope, readRope(json, config, model.family));
    if (!config.problem().empty()) return fail(ErrorCode::Corrupt, config.problem());
    SKD_CHECK(validate(model));
    return model;
}

}  // namespace skd
