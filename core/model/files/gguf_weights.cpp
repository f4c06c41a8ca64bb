#include "model/files/gguf_weights.h"

#include <array>
#include <utility>

namespace skd {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 13> kLayerNames{{
    {"input_layernorm", "attn_norm"},
    {"post_attention_layernorm", "ffn_norm"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"self_attn.qkv_proj", "attn_qkv"},
    {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.gate_up_proj", "ffn_up"},  // phi3: gate rows, then up rows
    {"mlp.down_proj", "ffn_down"},
}};

// Where attention and MLP end with norms of their own, two names move.
constexpr std::array<std::pair<const char*, const char*>, 3> kOutputNormNames{{
    {"post_attention_layernorm", "post_attention_norm"},
    {"pre_feedforward_layernorm", "ffn_norm"},
    {"post_feedforward_layernorm", "post_ffw_norm"},
}};

constexpr std::array<std::pair<const char*, const char*>, 3> kModelNames{{
    {"model.embed_tokens.weight", "token_embd.weight"},
    {"model.norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight"},
}};

}  // namespace

std::string ggufTensorName(const std::string& name, Family family) {
    for (const auto& [huggingFace, gguf] : kModelNames)
        if (name == huggingFace) return gguf;
    const std::string prefix = "model.layers.";
    if (!name.starts_with(prefix)) return "";
    const std::size_t dot = name.find('.', prefix.size()), last = name.rfind('.');
    if (dot == std::string::npos || last <= dot) return "";
    const std::string layer = name.substr(prefix.size(), dot - prefix.size()),
                      part = name.substr(dot + 1, last - dot - 1);
    const auto stored = [&](const auto& names) -> std::string {
        for (const auto& [huggingFace, gguf] : names)
            if (part == huggingFace) return "blk." + layer + "." + gguf + name.substr(last);
        return "";
    };
    const std::string moved = traits(family).outputNorms ? stored(kOutputNormNames) : "";
    return moved.empty() ? stored(kLayerNames) : moved;
}

const TensorView* GgufWeights::find(const std::string& name) const {
    const std::string stored = ggufTensorName(name, m_config.family);
    return stored.empty() ? nullptr : m_file.find(stored);
}

bool GgufWeights::isIgnorable(const std::string& storedName) const {
    // Read by parseGgufConfig; they are constants of the rotation, not weights.
    return storedName == "rope_freqs.weight" || storedName == "rope_factors_long.weight" ||
           storedName == "rope_factors_short.weight" || storedName.ends_with("rotary_emb.inv_freq");
}

namespace {

/// Heads of a matrix whose rows GGUF stores for interleaved rotation; 0 = rows as they are.
std::int64_t permutedHeads(const std::string& name, const ModelConfig& config) {
    if (!traits(config.family).ggufPermuted) return 0;
    if (name.find("self_attn.q_proj.") != std::string::npos) return config.heads;
    return name.find("self_attn.k_proj.") != std::string::npos ? config.keyValueHeads : 0;
}

/// What GGUF adds to the weights of a norm.
double storedOffset(const std::string& name, const ModelConfig& config) {
    return traits(config.family).offsetNorms && name.ends_with("norm.weight") ? 1 : 0;
}

}  // namespace

at::Tensor GgufWeights::restore(const std::string& name, at::Tensor tensor) const {
    if (const std::int64_t heads = permutedHeads(name, m_config); heads > 0)
        return unpermuteRotary(tensor, heads);
    const double offset = storedOffset(name, m_config);
    return offset != 0 ? tensor - offset : tensor;
}

at::Tensor ggufTensor(const std::string& name, const at::Tensor& tensor,
                      const ModelConfig& config) {
    if (const std::int64_t heads = permutedHeads(name, config); heads > 0)
        return permuteRotary(tensor, heads);
    const double offset = storedOffset(name, config);
    return offset != 0 ? tensor + offset : tensor;
}

at::Tensor unpermuteRotary(const at::Tensor& tensor, std::int64_t heads) {
    const at::Tensor pairs = tensor.reshape({heads, tensor.size(0) / heads / 2, 2, -1});
    return pairs.transpose(1, 2).reshape(tensor.sizes()).contiguous();
}

at::Tensor permuteRotary(const at::Tensor& tensor, std::int64_t heads) {
    const at::Tensor halves = tensor.reshape({heads, 2, tensor.size(0) / heads / 2, -1});
    return halves.transpose(1, 2).reshape(tensor.sizes()).contiguous();
}

}  // namespace skd
