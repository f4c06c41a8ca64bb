#include "model/decoder.h"

#include <cmath>

#include "base/text.h"
#include "model/layer_ops.h"

namespace skd {

Decoder::Decoder(ModelConfig c) : config(std::move(c)) {}

at::Tensor Decoder::embed(const at::Tensor& ids) const { return at::embedding(embedding, ids); }

at::Tensor Decoder::attend(const DecoderLayer& layer, const at::Tensor& normed, const RotaryTable& rotary) const {
    const std::int64_t batch = normed.size(0), length = normed.size(1);
    const Attention& attention = layer.attention;
    at::Tensor query = attention.query.forward(normed).view({batch, length, config.heads, config.headDim});
    at::Tensor key = attention.key.forward(normed).view({batch, length, config.keyValueHeads, config.headDim});
    const at::Tensor value = attention.value.forward(normed).view({batch, length, config.keyValueHeads, config.headDim});
    if (attention.queryNorm.defined()) query = rmsNorm(query, attention.queryNorm, config.normEpsilon);
    if (attention.keyNorm.defined()) key = rmsNorm(key, attention.keyNorm, config.normEpsilon);
    const AttentionOptions options{1.0 / std::sqrt(static_cast<double>(config.headDim)), layer.config.slidingWindow};
    return attention.output.forward(causalAttention(splitHeads(query, rotary), splitHeads(key, rotary), splitHeads(value), options));
}

at::Tensor Decoder::runMlp(std::size_t index, const at::Tensor& normed) const {
    const Mlp& mlp = layers[index].mlp;
    if (inputObserver) inputObserver(index, MatrixKind::Gate, normed);
    const at::Tensor inner = siluMul(mlp.gate.forward(normed), mlp.up.forward(normed));
    if (inputObserver) inputObserver(index, MatrixKind::Down, inner);
    return mlp.down.forward(inner);
}

at::Tensor Decoder::runLayer(std::size_t index, const at::Tensor& hidden, const RotaryTable& rotary) const {
    const DecoderLayer& layer = layers[index];
    const at::Tensor middle = hidden + attend(layer, rmsNorm(hidden, layer.inputNorm, config.normEpsilon), rotary);
    return middle + runMlp(index, rmsNorm(middle, layer.postAttentionNorm, config.normEpsilon));
}

at::Tensor Decoder::runLayers(at::Tensor hidden, std::size_t begin, std::size_t end) const {
    const RotaryTable rotary = rotaryTable(config, hidden.size(1), hidden.device());
    for (std::size_t i = begin; i < end; ++i) hidden = runLayer(i, hidden, rotary);
    return hidden;
}

at::Tensor Decoder::normalise(const at::Tensor& hidden) const { return rmsNorm(hidden, finalNorm, config.normEpsilon); }

at::Tensor Decoder::hiddenStates(const at::Tensor& ids) const { return normalise(runLayers(embed(ids), 0, layers.size())); }

at::Tensor Decoder::logits(const at::Tensor& ids) const { return at::linear(hiddenStates(ids), head); }

std::vector<Linear*> Decoder::mlpMatrices() {
    std::vector<Linear*> matrices;
    for (DecoderLayer& layer : layers)
        for (Linear* matrix : {&layer.mlp.gate, &layer.mlp.up, &layer.mlp.down}) matrices.push_back(matrix);
    return matrices;
}

std::vector<MatrixInfo> Decoder::mlpMatrixInfos() const {
    std::vector<MatrixInfo> infos;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const LayerIndex layer(static_cast<std::int32_t>(i));
        const Mlp& mlp = layers[i].mlp;
        infos.push_back({mlp.gate.name(), layer, MatrixKind::Gate, mlp.gate.rows(), mlp.gate.columns()});
        infos.push_back({mlp.up.name(), layer, MatrixKind::Up, mlp.up.rows(), mlp.up.columns()});
        infos.push_back({mlp.down.name(), layer, MatrixKind::Down, mlp.down.rows(), mlp.down.columns()});
    }
    return infos;
}

void Decoder::visitParameters(const Linear::Visitor& visitor) {
    const bool tied = config.tiedHead;
    visitor("model.embed_tokens.weight", embedding);
    if (tied) head = embedding;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const std::string prefix = strCat("model.layers.", i, ".");
        DecoderLayer& layer = layers[i];
        visitor(prefix + "input_layernorm.weight", layer.inputNorm);
        for (Linear* linear : {&layer.attention.query, &layer.attention.key, &layer.attention.value, &layer.attention.output})
            linear->visitParameters(visitor);
        if (layer.attention.queryNorm.defined()) visitor(prefix + "self_attn.q_norm.weight", layer.attention.queryNorm);
        if (layer.attention.keyNorm.defined()) visitor(prefix + "self_attn.k_norm.weight", layer.attention.keyNorm);
        visitor(prefix + "post_attention_layernorm.weight", layer.postAttentionNorm);
        for (Linear* linear : {&layer.mlp.gate, &layer.mlp.up, &layer.mlp.down}) linear->visitParameters(visitor);
    }
    visitor("model.norm.weight", finalNorm);
    if (!tied) visitor("lm_head.weight", head);
}

std::int64_t Decoder::parameterCount() const {
    std::int64_t count = embedding.numel() + finalNorm.numel() + (config.tiedHead ? 0 : head.numel());
    for (const DecoderLayer& layer : layers) {
        count += layer.inputNorm.numel() + layer.postAttentionNorm.numel();
        if (layer.attention.queryNorm.defined()) count += layer.attention.queryNorm.numel() + layer.attention.keyNorm.numel();
        for (const Linear* linear : {&layer.attention.query, &layer.attention.key, &layer.attention.value, &layer.attention.output,
                                     &layer.mlp.gate, &layer.mlp.up, &layer.mlp.down})
            count += linear->parameterCount();
    }
    return count;
}

std::int64_t Decoder::mlpParameterCount() const {
    std::int64_t count = 0;
    for (const DecoderLayer& layer : layers)
        for (const Linear* linear : {&layer.mlp.gate, &layer.mlp.up, &layer.mlp.down}) count += linear->parameterCount();
    return count;
}

Decoder Decoder::to(at::Device device, at::ScalarType dtype) const {
    Decoder copy = *this;
    copy.visitParameters([&](const std::string&, at::Tensor& tensor) { tensor = tensor.detach().to(device, dtype); });
    if (copy.config.tiedHead) copy.head = copy.embedding;
    return copy;
}

Decoder Decoder::clone() const {
    Decoder copy = *this;
    copy.visitParameters([](const std::string&, at::Tensor& tensor) { tensor = tensor.detach().clone(); });
    if (copy.config.tiedHead) copy.head = copy.embedding;
    return copy;
}

}  // namespace skd
