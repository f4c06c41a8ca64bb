#include "model/files/weight_source.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"
#include "formats/float_codec.h"
#include "formats/refusals.h"

namespace skd {
namespace {

/// Bytes that are read and decoded at a time: they stay in the processor's cache.
constexpr std::size_t kDecodeBytes = 1u << 18;

/// The stored bytes of some rows of a tensor.
struct StoredRows {
    const TensorView& view;
    std::size_t begin = 0, size = 0;
};

/// Decodes with all threads: each takes a run of whole blocks and reads it piece by piece.
Result<at::Tensor> decode(const StoredRows& rows, at::IntArrayRef shape) {
    at::Tensor out = at::empty(shape, at::kFloat);
    const StorageType type = rows.view.type;
    const std::int64_t perBlock = storageBlock(type).values, blocks = out.numel() / perBlock;
    const std::size_t blockBytes = blocks > 0 ? rows.size / static_cast<std::size_t>(blocks) : 1;
    auto* target = out.data_ptr<float>();
    SKD_CHECK(decodeFloats(type, {}, std::span<float>(target, 0)));  // type known?
    const auto most =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(kDecodeBytes / blockBytes));
    std::mutex mutex;
    Status status;
    const auto decodePart = [&](std::int64_t begin, std::int64_t end) -> Status {
        std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(most, end - begin)) *
                                     blockBytes);
        for (std::int64_t at = begin; at < end; at += most) {
            const auto count = static_cast<std::size_t>(std::min(most, end - at));
            const std::span<std::byte> part(bytes.data(), count * blockBytes);
            SKD_CHECK(
                rows.view.copyBytes(rows.begin + static_cast<std::size_t>(at) * blockBytes, part));
            SKD_CHECK(decodeFloats(
                type, part, {target + at * perBlock, count * static_cast<std::size_t>(perBlock)}));
        }
        return {};
    };
    at::parallel_for(0, blocks, std::max<std::int64_t>(1, 32768 / perBlock),
                     [&](std::int64_t begin, std::int64_t end) {
                         Status decoded = decodePart(begin, end);
                         const std::lock_guard lock(mutex);
                         if (!decoded) status = std::move(decoded);
                     });
    SKD_CHECK(status);
    return out;
}

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

Result<at::Tensor> WeightSource::read(const Slice& slice) {
    const TensorView* view = find(slice.name);
    if (view == nullptr)
        return fail(ErrorCode::NotFound,
                    strCat("the tensor ", slice.name, " is missing from the model"));
    std::vector<std::int64_t> whole = slice.shape;
    if (slice.wholeRows > 0) whole[0] = slice.wholeRows;
    if (view->shape != whole)
        return corrupt(slice.name, " has the shape ", shapeText(view->shape),
                       ", but the config needs ", shapeText(whole));
    m_used.insert(view->name);
    const std::size_t rowBytes = view->bytes.size() / static_cast<std::size_t>(whole[0]);
    const StoredRows rows{*view, static_cast<std::size_t>(slice.firstRow) * rowBytes,
                          static_cast<std::size_t>(slice.shape[0]) * rowBytes};
    SKD_TRY(const at::Tensor decoded, located(decode(rows, slice.shape), slice.name));
    if (!at::isfinite(decoded).all().item<bool>())
        return fail(ErrorCode::Corrupt,
                    strCat(slice.name,
                           " holds values that are not finite; get an intact copy of the model"));
    return restore(slice.name, decoded);
}

Status WeightSource::checkAllUsed() const {
    for (const TensorView& view : all())
        if (m_used.count(view.name) == 0 && !isIgnorable(view.name))
            return corrupt("the model holds the tensor ", displayName(view.name),
                           ", which its architecture does not have; config and weights do not "
                           "belong together");
    return {};
}

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

at::Tensor GgufWeights::restore(const std::string& name, const at::Tensor& tensor) const {
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
