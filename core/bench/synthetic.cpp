#include "bench/synthetic.h"

#include "base/text.h"

namespace skd::bench {
namespace {

at::Tensor randomWeight(const SyntheticShape& shape, std::int64_t rows, std::int64_t columns) {
    return (at::randn({rows, columns}) * 0.03).to(shape.type);
}

ModelConfig configOf(const SyntheticShape& shape) {
    ModelConfig config;
    config.vocabularySize = shape.vocabulary;
    config.hiddenSize = shape.hidden;
    config.heads = shape.heads;
    config.keyValueHeads = shape.keyValueHeads;
    config.headDim = shape.hidden / shape.heads;
    config.maxPositions = 8192;
    config.tiedHead = true;
    config.rope.theta = 100000;
    config.layers.assign(static_cast<std::size_t>(shape.layers), LayerConfig{shape.intermediate});
    return config;
}

DecoderLayer layerOf(const SyntheticShape& shape, const ModelConfig& config, std::size_t index) {
    const auto dense = [&](const char* name, std::int64_t rows, std::int64_t columns) {
        return Linear(strCat("model.layers.", index, ".", name),
                      DenseWeight{randomWeight(shape, rows, columns)});
    };
    const std::int64_t width = shape.hidden, kv = config.keyValueHeads * config.headDim,
                       inner = shape.intermediate;
    DecoderLayer layer;
    layer.config = config.layers[index];
    layer.inputNorm = at::ones({width}, shape.type);
    layer.postAttentionNorm = at::ones({width}, shape.type);
    layer.attention = {dense("self_attn.q_proj", width, width),
                       dense("self_attn.k_proj", kv, width),
                       dense("self_attn.v_proj", kv, width),
                       dense("self_attn.o_proj", width, width),
                       {},
                       {}};
    layer.mlp = {dense("mlp.gate_proj", inner, width), dense("mlp.up_proj", inner, width),
                 dense("mlp.down_proj", width, inner), Linear()};
    return layer;
}

}  // namespace

Decoder syntheticDecoder(const SyntheticShape& shape) {
    Decoder decoder(configOf(shape));
    decoder.embedding = decoder.head = randomWeight(shape, shape.vocabulary, shape.hidden);
    decoder.finalNorm = at::ones({shape.hidden}, shape.type);
    for (std::size_t i = 0; i < decoder.config.layers.size(); ++i)
        decoder.layers.push_back(layerOf(shape, decoder.config, i));
    return decoder;
}

}  // namespace skd::bench
