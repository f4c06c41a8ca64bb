#include <ATen/Parallel.h>

#include <algorithm>

#include "model/fused_ops.h"
#include "model/layer_kernels.h"

namespace skd::fused {
namespace {

/// Queries are worked on in blocks, so that keys after a block are never multiplied at all: at 512
/// tokens in blocks of 128 that is 5/8 of the full product.
constexpr std::int64_t kBlock = 128;

struct Geometry {
    std::int64_t batch, heads, groups, perGroup, length, dim;  ///< groups = batch * kv heads
    std::int64_t keyLength, past;                              ///< the queries are the last `length` positions
    explicit Geometry(const at::Tensor& query, const at::Tensor& key)
        : batch(query.size(0)), heads(query.size(1)), groups(batch * key.size(1)), perGroup(heads / key.size(1)),
          length(query.size(2)), dim(query.size(3)), keyLength(key.size(2)), past(keyLength - length) {}

    [[nodiscard]] kernels::CausalBlock block(std::int64_t first, std::int64_t window) const {
        const std::int64_t queries = std::min(kBlock, length - first);
        const std::int64_t position = past + first;
        const std::int64_t firstKey = window > 0 ? std::max<std::int64_t>(0, position - window + 1) : 0;
        return {queries, position + queries - firstKey, position, firstKey, window};
    }
    /// [groups, perGroup * queries, dim]: all heads that share a key head, as rows of one matrix.
    [[nodiscard]] at::Tensor rows(const at::Tensor& tensor, const kernels::CausalBlock& block) const {
        return tensor.reshape({groups, perGroup, length, dim}).narrow(2, block.firstQuery - past, block.queries)
            .reshape({groups, perGroup * block.queries, dim});
    }
    [[nodiscard]] at::Tensor keys(const at::Tensor& tensor, const kernels::CausalBlock& block) const {
        return tensor.reshape({groups, keyLength, dim}).narrow(1, block.firstKey, block.keys);
    }
    void putRows(const at::Tensor& target, const at::Tensor& rows, const kernels::CausalBlock& block) const {
        target.view({groups, perGroup, length, dim}).narrow(2, block.firstQuery - past, block.queries)
            .copy_(rows.view({groups, perGroup, block.queries, dim}));
    }
};

template <class Work>
void overRows(const at::Tensor& matrix, Work&& work) {
    const std::int64_t keys = matrix.size(-1);
    at::parallel_for(0, matrix.numel() / keys, std::max<std::int64_t>(1, 8192 / keys), work);
}

void softmaxInPlace(const at::Tensor& scores, const kernels::CausalBlock& block, double scale) {
    overRows(scores, [&](std::int64_t begin, std::int64_t end) {
        if (scores.scalar_type() == at::kFloat)
            kernels::causalSoftmax(static_cast<float*>(scores.data_ptr()), block, static_cast<float>(scale), begin, end);
        else
            kernels::causalSoftmax(static_cast<std::uint16_t*>(scores.data_ptr()), block, static_cast<float>(scale), begin, end);
    });
}

void softmaxBackwardInPlace(const at::Tensor& probabilities, const at::Tensor& gradient, double scale) {
    const std::int64_t keys = gradient.size(-1);
    overRows(gradient, [&](std::int64_t begin, std::int64_t end) {
        if (gradient.scalar_type() == at::kFloat)
            kernels::softmaxBackward(static_cast<const float*>(probabilities.data_ptr()), static_cast<float*>(gradient.data_ptr()),
                                     keys, static_cast<float>(scale), begin, end);
        else
            kernels::softmaxBackward(static_cast<const std::uint16_t*>(probabilities.data_ptr()),
                                     static_cast<std::uint16_t*>(gradient.data_ptr()), keys, static_cast<float>(scale), begin, end);
    });
}

}  // namespace

AttentionPass attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const AttentionOptions& options, bool keep) {
    const Geometry geometry(query, key);
    AttentionPass pass{at::empty_like(query), {}};
    for (std::int64_t first = 0; first < geometry.length; first += kBlock) {
        const kernels::CausalBlock block = geometry.block(first, options.window);
        const at::Tensor scores = at::bmm(geometry.rows(query, block), geometry.keys(key, block).transpose(1, 2));
        softmaxInPlace(scores, block, options.scale);
        geometry.putRows(pass.output, at::bmm(scores, geometry.keys(value, block)), block);
        if (keep) pass.probabilities.push_back(scores);
    }
    return pass;
}

AttentionGradients attentionBackward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                     const std::vector<at::Tensor>& probabilities, const at::Tensor& gradient,
                                     const AttentionOptions& options) {
    const Geometry geometry(query, key);
    const auto wide = key.options().dtype(at::kFloat);
    AttentionGradients out{at::empty_like(query), at::zeros(key.sizes(), wide), at::zeros(value.sizes(), wide)};
    const at::Tensor dKeys = out.key.view({geometry.groups, geometry.length, geometry.dim});
    const at::Tensor dValues = out.value.view({geometry.groups, geometry.length, geometry.dim});
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        const kernels::CausalBlock block = geometry.block(static_cast<std::int64_t>(i) * kBlock, options.window);
        const at::Tensor dOut = geometry.rows(gradient, block);
        dValues.narrow(1, block.firstKey, block.keys).add_(at::bmm(probabilities[i].transpose(1, 2), dOut));
        const at::Tensor dScores = at::bmm(dOut, geometry.keys(value, block).transpose(1, 2));
        softmaxBackwardInPlace(probabilities[i], dScores, options.scale);
        geometry.putRows(out.query, at::bmm(dScores, geometry.keys(key, block)), block);
        dKeys.narrow(1, block.firstKey, block.keys).add_(at::bmm(dScores.transpose(1, 2), geometry.rows(query, block)));
    }
    out.key = out.key.to(key.scalar_type());
    out.value = out.value.to(value.scalar_type());
    return out;
}

}  // namespace skd::fused
