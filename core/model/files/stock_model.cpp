#include "model/files/stock_model.h"

#include <algorithm>

#include "base/text.h"
#include "formats/refusals.h"
#include "model/elastic.h"
#include "model/identity_block.h"

namespace skd {
namespace {

at::Tensor plain(const at::Tensor& tensor) {
    return tensor.detach().to(at::kCPU, at::kFloat).contiguous();
}

/// The whole matrix; a mask's zeros are in the weight already, unless training has left values
/// there.
at::Tensor whole(const Linear& linear) {
    if (const auto* factors = std::get_if<LowRankWeight>(&linear.form()))
        return at::matmul(plain(factors->a), plain(factors->b));
    if (const auto* block = std::get_if<IdentityBlockWeight>(&linear.form()))
        return at::matmul(leftFactor({plain(block->c), plain(block->b), block->order.to(at::kCPU)}),
                          plain(block->b));
    if (const auto* masked = std::get_if<MaskedWeight>(&linear.form()))
        return plain(masked->weight) * masked->mask.to(at::kCPU);
    return plain(linear.weight());
}

/// Rows (0) or columns (1) of zeros up to `size`: channels that give nothing.
at::Tensor filledUp(const at::Tensor& tensor, std::int64_t dimension, std::int64_t size) {
    if (tensor.size(dimension) == size) return tensor;
    std::vector<std::int64_t> missing = tensor.sizes().vec();
    missing[static_cast<std::size_t>(dimension)] = size - tensor.size(dimension);
    return at::cat({tensor, at::zeros(missing, tensor.options())}, dimension);
}

/// gate (0) or up (1), of `of`, the part itself or both in one, with `size` rows.
at::Tensor halfOf(const at::Tensor& of, bool joint, std::int64_t index, std::int64_t size) {
    if (!joint) return filledUp(of, 0, size);
    const std::int64_t rows = of.size(0) / 2;
    return filledUp(of.narrow(0, index * rows, rows), 0, size).contiguous();
}

Status checkPlain(const Decoder& decoder) {
    SKD_CHECK(checkOneSize(decoder, "an export"));
    if (decoder.inputProjection.defined() || decoder.outputProjection.defined())
        return unsupported(
            "its residual stream has been narrowed (SliceGPT), which no stock architecture can "
            "express; export it with --format hf");
    for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
        const DecoderLayer& layer = decoder.layers[i];
        if (layer.attentionShortcut.defined() || layer.mlpShortcut.defined())
            return unsupported("layer ", i,
                               " maps its residual stream (SliceGPT), which no stock architecture "
                               "can express; export it with --format hf");
    }
    return {};
}

struct Collector {
    const Decoder& decoder;
    StockModel& model;
    bool fused = traits(decoder.config.family).fusedTensors;
    std::int64_t width = 0;  ///< of the layer's MLP

    void collect() {
        add("model.embed_tokens.weight", decoder.embedding);
        for (std::size_t i = 0; i < decoder.layers.size(); ++i)
            layer(i, strCat("model.layers.", i, "."));
        add("model.norm.weight", decoder.finalNorm);
        if (!decoder.config.tiedHead) add("lm_head.weight", decoder.head);
    }

    void add(const std::string& name, const at::Tensor& tensor) {
        if (tensor.defined())
            model.tensors.push_back(
                {name, tensor.sizes().vec(), [tensor] { return plain(tensor); }});
    }

    void linear(const std::string& name, const Linear& linear) {
        model.tensors.push_back({name + ".weight", {linear.rows(), linear.columns()}, [&linear] {
                                     return whole(linear);
                                 }});
        add(name + ".bias", linear.bias());
    }

    /// Several matrices of the same input, one above the other.
    void stacked(const std::string& name, std::vector<const Linear*> parts) {
        std::int64_t rows = 0;
        for (const Linear* part : parts) rows += part->rows();
        model.tensors.push_back({name + ".weight", {rows, parts.front()->columns()}, [parts] {
                                     std::vector<at::Tensor> all;
                                     for (const Linear* part : parts) all.push_back(whole(*part));
                                     return at::cat(all);
                                 }});
    }

