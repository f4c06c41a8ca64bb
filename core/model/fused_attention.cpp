#include "model/fused_attention.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

#include "kernels/attention_kernels.h"
#include "kernels/tile.h"
#include "model/elements.h"

namespace skd::fused {
namespace {

using kernels::HeadRows;
using kernels::Panels;
using kernels::TokenRange;
using kernels::upTo;

/// Rows of scores (queries times the heads that share a key head) and bytes of a row's block that
/// are worked on at a time: they stay in the second-level cache together with the panels they meet.
constexpr std::int64_t kBlockRows = 48, kBlockBytes = 1 << 18;
/// Keys that a unit of packing covers: whole panels of every instruction set.
constexpr std::int64_t kPackedKeys = 64;
/// Gradients of keys and values are summed in as many parts as make this many units of work, at
/// most kMostParts a head: fixed, so that sums do not depend on the number of threads.
constexpr std::int64_t kBackwardUnits = 12, kMostParts = 4;

/// Tensors whose tokens lie without gaps within a head; copies others.
at::Tensor readable(const at::Tensor& heads) {
    return heads.stride(3) == 1 || heads.size(3) == 1 ? heads : heads.contiguous();
}

/// Heads of sequence `batch` of [batch, heads, tokens, dim] from `head` on.
template <class Element>
HeadRows<Element> headRows(const at::Tensor& heads, std::int64_t batch, std::int64_t head) {
    return {elements<Element>(heads) + batch * heads.stride(0) + head * heads.stride(1),
            heads.stride(1), heads.stride(2)};
}

/// [batch, tokens, heads * dim] as [batch, heads, tokens, dim].
at::Tensor asHeads(const at::Tensor& merged, std::int64_t heads) {
    return merged.view({merged.size(0), merged.size(1), heads, -1}).transpose(1, 2);
}

/// Calls work(unit, worker) for units [0, count), each as soon as a thread is free. What a unit
/// does must not depend on the worker but for its scratch.
template <class Work>
void forUnits(std::int64_t count, std::int64_t workers, Work&& work) {
    std::atomic<std::int64_t> next = 0;
    at::parallel_for(0, workers, 1, [&](std::int64_t begin, std::int64_t) {
        for (std::int64_t unit = next++; unit < count; unit = next++) work(unit, begin);
    });
}

/// How the work on a pass's heads is cut up.
struct Plan {
    kernels::AttentionShape shape;
    kernels::TileShape tile = kernels::attentionTile();
    std::int64_t batch, groups;  ///< key heads of a sequence; a group: one key head and its queries
    std::int64_t blockSize, blocks;  ///< queries of a block, blocks of a group
    std::int64_t paddedDim, paddedKeys;
    std::int64_t workers = at::get_num_threads();

    Plan(const at::Tensor& query, const at::Tensor& key, const AttentionOptions& options)
        : shape{query.size(1) / key.size(1),
                query.size(2),
                key.size(2),
                query.size(3),
                options.window,
                static_cast<float>(options.scale)},
          batch(key.size(0)),
          groups(key.size(1)) {
        const std::int64_t seen =
            shape.window > 0 ? std::min(shape.window + tile.columns, shape.keys) : shape.keys;
        const std::int64_t rows = std::clamp(kBlockBytes / (4 * seen), tile.rows, kBlockRows);
        blockSize = std::max<std::int64_t>(1, rows / shape.heads);
        blocks = (shape.queries + blockSize - 1) / blockSize;
        paddedDim = upTo(shape.dim, tile.columns);
        paddedKeys = upTo(shape.keys, tile.columns);
    }

    [[nodiscard]] std::int64_t allGroups() const { return batch * groups; }
    [[nodiscard]] TokenRange block(std::int64_t index) const {
        return {index * blockSize, std::min(blockSize, shape.queries - index * blockSize)};
    }
    [[nodiscard]] at::Tensor scratch() const {
        return at::empty({workers, kernels::attentionScratch(shape, blockSize)}, at::kFloat);
    }
    /// Parts of a group's blocks whose gradients of keys and values are summed by themselves.
    [[nodiscard]] std::int64_t parts() const {
        return std::min(std::clamp<std::int64_t>(kBackwardUnits / allGroups(), 1, kMostParts),
                        blocks);
    }
};

/// Panels of every group, [groups, floats].
at::Tensor packed(const Plan& plan, const at::Tensor& heads, Panels panels) {
    const bool transposed = panels == Panels::Transposed;
    at::Tensor all = at::empty({plan.allGroups(), transposed ? plan.paddedKeys * plan.shape.dim
                                                             : plan.shape.keys * plan.paddedDim},
                               at::kFloat);
    const std::int64_t perGroup = (plan.shape.keys + kPackedKeys - 1) / kPackedKeys;
    forElement(heads, [&]<class T>(T*) {
        at::parallel_for(
            0, plan.allGroups() * perGroup, 4, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t unit = begin; unit < end; ++unit) {
                    const std::int64_t group = unit / perGroup,
                                       first = unit % perGroup * kPackedKeys;
                    const kernels::Packing<T> packing{
                        panels, headRows<const T>(heads, group / plan.groups, group % plan.groups),
                        plan.shape.keys, plan.shape.dim,
                        all.data_ptr<float>() + group * all.size(1)};
                    const TokenRange keys{first, std::min(kPackedKeys, plan.shape.keys - first)};
                    kernels::pack(packing, keys);
                }
            });
    });
    return all;
}

