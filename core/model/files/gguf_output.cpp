#include "model/files/gguf_output.h"

#include <algorithm>

#include "base/text.h"
#include "formats/refusals.h"
#include "model/files/tensor_encoding.h"
#include "model/files/weight_source.h"
#include "model/rotary.h"

namespace skd {
namespace {

/// Keys of one architecture.
struct Fields {
    std::string prefix;
    std::vector<GgufField> all;

    void size(const char* key, std::int64_t value) {
        all.push_back({prefix + key, static_cast<std::uint32_t>(value)});
    }
    void number(const char* key, double value) {
        all.push_back({prefix + key, static_cast<float>(value)});
    }
};

tl::unexpected<Error> inexpressible(const std::string& what) {
    return unsupported(what, ", which a GGUF file cannot express; export it with --format hf");
}

/// llama.cpp fixes which layers of a family see everything, and takes one window for all others.
Status putWindows(const ModelConfig& config, Fields& fields) {
    const FamilyTraits& family = traits(config.family);
    const std::int64_t window =
        std::ranges::max(config.layers, {}, &LayerConfig::slidingWindow).slidingWindow;
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        const bool full = family.fullLayerEvery > 0 &&
                          (static_cast<std::int64_t>(i) + 1) % family.fullLayerEvery == 0;
        if (config.layers[i].slidingWindow == (full ? 0 : window)) continue;
        return inexpressible(strCat("layer ", i, " sees ",
                                    config.layers[i].slidingWindow > 0
                                        ? strCat("a window of ", config.layers[i].slidingWindow)
                                        : "all",
                                    " tokens, against the pattern of ", family.name));
    }
    if (family.fullLayerEvery > 0 && window < 1)
        return inexpressible("none of its layers has a window");
    if (window > 0 || config.family == Family::Phi3)
        fields.size("attention.sliding_window", window);
    return {};
}

/// llama.cpp multiplies attn_factor with the magnitude that YaRN derives from the factor.
void putYarn(const RopeConfig& rope, Fields& fields) {
    fields.all.push_back({fields.prefix + "rope.scaling.type", std::string("yarn")});
    fields.number("rope.scaling.factor", rope.factor);
    fields.size("rope.scaling.original_context_length", rope.originalMaxPositions);
    if (rope.attentionFactor > 0)
        fields.number("rope.scaling.attn_factor",
                      rope.attentionFactor / yarnMagnitude(rope.factor));
    fields.number("rope.scaling.yarn_beta_fast", rope.betaFast);
    fields.number("rope.scaling.yarn_beta_slow", rope.betaSlow);
}

Status putRotation(const ModelConfig& config, Fields& fields) {
    fields.size("rope.dimension_count", config.rotaryDim());
    fields.number("rope.freq_base", config.rope.theta);
    if (config.slidingRope) {
        if (config.slidingRope->type != RopeType::Default)
            return inexpressible("the rotation of its layers with a window is scaled");
        fields.number("rope.freq_base_swa", config.slidingRope->theta);
    }
    switch (config.rope.type) {
        case RopeType::Default:
        case RopeType::Llama3:
            return {};  // as a tensor
        case RopeType::Dynamic:
            return inexpressible("its rotation changes with the length of the text (dynamic)");
        case RopeType::Linear:
            fields.all.push_back({fields.prefix + "rope.scaling.type", std::string("linear")});
            fields.number("rope.scaling.factor", config.rope.factor);
            return {};
        case RopeType::LongRope:
            fields.size("rope.scaling.original_context_length", config.rope.originalMaxPositions);
            fields.number("rope.scaling.attn_factor", attentionScaling(config, config.rope));
            return {};
        case RopeType::Yarn:
            putYarn(config.rope, fields);
            return {};
    }
    return {};
}

/// Constants of the rotation that GGUF keeps as tensors: name and values.
std::vector<std::pair<std::string, at::Tensor>> rotationTensors(const ModelConfig& config) {
    const RopeConfig& rope = config.rope;
    const auto row = [](const std::vector<double>& values) {
        return at::tensor(values, at::kDouble).to(at::kFloat);
    };
    if (!rope.frequencyDivisors.empty())
        return {{"rope_freqs.weight", row(rope.frequencyDivisors)}};
    if (rope.type == RopeType::LongRope)
        return {{"rope_factors_long.weight", row(rope.longFactor)},
                {"rope_factors_short.weight", row(rope.shortFactor)}};
    if (rope.type != RopeType::Llama3) return {};
    RopeConfig plain = rope;
    plain.type = RopeType::Default;
    std::vector<double> divisors = inverseFrequencies(config, plain, 1);
    const std::vector<double> scaled = inverseFrequencies(config, rope, 1);
    for (std::size_t i = 0; i < divisors.size(); ++i) divisors[i] /= scaled[i];
    return {{"rope_freqs.weight", row(divisors)}};
}

/// ggml's file types, by the type of most matrices.
std::uint32_t fileType(GgmlType type) {
    for (const auto& [known, number] :
         {std::pair{GgmlType::F16, 1u}, {GgmlType::Q8_0, 7u}, {GgmlType::BF16, 32u}})
        if (type == known) return number;
    return 0;
}

GgmlType typeFor(at::IntArrayRef shape, GgmlType wanted) {
    if (shape.size() < 2) return GgmlType::F32;
    return shape.back() % storageBlock(wanted).values == 0 ? wanted : GgmlType::F16;
}

}  // namespace

