#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "model/layer_ops.h"

/// Forward and backward passes over CPU tensors of f32 or bf16, without autograd.
namespace skd::fused {

/// Result and 1 / rms per row (f32).
std::pair<at::Tensor, at::Tensor> rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset);
/// Gradients of x and weight.
std::pair<at::Tensor, at::Tensor> rmsNormBackward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& inverse,
                                                  const at::Tensor& gradient, double offset);
at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation);
/// Gradients of gate and up.
std::pair<at::Tensor, at::Tensor> gateMulBackward(const at::Tensor& gate, const at::Tensor& up, const at::Tensor& gradient,
                                                  GateActivation activation);

/// `rotary` null: only the move.
at::Tensor splitHeads(const at::Tensor& x, const RotaryTable* rotary);
at::Tensor mergeHeads(const at::Tensor& x, const RotaryTable* rotary);

struct AttentionPass {
    at::Tensor output;                      ///< [batch, heads, length, dim]
    std::vector<at::Tensor> probabilities;  ///< per block of queries, kept only on request
};
AttentionPass attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const AttentionOptions& options, bool keep);
struct AttentionGradients {
    at::Tensor query, key, value;
};
AttentionGradients attentionBackward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                     const std::vector<at::Tensor>& probabilities, const at::Tensor& gradient,
                                     const AttentionOptions& options);

}  // namespace skd::fused
