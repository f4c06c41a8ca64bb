#pragma once

#include "distill/adamw.h"

/// What an optimiser does to all its tensors, by ATen's multi-tensor operators: a launch for
/// hundreds of tensors, where one by one each would be several. On any device; on the CPU tests
/// compare it with the CPU's passes.
namespace skd::device {

/// Tensors of parameters, side by side; gradients and live weights in bf16 or f32, the others f32.
/// A live weight that is its own master has the same handle in both.
struct AdamWTensors {
    std::vector<at::Tensor> masters, means, variances, gradients, lives;
};

/// Sum of squares of all values, [1] f64 where they are; each tensor's own is summed in f32.
at::Tensor squaresOf(const std::vector<at::Tensor>& gradients);

/// sums[i] += gradients[i], f32 and bf16 or f32.
void addAll(const std::vector<at::Tensor>& sums, const std::vector<at::Tensor>& gradients);

/// Step number `step` (from 1) of parameters that share rate and decay, which may overwrite the
/// gradients: fused AdamW over the masters, then the live weights from them. Gradients of bf16 are
/// widened for at most 2^26 values at a time.
void adamwStep(const AdamWTensors& tensors, const AdamWOptions& options, std::int64_t step);

}  // namespace skd::device
