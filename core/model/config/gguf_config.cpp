#include "formats/float_codec.h"
#include "formats/gguf_file.h"
#include "formats/refusals.h"
#include "model/config/gguf_names.h"
#include "model/config/model_config.h"

namespace skd {
namespace {

// Keys of an architecture begin with its `prefix`, "llama.".

Result<std::vector<double>> smallTensor(const GgufFile& file, const char* name) {
    const TensorView* tensor = file.find(name);
    if (tensor == nullptr) return std::vector<double>{};
    if (tensor->elementCount() > 4096)
        return corrupt(name, " has ", tensor->elementCount(),
                       " values; at most 4096 are plausible");
    std::vector<float> values(static_cast<std::size_t>(tensor->elementCount()));
    SKD_CHECK(decodeFloats(tensor->type, tensor->bytes, values));
    return std::vector<double>(values.begin(), values.end());
}

/// A size that is one number, or an array with one for each layer.
Result<std::vector<std::int64_t>> byLayer(const GgufMetadata& keys, const std::string& key,
                                          std::size_t layers,
                                          std::optional<std::int64_t> fallback = {}) {
    const GgufValue* value = keys.find(key);
    if (value == nullptr || value->type != GgufType::Array) {
        SKD_TRY(const std::int64_t one, keys.integer(key, fallback));
        return std::vector<std::int64_t>(layers, one);
    }
    SKD_TRY(std::vector<std::int64_t> all, keys.integers(key));
    if (all.size() != layers)
        return corrupt(key, " has ", all.size(), " entries, but block_count is ", layers);
    for (std::size_t i = 0; i < layers; ++i) {
        if (all[i] == 0)
            return unsupported(key, " is 0 in layer ", i,
                               "; layers without attention or without an MLP are not supported");
        if (all[i] < 0)
            return corrupt(key, " is ", all[i], " in layer ", i, ", but must be at least 1");
    }
    return all;
}

/// The same where layers may not differ.
Result<std::int64_t> everywhere(const GgufMetadata& keys, const std::string& key,
                                std::size_t layers, std::optional<std::int64_t> fallback = {}) {
    SKD_TRY(const std::vector<std::int64_t> all, byLayer(keys, key, layers, fallback));
    for (std::size_t i = 0; i < layers; ++i)
        if (all[i] != all[0])
            return unsupported(key, " is ", all[i], " in layer ", i, ", but ", all[0],
                               " in layer 0; layers of different heads are not supported");
    return all[0];
}

Status readSizes(const GgufFile& file, const std::string& prefix, ModelConfig& c) {
    const GgufMetadata& keys = file.metadata();
    SKD_TRY(const std::int64_t blocks, keys.integer(prefix + "block_count"));
    if (blocks < 1 || blocks > 10000)
        return corrupt("block_count is ", blocks, ", but must lie between 1 and 10000");
    c.layers.resize(static_cast<std::size_t>(blocks));
    const TensorView* embedding = file.find("token_embd.weight");
    if (embedding == nullptr || embedding->shape.size() != 2)
        return corrupt("token_embd.weight is missing or not a matrix");
    c.vocabularySize = embedding->shape[0];
    SKD_TRY(const std::int64_t declared, keys.integer(prefix + "vocab_size", c.vocabularySize));
    if (declared != c.vocabularySize)
        return corrupt("vocab_size is ", declared, ", but token_embd.weight has ", c.vocabularySize,
                       " rows");
    SKD_TRY(c.hiddenSize, keys.integer(prefix + "embedding_length"));
    SKD_TRY(c.heads, everywhere(keys, prefix + "attention.head_count", c.layers.size()));
    SKD_TRY(c.keyValueHeads,
            everywhere(keys, prefix + "attention.head_count_kv", c.layers.size(), c.heads));
    const std::int64_t split = c.heads > 0 ? c.hiddenSize / c.heads : 0;
    SKD_TRY(c.headDim, keys.integer(prefix + "attention.key_length", split));
    SKD_TRY(const std::int64_t valueLength,
            keys.integer(prefix + "attention.value_length", c.headDim));
    if (valueLength != c.headDim)
        return unsupported("keys of ", c.headDim, " and values of ", valueLength,
                           " dimensions are not supported");
    SKD_TRY(c.maxPositions, keys.integer(prefix + "context_length", 2048));
    SKD_TRY(c.normEpsilon, keys.number(prefix + "attention.layer_norm_rms_epsilon",
                                       traits(c.family).defaultNormEpsilon));
    c.tiedHead = file.find("output.weight") == nullptr;
    c.weightsDType = storageTypeName(embedding->type);
    return {};
}

/// Families in which every n-th layer sees everything.
Status readPattern(const GgufMetadata& keys, const std::string& prefix, ModelConfig& c) {
    const FamilyTraits& family = traits(c.family);
    if (family.fullLayerEvery <= 0) return {};
    for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping"}) {
        SKD_TRY(const double cap, keys.number(prefix + key, 0.0));
        if (cap != 0)
            return unsupported(key, " is ", cap, "; soft-capped logits are not supported");
    }
    SKD_TRY(const std::int64_t period,
            keys.integer(prefix + "attention.sliding_window_pattern", family.fullLayerEvery));
    if (c.layers.front().slidingWindow < 1 || period < 1)
        return corrupt("attention.sliding_window is missing or no positive number");
    for (std::size_t i = static_cast<std::size_t>(period) - 1; i < c.layers.size();
         i += static_cast<std::size_t>(period))
        c.layers[i].slidingWindow = 0;
    c.queryScalar = ggufQueryScalar(c);
    return {};
}

Status readLayers(const GgufFile& file, const std::string& prefix, ModelConfig& c) {
    const GgufMetadata& keys = file.metadata();
    SKD_TRY(const std::vector<std::int64_t> widths,
            byLayer(keys, prefix + "feed_forward_length", c.layers.size()));
    SKD_TRY(const std::int64_t window, keys.integer(prefix + "attention.sliding_window", 0));
    for (std::size_t i = 0; i < c.layers.size(); ++i)
        c.layers[i] = LayerConfig{widths[i], std::max<std::int64_t>(window, 0)};
    SKD_CHECK(readPattern(keys, prefix, c));
    c.qkvBias = file.find("blk.0.attn_q.bias") != nullptr;
    c.outputBias = file.find("blk.0.attn_output.bias") != nullptr;
    c.mlpBias = file.find("blk.0.ffn_up.bias") != nullptr;
    if (const TensorView* first = file.find(
            traits(c.family).fusedTensors ? "blk.0.ffn_down.weight" : "blk.0.ffn_gate.weight"))
        c.weightsDType = storageTypeName(first->type);
    return {};
}

/// What llama.cpp does with the keys of YaRN: attn_factor multiplies the magnitude of the paper.
Status readYarnKeys(const GgufMetadata& keys, const std::string& prefix, ModelConfig& c) {
    for (const auto& [key, neutral] : {std::pair{"rope.scaling.yarn_ext_factor", 1.0},
                                       std::pair{"rope.scaling.yarn_attn_factor", 1.0},
                                       std::pair{"rope.scaling.yarn_log_multiplier", 0.0}}) {
        SKD_TRY(const double value, keys.number(prefix + key, neutral));
        if (value != neutral) return unsupported(key, " is ", value, "; only ", neutral, " is");
    }
    c.rope.type = RopeType::Yarn;
    if (c.rope.originalMaxPositions <= 0) c.rope.originalMaxPositions = c.maxPositions;
    SKD_TRY(c.rope.betaFast, keys.number(prefix + "rope.scaling.yarn_beta_fast", 32.0));
    SKD_TRY(c.rope.betaSlow, keys.number(prefix + "rope.scaling.yarn_beta_slow", 1.0));
    c.rope.attentionFactor *= yarnMagnitude(c.rope.factor);
    return {};
}

/// As llama.cpp: a missing type is linear, a missing factor or 0 is 1, scale_linear the old name of
/// the factor.
Status readScaling(const GgufMetadata& keys, const std::string& prefix, ModelConfig& c) {
    SKD_TRY(const std::string_view type, keys.string(prefix + "rope.scaling.type", "linear"));
    SKD_TRY(const double old, keys.number(prefix + "rope.scale_linear", 0.0));
    SKD_TRY(c.rope.factor, keys.number(prefix + "rope.scaling.factor", old));
    if (old != 0 && old != c.rope.factor)
        return corrupt("rope.scaling.factor is ", c.rope.factor,
                       ", but rope.scale_linear, its old name, is ", old);
    if (c.rope.factor == 0) c.rope.factor = 1;
    if (!c.rope.longFactor.empty()) {
        c.rope.type = RopeType::LongRope;
    } else if (type == "linear") {
        if (c.rope.factor != 1) c.rope.type = RopeType::Linear;
    } else if (type == "yarn") {
        return readYarnKeys(keys, prefix, c);
    } else if (type != "none") {
        return unsupported("rope scaling \"", std::string(type),
                           "\" is not supported in GGUF files");
    }
    const double attention = c.rope.attentionFactor;
    if (c.rope.type != RopeType::LongRope && attention != 0 && attention != 1)
        return unsupported("rope.scaling.attn_factor is ", attention,
                           ", which is supported with yarn and long factors only");
    return {};
}

Status readRope(const GgufFile& file, const std::string& prefix, ModelConfig& c) {
    const GgufMetadata& keys = file.metadata();
    SKD_TRY(c.rope.theta, keys.number(prefix + "rope.freq_base", traits(c.family).defaultTheta));
    SKD_TRY(const std::int64_t dimensions,
            keys.integer(prefix + "rope.dimension_count", c.headDim));
    if (c.headDim > 0)
        c.rope.partialFactor = static_cast<double>(dimensions) / static_cast<double>(c.headDim);
    SKD_TRY(c.rope.originalMaxPositions,
            keys.integer(prefix + "rope.scaling.original_context_length", 0));
    SKD_TRY(c.rope.attentionFactor, keys.number(prefix + "rope.scaling.attn_factor", 0.0));
    SKD_TRY(c.rope.frequencyDivisors, smallTensor(file, "rope_freqs.weight"));
    SKD_TRY(c.rope.longFactor, smallTensor(file, "rope_factors_long.weight"));
    SKD_TRY(c.rope.shortFactor, smallTensor(file, "rope_factors_short.weight"));
    SKD_CHECK(readScaling(keys, prefix, c));
    if (traits(c.family).defaultSlidingTheta > 0) {
        RopeConfig sliding;
        sliding.partialFactor = c.rope.partialFactor;
        SKD_TRY(sliding.theta,
                keys.number(prefix + "rope.freq_base_swa", traits(c.family).defaultSlidingTheta));
        c.slidingRope = sliding;
    }
    return {};
}

}  // namespace

std::int64_t ggufQueryScalar(const ModelConfig& config) {
    return config.layers.size() == 62 && config.heads > 0 ? config.hiddenSize / config.heads
                                                          : config.headDim;
}

Result<ModelConfig> parseGgufConfig(const GgufFile& file) {
    SKD_TRY(const std::string_view architecture, file.architecture());
    ModelConfig c;
    SKD_TRY(c.family, architecture == kGgufLayeredLlama ? Result<Family>(Family::Llama)
                                                        : familyByName(std::string(architecture)));
    const std::string prefix = std::string(architecture) + ".";
    SKD_CHECK(readSizes(file, prefix, c));
    SKD_CHECK(readLayers(file, prefix, c));
    SKD_CHECK(readRope(file, prefix, c));
    SKD_CHECK(validate(c));
    return c;
}

}  // namespace skd
