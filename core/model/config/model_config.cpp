#include "model/config/model_config.h"

#include <array>
#include <cmath>

#include "base/text.h"
#include "formats/refusals.h"

namespace skd {
namespace {

// resources/help/formats.md, Models: one row a family in the order of the enum, only what differs
// from the defaults.
constexpr std::array kFamilies{
    FamilyTraits{.family = Family::Llama,
                 .name = "llama",
                 .transformersClass = "LlamaForCausalLM",
                 .attentionBiasKey = true,
                 .mlpBiasKey = true,
                 .ggufPermuted = true},
    FamilyTraits{.family = Family::Qwen2,
                 .name = "qwen2",
                 .transformersClass = "Qwen2ForCausalLM",
                 .qkvBiasAlways = true,
                 .slidingNeedsSwitch = true,
                 .defaultKeyValueHeads = 32,
                 .defaultSlidingWindow = 4096},
    FamilyTraits{.family = Family::Qwen3,
                 .name = "qwen3",
                 .transformersClass = "Qwen3ForCausalLM",
                 .attentionBiasKey = true,
                 .queryKeyNorm = true,
                 .slidingNeedsSwitch = true,
                 .defaultHeadDim = 128,
                 .defaultKeyValueHeads = 32,
                 .defaultSlidingWindow = 4096},
    FamilyTraits{.family = Family::Mistral,
                 .name = "mistral",
                 .transformersClass = "MistralForCausalLM",
                 .ggufPermuted = true,
                 .defaultKeyValueHeads = 8,
                 .defaultSlidingWindow = 4096},
    FamilyTraits{.family = Family::Phi3,
                 .name = "phi3",
                 .transformersClass = "Phi3ForCausalLM",
                 .fusedTensors = true,
                 .defaultNormEpsilon = 1e-5},
    FamilyTraits{.family = Family::Gemma3,
                 .name = "gemma3",
                 .transformersClass = "Gemma3ForCausalLM",
                 .attentionBiasKey = true,
                 .queryKeyNorm = true,
                 .defaultHeadDim = 256,
                 .defaultKeyValueHeads = 4,
                 .defaultSlidingWindow = 4096,
                 .offsetNorms = true,
                 .outputNorms = true,
                 .scaledEmbedding = true,
                 .geluGate = true,
                 .tiedByDefault = true,
                 .defaultTheta = 1e6,
                 .fullLayerEvery = 6,
                 .defaultSlidingTheta = 1e4,
                 .defaultQueryScalar = 256,
                 .defaultHeads = 8,
                 .defaultVocabulary = 262208,
                 .defaultMaxPositions = 131072},
};

static_assert(kFamilies.back().family == Family::Gemma3);

std::int64_t layerMlpParameters(const ModelConfig& c, const LayerConfig& layer) {
    const std::int64_t ffn = layer.intermediateSize, hidden = c.hiddenSize;
    return 3 * ffn * hidden + (c.mlpBias ? 2 * ffn + hidden : 0);
}

std::int64_t layerAttentionParameters(const ModelConfig& c) {
    const std::int64_t query = c.heads * c.headDim, keyValue = c.keyValueHeads * c.headDim;
    std::int64_t total = c.hiddenSize * (query + 2 * keyValue) + query * c.hiddenSize;
    if (c.qkvBias) total += query + 2 * keyValue;
    if (c.outputBias) total += c.hiddenSize;
    if (traits(c.family).queryKeyNorm) total += 2 * c.headDim;
    return total;
}

struct Bound {
    const char* key;
    std::int64_t value, limit;
};

Status validateYarn(const RopeConfig& rope) {
    if (rope.theta == 1) return corrupt("rope_theta is 1, with which yarn has no frequencies");
    if (!(rope.betaSlow > 0) || !(rope.betaFast >= rope.betaSlow) || !std::isfinite(rope.betaFast))
        return corrupt("yarn needs beta_fast of at least beta_slow and both above 0, found ",
                       rope.betaFast, " and ", rope.betaSlow);
    if (!(rope.attentionFactor >= 0) || !std::isfinite(rope.attentionFactor))
        return corrupt("the attention factor of yarn is ", rope.attentionFactor,
                       ", but must be a positive number");
    return {};
}

Status validateRope(const ModelConfig& c, const RopeConfig& rope) {
    const std::int64_t rotary = c.rotaryDim();
    if (!(rope.theta > 0) || !std::isfinite(rope.theta))
        return corrupt("rope_theta is ", rope.theta, ", but must be a positive number");
    if (!(rope.partialFactor > 0) || rope.partialFactor > 1 || rotary < 2 || rotary % 2 != 0)
        return corrupt("partial_rotary_factor ", rope.partialFactor, " of head_dim ", c.headDim,
                       " gives ", rotary,
                       " rotated dimensions; an even number of at least 2 is needed");
    if (!(rope.factor > 0) || !std::isfinite(rope.factor))
        return corrupt("rope factor is ", rope.factor, ", but must be a positive number");
    const auto half = static_cast<std::size_t>(rotary / 2);
    if (rope.type == RopeType::LongRope &&
        (rope.longFactor.size() != half || rope.shortFactor.size() != half))
        return corrupt("longrope needs ", half, " long and short factors, found ",
                       rope.longFactor.size(), " and ", rope.shortFactor.size());
    if (!rope.frequencyDivisors.empty() && rope.frequencyDivisors.size() != half)
        return corrupt("rope_freqs holds ", rope.frequencyDivisors.size(), " values, expected ",
                       half);
    const bool needsOriginal = rope.type == RopeType::LongRope || rope.type == RopeType::Llama3 ||
                               rope.type == RopeType::Yarn;
    if (needsOriginal && rope.originalMaxPositions <= 0)
        return corrupt(
            "original_max_position_embeddings is missing, but this rope scaling needs it");
    return rope.type == RopeType::Yarn ? validateYarn(rope) : Status{};
}

// One list of fields serves both directions.
template <class Rope, class Field>
void visitRope(Rope& rope, Field&& field) {
    field("theta", rope.theta);
    field("partial_factor", rope.partialFactor);
    field("factor", rope.factor);
    field("low_frequency_factor", rope.lowFrequencyFactor);
    field("high_frequency_factor", rope.highFrequencyFactor);
    field("original_max_positions", rope.originalMaxPositions);
    field("long_factor", rope.longFactor);
    field("short_factor", rope.shortFactor);
    field("frequency_divisors", rope.frequencyDivisors);
    field("attention_factor", rope.attentionFactor);
}

// Of yarn alone, so that the description of other models stays what it was.
template <class Rope, class Field>
void visitYarn(Rope& rope, Field&& field) {
    if (rope.type != RopeType::Yarn) return;
    field("beta_fast", rope.betaFast);
    field("beta_slow", rope.betaSlow);
}

template <class Layer, class Field>
void visitLayer(Layer& layer, Field&& field) {
    field("intermediate_size", layer.intermediateSize);
    field("sliding_window", layer.slidingWindow);
    field("source", layer.source);
    field("input_width", layer.inputWidth);
    field("middle_width", layer.middleWidth);
}

template <class Config, class Field>
void visitConfig(Config& config, Field&& field) {
    field("vocabulary_size", config.vocabularySize);
    field("hidden_size", config.hiddenSize);
    field("heads", config.heads);
    field("key_value_heads", config.keyValueHeads);
    field("head_dim", config.headDim);
    field("max_positions", config.maxPositions);
    field("norm_epsilon", config.normEpsilon);
    field("tied_head", config.tiedHead);
    field("qkv_bias", config.qkvBias);
    field("output_bias", config.outputBias);
    field("mlp_bias", config.mlpBias);
    field("weights_dtype", config.weightsDType);
}

auto writeInto(Json& json) {
    return [&json](const char* name, const auto& value) { json[name] = value; };
}

auto readFrom(const Json& json) {
    return [&json](const char* name, auto& value) { json.at(name).get_to(value); };
}

RopeConfig ropeFrom(const Json& json) {
    RopeConfig rope;
    visitRope(rope, readFrom(json));
    const auto type = json.at("type").get<std::string>();
    if (!parseEnum(type, rope.type))
        throw Json::other_error::create(501, "unknown rope type " + type,
                                        static_cast<const Json*>(nullptr));
    visitYarn(rope, readFrom(json));
    return rope;
}

Json ropeJson(const RopeConfig& rope) {
    Json json{{"type", enumName(rope.type)}};
    visitRope(rope, writeInto(json));
    visitYarn(rope, writeInto(json));
    return json;
}

ModelConfig read(const Json& json, Family family) {
    ModelConfig config;
    config.family = family;
    visitConfig(config, readFrom(json));
    config.rope = ropeFrom(json.at("rope"));
    // Of families that have them.
    if (json.contains("sliding_rope")) config.slidingRope = ropeFrom(json.at("sliding_rope"));
    if (json.contains("query_scalar")) json.at("query_scalar").get_to(config.queryScalar);
    for (const Json& entry : json.at("layers"))
        visitLayer(config.layers.emplace_back(), readFrom(entry));
    return config;
}

}  // namespace

const FamilyTraits& traits(Family family) {
    return kFamilies[static_cast<std::size_t>(family)];
}

double yarnMagnitude(double factor, double weight) {
    return factor <= 1 ? 1 : 0.1 * weight * std::log(factor) + 1;
}

const char* mlpNormName(Family family) {
    return traits(family).outputNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm";
}

Result<Family> familyByName(const std::string& name) {
    for (const FamilyTraits& row : kFamilies)
        if (name == row.name) return row.family;
    return unsupported("the architecture \"", name, "\" is not supported; supported are ",
                       joined(kFamilies, ", ", [](const FamilyTraits& row) { return row.name; }));
}

std::int64_t ModelConfig::mlpParameterCount() const {
    std::int64_t total = 0;
    for (const LayerConfig& layer : layers) total += layerMlpParameters(*this, layer);
    return total;
}

std::int64_t ModelConfig::parameterCount() const {
    const auto count = static_cast<std::int64_t>(layers.size());
    return vocabularySize * hiddenSize * (tiedHead ? 1 : 2) + hiddenSize + mlpParameterCount() +
           count * (layerAttentionParameters(*this) +
                    (traits(family).outputNorms ? 4 : 2) * hiddenSize);
}

Status validate(const ModelConfig& c) {
    const Bound bounds[] = {
        {"vocab_size", c.vocabularySize, 1 << 24},
        {"hidden_size", c.hiddenSize, 1 << 20},
        {"num_attention_heads", c.heads, 1 << 14},
        {"num_key_value_heads", c.keyValueHeads, 1 << 14},
        {"head_dim", c.headDim, 1 << 14},
        {"max_position_embeddings", c.maxPositions, 1ll << 40},
        {"num_hidden_layers", static_cast<std::int64_t>(c.layers.size()), 10000}};
    for (const Bound& bound : bounds)
        if (bound.value < 1 || bound.value > bound.limit)
            return corrupt(bound.key, " is ", bound.value, ", but must lie between 1 and ",
                           bound.limit);
    for (const LayerConfig& layer : c.layers)
        if (layer.intermediateSize < 1 || layer.intermediateSize > (1 << 22))
            return corrupt("intermediate_size is ", layer.intermediateSize,
                           ", but must lie between 1 and ", 1 << 22);
    if (c.heads % c.keyValueHeads != 0)
        return corrupt("num_attention_heads ", c.heads, " is no multiple of num_key_value_heads ",
                       c.keyValueHeads);
    if (!(c.normEpsilon >= 0) || !std::isfinite(c.normEpsilon))
        return corrupt("rms_norm_eps is ", c.normEpsilon, ", but must be a number of at least 0");
    SKD_CHECK(validateRope(c, c.rope));
    return c.slidingRope ? validateRope(c, *c.slidingRope) : Status{};
}

Json toJson(const ModelConfig& config) {
    Json json{{"family", traits(config.family).name}};
    visitConfig(config, writeInto(json));
    json["rope"] = ropeJson(config.rope);
    if (config.slidingRope) json["sliding_rope"] = ropeJson(*config.slidingRope);
    if (config.queryScalar > 0) json["query_scalar"] = config.queryScalar;
    Json& layers = json["layers"] = Json::array();
    for (const LayerConfig& layer : config.layers)
        visitLayer(layer, writeInto(layers.emplace_back(Json::object())));
    return json;
}

Result<ModelConfig> modelConfigFromJson(const Json& json) {
    try {
        SKD_TRY(const Family family, familyByName(json.at("family").get<std::string>()));
        ModelConfig config = read(json, family);
        SKD_CHECK(validate(config));
        return config;
    } catch (const Json::exception& error) {
        return corrupt("the model's description cannot be read: ", error.what());
    }
}

}  // namespace skd
