#include "model/files/decoder_builder.h"

#include "base/text.h"

namespace skd {
namespace {

/// Reads the parts of one decoder; remembers the first error so that the walk stays readable.
class Builder {
public:
    Builder(const ModelConfig& config, WeightSource& source, at::Device device,
            at::ScalarType dtype)
        : m_config(config),
          m_source(source),
          m_device(device),
          m_dtype(dtype),
          m_fused(traits(config.family).fusedTensors) {}

    Result<Decoder> build() {
        Decoder decoder(m_config);
        decoder.embedding =
            tensor({"model.embed_tokens.weight", {m_config.vocabularySize, m_config.hiddenSize}});
        for (std::size_t i = 0; i < m_config.layers.size() && m_status; ++i)
            decoder.layers.push_back(layer(i));
        decoder.finalNorm = tensor({"model.norm.weight", {m_config.hiddenSize}});
        decoder.head =
            m_config.tiedHead
                ? decoder.embedding
                : tensor({"lm_head.weight", {m_config.vocabularySize, m_config.hiddenSize}});
        if (!m_status) return fail(m_status.error());
        SKD_CHECK(m_source.checkAllUsed());
        return decoder;
    }

private:
    at::Tensor tensor(const WeightSource::Slice& slice) {
        if (!m_status) return {};
        auto read = m_source.read(slice);
        if (!read) {
            m_status = fail(read.error());
            return {};
        }
        return read->to(m_device, m_dtype).contiguous();
    }

    /// One matrix that may be stored as rows [firstRow, ..) of a fused one.
    Linear linear(const std::string& name, const WeightSource::Slice& weight, bool bias) {
        at::Tensor biasTensor;
        if (bias) biasTensor = tensor({name + ".bias", {weight.shape[0]}});
        return Linear(name, DenseWeight{tensor(weight)}, std::move(biasTensor));
    }

    Attention attention(const std::string& prefix) {
        const std::int64_t hidden = m_config.hiddenSize, q = m_config.heads * m_config.headDim,
                           kv = m_config.keyValueHeads * m_config.headDim;
        const std::string fused = prefix + "qkv_proj.weight";
        auto slice = [&](const char* name, std::int64_t rows, std::int64_t first) {
            return m_fused ? WeightSource::Slice{fused, {rows, hidden}, first, q + 2 * kv}
                           : WeightSource::Slice{prefix + name + ".weight", {rows, hidden}};
        };
        Attention attention;
        attention.query = linear(prefix + "q_proj", slice("q_proj", q, 0), m_config.qkvBias);
        attention.key = linear(prefix + "k_proj", slice("k_proj", kv, q), m_config.qkvBias);
        attention.value = linear(prefix + "v_proj", slice("v_proj", kv, q + kv), m_config.qkvBias);
        attention.output =
            linear(prefix + "o_proj", {prefix + "o_proj.weight", {hidden, q}}, m_config.outputBias);
        if (traits(m_config.family).queryKeyNorm) {
            attention.queryNorm = tensor({prefix + "q_norm.weight", {m_config.headDim}});
            attention.keyNorm = tensor({prefix + "k_norm.weight", {m_config.headDim}});
        }
        return attention;
    }

    Mlp mlp(const std::string& prefix, std::int64_t ffn) {
        const std::int64_t hidden = m_config.hiddenSize;
        const std::string fused = prefix + "gate_up_proj.weight";
        auto slice = [&](const char* name, std::int64_t first) {
            return m_fused ? WeightSource::Slice{fused, {ffn, hidden}, first, 2 * ffn}
                           : WeightSource::Slice{prefix + name + ".weight", {ffn, hidden}};
        };
        Mlp mlp;
        mlp.gate = linear(prefix + "gate_proj", slice("gate_proj", 0), m_config.mlpBias);
        mlp.up = linear(prefix + "up_proj", slice("up_proj", ffn), m_config.mlpBias);
        mlp.down = linear(prefix + "down_proj", {prefix + "down_proj.weight", {hidden, ffn}},
                          m_config.mlpBias);
        return mlp;
    }

    DecoderLayer layer(std::size_t index) {
        const std::string prefix = strCat("model.layers.", index, ".");
        DecoderLayer layer;
        layer.config = m_config.layers[index];
        layer.inputNorm = tensor({prefix + "input_layernorm.weight", {m_config.hiddenSize}});
        layer.attention = attention(prefix + "self_attn.");
        layer.postAttentionNorm =
            tensor({prefix + mlpNormName(m_config.family) + ".weight", {m_config.hiddenSize}});
        if (traits(m_config.family).outputNorms) {
            layer.attentionOutputNorm =
                tensor({prefix + "post_attention_layernorm.weight", {m_config.hiddenSize}});
            layer.mlpOutputNorm =
                tensor({prefix + "post_feedforward_layernorm.weight", {m_config.hiddenSize}});
        }
        layer.mlp = mlp(prefix + "mlp.", layer.config.intermediateSize);
        return layer;
    }

    const ModelConfig& m_config;
    WeightSource& m_source;
    at::Device m_device;
    at::ScalarType m_dtype;
    bool m_fused;
    Status m_status;
};

}  // namespace

Result<Decoder> buildDecoder(const ModelConfig& config, WeightSource& source, at::Device device,
                             at::ScalarType dtype) {
    return Builder(config, source, device, dtype).build();
}

}  // namespace skd