Result<std::vector<GgufField>> ggufConfigFields(const ModelConfig& config) {
    // llama.cpp runs Mistral as llama.
    const std::string architecture =
        config.family == Family::Mistral ? traits(Family::Llama).name : traits(config.family).name;
    Fields fields{architecture + ".", {}};
    fields.all.push_back({"general.architecture", architecture});
    fields.size("vocab_size", config.vocabularySize);
    fields.size("context_length", config.maxPositions);
    fields.size("embedding_length", config.hiddenSize);
    fields.size("block_count", static_cast<std::int64_t>(config.layers.size()));
    fields.size("feed_forward_length", config.layers.front().intermediateSize);
    fields.size("attention.head_count", config.heads);
    fields.size("attention.head_count_kv", config.keyValueHeads);
    fields.size("attention.key_length", config.headDim);
    fields.size("attention.value_length", config.headDim);
    fields.number("attention.layer_norm_rms_epsilon", config.normEpsilon);
    if (config.queryScalar > 0 && config.queryScalar != ggufQueryScalar(config))
        return inexpressible(strCat("its scores are divided by the root of ", config.queryScalar,
                                    ", not of ", ggufQueryScalar(config)));
    SKD_CHECK(putRotation(config, fields));
    SKD_CHECK(putWindows(config, fields));
    return std::move(fields.all);
}

Status writeGgufModel(const std::filesystem::path& path, const StockModel& model, GgmlType type,
                      std::vector<GgufField> fields, const std::function<Status()>& proceed) {
    fields.push_back({"general.file_type", fileType(type)});
    if (type == GgmlType::Q8_0)
        fields.push_back({"general.quantization_version", std::uint32_t{2}});
    std::vector<TensorOut> tensors;
    at::Tensor current;
    for (const auto& [name, values] : rotationTensors(model.config))
        tensors.push_back(encodedTensor(
            name, typeFor(values.sizes(), type), values.sizes().vec(),
            [values = values]() -> Result<at::Tensor> { return values; }, current));
    for (const StockTensor& tensor : model.tensors) {
        const std::string stored = ggufTensorName(tensor.name, model.config.family);
        if (stored.empty())
            return fail(ErrorCode::Internal, strCat("GGUF has no name for ", tensor.name));
        tensors.push_back(encodedTensor(
            stored, typeFor(tensor.shape, type), tensor.shape,
            [&tensor, &model, &proceed]() -> Result<at::Tensor> {
                if (proceed) SKD_CHECK(proceed());
                return ggufTensor(tensor.name, tensor.values(), model.config);
            },
            current));
    }
    return writeGguf(path, fields, tensors);
}

}  // namespace skd
