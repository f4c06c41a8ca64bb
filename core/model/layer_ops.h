#pragma once

#include <ATen/ATen.h>

#include "kernels/layer_kernels.h"
#include "model/rotary.h"

/// What a decoder layer does besides GEMMs. On the CPU each op is one hand-written pass with its
/// own gradient, elsewhere the few fused operators of device_ops.h; the tests' reference is plain
/// ATen ops (namespace reference).
namespace skd {

/// RMSNorm over the last dimension: f32 inside, rounded to x's type, then times weight. With an
/// offset the factor is offset + weight, and rounding comes last (Gemma).
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                   double offset = 0);
using kernels::GateActivation;
/// activation(gate) * up
at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation);
/// [batch, length, heads, dim] -> [batch, heads, length, dim] with rotary positions applied.
at::Tensor splitHeads(const at::Tensor& x, const RotaryTable& rotary);
/// The same move without a rotation: a view.
at::Tensor splitHeads(const at::Tensor& x);

struct AttentionOptions {
    double scale = 1;
    std::int64_t window = 0;  ///< 0 = full causal attention
};
/// query [batch, heads, length, dim], key and value [batch, kv heads, keys, dim]; head h reads
/// kv head h / (heads / kv heads). The queries are the last `length` of the keys' positions; with
/// gradient there are as many of each. Result [batch, length, heads * dim]. Scores never exist for
/// all queries and keys at a time.
at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const AttentionOptions& options);

namespace reference {
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                   double offset = 0);
at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation);
at::Tensor splitHeads(const at::Tensor& x, const RotaryTable* rotary);
at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const AttentionOptions& options);
}  // namespace reference

}  // namespace skd
