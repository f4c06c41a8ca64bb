#pragma once

#include <ATen/ATen.h>

#include "model/layer_ops.h"

/// Forward and backward passes over CPU tensors of f32 or bf16, without autograd.
namespace skd::fused {

/// Causal attention (attention_kernels.h), arguments as of skd::causalAttention; keys and values
/// may be bf16 where queries are f32, and lie in any order in which a head's dimensions are next to
/// each other.
struct AttentionPass {
    at::Tensor output;  ///< [batch, length, heads * dim]
    /// [batch, heads, length] f32, what the backward pass needs; only on request.
    at::Tensor logSums;
};
AttentionPass attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const AttentionOptions& options, bool keep);
struct AttentionGradients {
    at::Tensor query, key, value;
};
/// Probabilities are computed again. `gradient` is of the output, [batch, length, heads * dim]. The
/// same bits for any number of threads.
AttentionGradients attentionBackward(const at::Tensor& query, const at::Tensor& key,
                                     const at::Tensor& value, const at::Tensor& logSums,
                                     const at::Tensor& gradient, const AttentionOptions& options);

}  // namespace skd::fused
