#pragma once

#include <ATen/ATen.h>

#include "model/layer_ops.h"

/// The operations of layer_ops.h in few operators of ATen, as an accelerator wants them: each is a
/// launch. They run on any device, which is how tests compare them with the CPU's passes.
namespace skd::device {

/// One fused operator where there is no offset; rounds once, after the weight.
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset);
at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation);
/// Three operators each way; `rotary.wide` must be there. A view of [batch, length, heads, dim].
at::Tensor splitHeads(const at::Tensor& x, const RotaryTable& rotary);

/// scaled_dot_product_attention: heads of a group read one key and value head, which is never
/// repeated; causal without a mask. Of a sliding window the first chunk is causal, each later one
/// (of the window's length) reads its own and the one before under one mask [window, 2 window] that
/// all share. Later queries than the first of a text, more than one at a time, are computed with
/// empty ones in front of them.
at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const AttentionOptions& options);

}  // namespace skd::device
