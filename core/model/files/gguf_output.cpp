#include "model/files/gguf_output.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "formats/refusals.h"
#include "model/config/gguf_names.h"
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

/// llama.cpp runs Mistral as llama, and gives the layers of llama widths of their own under the
/// name deci only.
Result<std::string> architectureOf(const ModelConfig& config) {
    const bool llama = config.family == Family::Llama || config.family == Family::Mistral;
    const bool even =
        std::ranges::adjacent_find(config.layers, std::not_equal_to(),
                                   &LayerConfig::intermediateSize) == config.layers.end();
    if (llama) return std::string(even ? traits(Family::Llama).name : kGgufLayeredLlama);
    if (even) return std::string(traits(config.family).name);
    return unsupported(
        "its MLPs have different widths, which llama.cpp reads for the family llama "
        "only, not for ",
        traits(config.family).name, "; export it with --format hf, which keeps the widths");
}

/// One number where all layers have it, else one for each.
void putByLayer(const ModelConfig& config, bool layered, Fields& fields) {
    const auto put = [&](const char* key, auto&& valueOf) {
        if (!layered) return fields.size(key, valueOf(config.layers.front()));
        std::vector<std::int32_t> values;
        for (const LayerConfig& layer : config.layers)
            values.push_back(static_cast<std::int32_t>(valueOf(layer)));
        fields.all.push_back({fields.prefix + key, std::move(values)});
    };
    put("feed_forward_length", [](const LayerConfig& layer) { return layer.intermediateSize; });
    put("attention.head_count", [&](const LayerConfig&) { return config.heads; });
    put("attention.head_count_kv", [&](const LayerConfig&) { return config.keyValueHeads; });
}

}  // namespace

Result<std::vector<GgufField>> ggufConfigFields(const ModelConfig& config) {
    SKD_TRY(const std::string architecture, architectureOf(config));
    Fields fields{architecture + ".", {}};
    fields.all.push_back({"general.architecture", architecture});
    fields.size("vocab_size", config.vocabularySize);
    fields.size("context_length", config.maxPositions);
    fields.size("embedding_length", config.hiddenSize);
    fields.size("block_count", static_cast<std::int64_t>(config.layers.size()));
    putByLayer(config, architecture == kGgufLayeredLlama, fields);
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

Status writeGgufModel(const std::filesystem::path& path, const StockModel& model, GgufMix mix,
                      std::vector<GgufField> fields, const std::function<Status()>& proceed) {
    fields.push_back({"general.file_type", ggufFileType(mix)});
    if (isQuantised(mix)) fields.push_back({"general.quantization_version", std::uint32_t{2}});
    std::vector<TensorOut> tensors;
    at::Tensor current;
    for (const auto& [name, values] : rotationTensors(model.config))
        tensors.push_back(encodedTensor(
            name, GgmlType::F32, values.sizes().vec(),
            [values = values]() -> Result<at::Tensor> { return values; }, current));
    for (const StockTensor& tensor : model.tensors) {
        const std::string stored = ggufTensorName(tensor.name, model.config.family);
        if (stored.empty())
            return fail(ErrorCode::Internal, strCat("GGUF has no name for ", tensor.name));
        tensors.push_back(encodedTensor(
            stored, ggufTensorType(mix, stored, tensor.shape, model.config), tensor.shape,
            [&tensor, &model, &proceed]() -> Result<at::Tensor> {
                if (proceed) SKD_CHECK(proceed());
                return ggufTensor(tensor.name, tensor.values(), model.config);
            },
            current));
    }
    return writeGguf(path, fields, tensors);
}

}  // namespace skd