    /// gate (0) or up (1) as a matrix of its own.
    void half(const std::string& name, const Mlp& mlp, std::int64_t index) {
        const bool joint = mlp.gateUp.isDefined();
        const Linear& from = joint ? mlp.gateUp : index == 0 ? mlp.gate : mlp.up;
        model.tensors.push_back(
            {name + ".weight", {width, from.columns()}, [&from, joint, index, size = width] {
                 return halfOf(whole(from), joint, index, size);
             }});
        if (from.bias().defined()) add(name + ".bias", halfOf(from.bias(), joint, index, width));
    }

    /// gate and up as the family's one matrix.
    void joined(const std::string& name, const Mlp& mlp) {
        const bool joint = mlp.gateUp.isDefined();
        const Linear &gate = joint ? mlp.gateUp : mlp.gate, &up = joint ? mlp.gateUp : mlp.up;
        model.tensors.push_back(
            {name + ".weight", {2 * width, gate.columns()}, [&gate, &up, joint, size = width] {
                 const at::Tensor first = whole(gate);
                 return at::cat({halfOf(first, joint, 0, size),
                                 halfOf(joint ? first : whole(up), joint, 1, size)});
             }});
    }

    void attention(const Attention& attention, const std::string& prefix) {
        if (fused)
            stacked(prefix + "qkv_proj", {&attention.query, &attention.key, &attention.value});
        else {
            linear(prefix + "q_proj", attention.query);
            linear(prefix + "k_proj", attention.key);
            linear(prefix + "v_proj", attention.value);
        }
        linear(prefix + "o_proj", attention.output);
        add(prefix + "q_norm.weight", attention.queryNorm);
        add(prefix + "k_norm.weight", attention.keyNorm);
    }

    void mlp(const Mlp& mlp, const std::string& prefix) {
        if (fused)
            joined(prefix + "gate_up_proj", mlp);
        else {
            half(prefix + "gate_proj", mlp, 0);
            half(prefix + "up_proj", mlp, 1);
        }
        const std::string down = prefix + "down_proj";
        model.tensors.push_back(
            {down + ".weight", {mlp.down.rows(), width}, [&from = mlp.down, size = width] {
                 return filledUp(whole(from), 1, size);
             }});
        add(down + ".bias", mlp.down.bias());
    }

    void layer(std::size_t index, const std::string& prefix) {
        const DecoderLayer& layer = decoder.layers[index];
        width = model.config.layers[index].intermediateSize;
        add(prefix + "input_layernorm.weight", layer.inputNorm);
        attention(layer.attention, prefix + "self_attn.");
        add(prefix + "post_attention_layernorm.weight", layer.attentionOutputNorm);
        add(prefix + mlpNormName(decoder.config.family) + ".weight", layer.postAttentionNorm);
        mlp(layer.mlp, prefix + "mlp.");
        add(prefix + "post_feedforward_layernorm.weight", layer.mlpOutputNorm);
    }
};

}  // namespace

std::int64_t widestMlp(const Decoder& decoder) {
    std::int64_t widest = 0;
    for (const DecoderLayer& layer : decoder.layers)
        widest = std::max(widest, layer.config.intermediateSize);
    return widest;
}

ModelConfig currentConfig(const Decoder& decoder) {
    ModelConfig config = decoder.config;
    config.layers.clear();
    for (const DecoderLayer& layer : decoder.layers) config.layers.push_back(layer.config);
    return config;
}

Result<StockModel> stockModel(const Decoder& decoder, MlpWidths widths) {
    SKD_CHECK(checkPlain(decoder));
    StockModel model{currentConfig(decoder), {}};
    if (widths == MlpWidths::Widest)
        for (LayerConfig& layer : model.config.layers) layer.intermediateSize = widestMlp(decoder);
    Collector{decoder, model}.collect();
    return model;
}

}  // namespace skd
