#include "core/model/tiny_model.h"

#include "base/text.h"
#include "formats/safetensors_file.h"
#include "model/identity_block.h"

namespace skd::test {

std::filesystem::path modelFixture(const std::string& name) {
    return std::filesystem::path(SKD_FIXTURES) / "models" / name;
}

std::map<std::string, at::Tensor> loadTensors(const std::filesystem::path& path) {
    std::map<std::string, at::Tensor> tensors;
    const auto file = SafetensorsFile::open(path);
    if (!file) return tensors;
    for (const TensorView& view : file->tensors()) {
        const auto type = std::get<DType>(view.type);
        const at::ScalarType scalar = type == DType::I64   ? at::kLong
                                      : type == DType::F64 ? at::kDouble
                                                           : at::kFloat;
        at::Tensor tensor = at::empty(view.shape, scalar);
        if (tensor.nbytes() == view.bytes.size())
            std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
        tensors[view.name] = tensor;
    }
    return tensors;
}

Decoder tinyDecoder(std::uint64_t seed, const TinyShape& s) {
    at::manual_seed(seed);
    ModelConfig config;
    config.vocabularySize = s.vocabulary;
    config.hiddenSize = s.hidden;
    config.heads = s.heads;
    config.keyValueHeads = s.keyValueHeads;
    config.headDim = s.headDim;
    config.maxPositions = 1024;
    config.tiedHead = true;
    config.layers.assign(static_cast<std::size_t>(s.layers), LayerConfig{s.intermediate});
    const auto random = [](std::int64_t rows, std::int64_t columns) {
        return at::randn({rows, columns}) * 0.3;
    };
    Decoder decoder(config);
    decoder.embedding = random(s.vocabulary, s.hidden);
    decoder.head = decoder.embedding;
    decoder.finalNorm = at::ones({s.hidden}) + 0.1 * at::randn({s.hidden});
    for (std::int64_t i = 0; i < s.layers; ++i) {
        const std::string prefix = strCat("model.layers.", i, ".");
        const auto dense = [&](const char* name, std::int64_t rows, std::int64_t columns) {
            return Linear(prefix + name, DenseWeight{random(rows, columns)});
        };
        DecoderLayer layer;
        layer.config = config.layers.front();
        layer.inputNorm = at::ones({s.hidden}) + 0.1 * at::randn({s.hidden});
        layer.postAttentionNorm = at::ones({s.hidden}) + 0.1 * at::randn({s.hidden});
        layer.attention = {dense("self_attn.q_proj", s.heads * s.headDim, s.hidden),
                           dense("self_attn.k_proj", s.keyValueHeads * s.headDim, s.hidden),
                           dense("self_attn.v_proj", s.keyValueHeads * s.headDim, s.hidden),
                           dense("self_attn.o_proj", s.hidden, s.heads * s.headDim),
                           {},
                           {}};
        layer.mlp = {dense("mlp.gate_proj", s.intermediate, s.hidden),
                     dense("mlp.up_proj", s.intermediate, s.hidden),
                     dense("mlp.down_proj", s.hidden, s.intermediate)};
        decoder.layers.push_back(layer);
    }
    return decoder;
}

IdentityBlockWeight randomBlock(std::int64_t rows, std::int64_t columns, std::int64_t rank) {
    const IdentityBlock block =
        identityBlock(at::randn({rows, rank}) * 0.3, at::randn({rank, columns}) * 0.3);
    const IdentityBlockWeight& w = block.weight;
    return {w.c.to(at::kFloat), w.b.to(at::kFloat), w.order};
}

ElasticWeight randomElastic(std::int64_t rows, std::int64_t columns, std::int64_t cap) {
    return {at::randn({cap, rows}) * 0.3, at::randn({cap, columns}) * 0.3, cap};
}

Decoder tinyElastic(std::uint64_t seed, std::int64_t cap, const TinyShape& shape) {
    Decoder model = tinyDecoder(seed, shape);
    for (Linear* linear : model.matrices())
        linear->replace(randomElastic(linear->rows(), linear->columns(), cap));
    return model;
}

double relativeError(const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kDouble) - b.to(at::kDouble)).abs().max() / b.to(at::kDouble).abs().max())
        .item<double>();
}

}  // namespace skd::test