/// Sums of the keys' or values' gradients, [groups, parts, keys and padding, padded dim].
at::Tensor keySums(const Plan& plan) {
    const std::int64_t keys = plan.paddedKeys + plan.tile.columns + plan.tile.rows;
    return at::zeros({plan.allGroups(), plan.parts(), keys, plan.paddedDim}, at::kFloat);
}

/// target [batch, heads, keys, dim] = factor * the parts' sums, in the order of the parts.
void reduceParts(const Plan& plan, const at::Tensor& sums, float factor, const at::Tensor& target) {
    const std::int64_t dim = plan.shape.dim, part = sums.stride(1);
    forElement(target, [&]<class T>(T*) {
        at::parallel_for(
            0, plan.allGroups() * plan.shape.keys, 64, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t row = begin; row < end; ++row) {
                    const std::int64_t group = row / plan.shape.keys, key = row % plan.shape.keys;
                    const float* source = sums.const_data_ptr<float>() + group * sums.stride(0) +
                                          key * plan.paddedDim;
                    T* to =
                        headRows<T>(target, group / plan.groups, group % plan.groups).at(0, key);
                    kernels::sumParts(source, part, sums.size(1), factor, to, dim);
                }
            });
    });
}

}  // namespace

AttentionPass attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const AttentionOptions& options, bool keep) {
    const Plan plan(query, key, options);
    const at::Tensor q = readable(query), keys = packed(plan, readable(key), Panels::Transposed),
                     values = packed(plan, readable(value), Panels::Plain);
    const std::int64_t heads = query.size(1);
    AttentionPass pass{
        at::empty({plan.batch, plan.shape.queries, heads * plan.shape.dim}, query.options()), {}};
    if (keep) pass.logSums = at::empty({plan.batch, heads, plan.shape.queries}, at::kFloat);
    const at::Tensor output = asHeads(pass.output, heads), scratch = plan.scratch();
    forElement(query, [&]<class T>(T*) {
        forUnits(plan.allGroups() * plan.blocks, plan.workers,
                 [&](std::int64_t unit, std::int64_t worker) {
                     // The last blocks see most keys: they come first, so that threads end
                     // together.
                     const std::int64_t group = unit % plan.allGroups(),
                                        block = plan.blocks - 1 - unit / plan.allGroups();
                     const std::int64_t b = group / plan.groups,
                                        head = group % plan.groups * plan.shape.heads;
                     const kernels::AttentionForward<T> forward{
                         plan.shape,
                         headRows<const T>(q, b, head),
                         keys.const_data_ptr<float>() + group * keys.size(1),
                         values.const_data_ptr<float>() + group * values.size(1),
                         headRows<T>(output, b, head),
                         keep ? pass.logSums.mutable_data_ptr<float>() +
                                    (b * heads + head) * plan.shape.queries
                              : nullptr};
                     kernels::attend(forward, plan.block(block),
                                     scratch.mutable_data_ptr<float>() + worker * scratch.size(1));
                 });
    });
    return pass;
}

AttentionGradients attentionBackward(const at::Tensor& query, const at::Tensor& key,
                                     const at::Tensor& value, const at::Tensor& logSums,
                                     const at::Tensor& gradient, const AttentionOptions& options) {
    const Plan plan(query, key, options);
    const std::int64_t heads = query.size(1), parts = plan.parts();
    const at::Tensor q = readable(query), k = readable(key), v = readable(value),
                     dOut = asHeads(gradient.contiguous(), heads), scratch = plan.scratch();
    const at::Tensor keysTransposed = packed(plan, k, Panels::Transposed),
                     keys = packed(plan, k, Panels::Plain),
                     valuesTransposed = packed(plan, v, Panels::Transposed);
    const at::Tensor dKeys = keySums(plan), dValues = keySums(plan);
    AttentionGradients out{at::empty_like(q), at::empty_like(k), at::empty_like(v)};
    forElement(query, [&]<class T>(T*) {
        forUnits(plan.allGroups() * parts, plan.workers,
                 [&](std::int64_t unit, std::int64_t worker) {
                     const std::int64_t group = unit / parts, b = group / plan.groups,
                                        head = group % plan.groups * plan.shape.heads;
                     const auto panelsOf = [&](const at::Tensor& panels) {
                         return panels.const_data_ptr<float>() + group * panels.size(1);
                     };
                     const kernels::AttentionBackward<T> backward{
                         plan.shape,
                         headRows<const T>(q, b, head),
                         headRows<const T>(dOut, b, head),
                         panelsOf(keysTransposed),
                         panelsOf(valuesTransposed),
                         panelsOf(keys),
                         logSums.const_data_ptr<float>() + (b * heads + head) * plan.shape.queries,
                         headRows<T>(out.query, b, head),
                         dKeys.mutable_data_ptr<float>() + unit * dKeys.stride(1),
                         dValues.mutable_data_ptr<float>() + unit * dValues.stride(1)};
                     for (std::int64_t block = unit % parts; block < plan.blocks; block += parts)
                         kernels::attendBackward(
                             backward, plan.block(block),
                             scratch.mutable_data_ptr<float>() + worker * scratch.size(1));
                 });
    });
    reduceParts(plan, dKeys, 1.0f / kernels::kLog2E, out.key);
    reduceParts(plan, dValues, 1.0f, out.value);
    return out;
}

}  // namespace skd::fused
