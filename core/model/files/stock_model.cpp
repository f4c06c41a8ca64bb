#include "model/files/stock_model.h"

#include "base/text.h"
#include "formats/refusals.h"
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

Status checkPlain(const Decoder& decoder) {
    const std::int64_t ffn = decoder.layers.front().config.intermediateSize;
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
        if (layer.config.intermediateSize != ffn)
            return unsupported("its MLPs are of different widths (", ffn, " in layer 0, ",
                               layer.config.intermediateSize, " in layer ", i,
                               "), but the stock architecture has one intermediate size for all; "
                               "export it with --format hf");
    }
    return {};
}

struct Collector {
    const Decoder& decoder;
    StockModel& model;
    bool fused = traits(decoder.config.family).fusedTensors;

    void collect() {
        add("model.embed_tokens.weight", decoder.embedding);
        for (std::size_t i = 0; i < decoder.layers.size(); ++i)
            layer(decoder.layers[i], strCat("model.layers.", i, "."));
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

    /// One half of a matrix in which gate and up have become one.
    void half(const std::string& name, const Linear& both, std::int64_t index) {
        const std::int64_t rows = both.rows() / 2;
        model.tensors.push_back({name + ".weight", {rows, both.columns()}, [&both, rows, index] {
                                     return whole(both).narrow(0, index * rows, rows).contiguous();
                                 }});
        if (both.bias().defined()) add(name + ".bias", both.bias().narrow(0, index * rows, rows));
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
        if (mlp.gateUp.isDefined() && fused)
            linear(prefix + "gate_up_proj", mlp.gateUp);
        else if (mlp.gateUp.isDefined()) {
            half(prefix + "gate_proj", mlp.gateUp, 0);
            half(prefix + "up_proj", mlp.gateUp, 1);
        } else if (fused)
            stacked(prefix + "gate_up_proj", {&mlp.gate, &mlp.up});
        else {
            linear(prefix + "gate_proj", mlp.gate);
            linear(prefix + "up_proj", mlp.up);
        }
        linear(prefix + "down_proj", mlp.down);
    }

    void layer(const DecoderLayer& layer, const std::string& prefix) {
        add(prefix + "input_layernorm.weight", layer.inputNorm);
        attention(layer.attention, prefix + "self_attn.");
        add(prefix + "post_attention_layernorm.weight", layer.attentionOutputNorm);
        add(prefix + mlpNormName(decoder.config.family) + ".weight", layer.postAttentionNorm);
        mlp(layer.mlp, prefix + "mlp.");
        add(prefix + "post_feedforward_layernorm.weight", layer.mlpOutputNorm);
    }
};

}  // namespace

ModelConfig currentConfig(const Decoder& decoder) {
    ModelConfig config = decoder.config;
    config.layers.clear();
    for (const DecoderLayer& layer : decoder.layers) config.layers.push_back(layer.config);
    return config;
}

Result<StockModel> stockModel(const Decoder& decoder) {
    SKD_CHECK(checkPlain(decoder));
    StockModel model{currentConfig(decoder), {}};
    Collector{decoder, model}.collect();
    return model;
}

}  // namespace skd
