#include "formats/refusals.h"
#include "model/config/model_config.h"

namespace skd {
namespace {

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
    return rope;
}

Json ropeJson(const RopeConfig& rope) {
    Json json{{"type", enumName(rope.type)}};
    visitRope(rope, writeInto(json));
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
