#include "model/layer_ops.h"

namespace skd::reference {

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset) {
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor scaled = wide * at::rsqrt(wide.square().mean(-1, true) + epsilon);
    if (offset != 0) return (scaled * (weight.to(at::kFloat) + offset)).to(x.scalar_type());
    return scaled.to(x.scalar_type()) * weight;
}

at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation) {
    return (activation == GateActivation::Silu ? at::silu(gate) : at::gelu(gate, "tanh")) * up;
}

at::Tensor splitHeads(const at::Tensor& x, const RotaryTable* rotary) {
    const at::Tensor heads = x.transpose(1, 2);
    if (rotary == nullptr) return heads.contiguous();
    const std::int64_t half = rotary->cos.size(1), dim = x.size(3);
    const at::Tensor wide = heads.to(at::kFloat);
    const at::Tensor a = wide.narrow(-1, 0, half), b = wide.narrow(-1, half, half);
    const at::Tensor rest = wide.narrow(-1, 2 * half, dim - 2 * half);
    const at::Tensor turned =
        at::cat({a * rotary->cos - b * rotary->sin, b * rotary->cos + a * rotary->sin, rest}, -1);
    return turned.to(x.scalar_type());
}

at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const AttentionOptions& options) {
    const std::int64_t group = query.size(1) / key.size(1), length = query.size(2),
                       past = key.size(2) - length;
    const at::Tensor keys = key.repeat_interleave(group, 1),
                     values = value.repeat_interleave(group, 1);
    const at::Tensor from =
        at::arange(past + length, query.options().dtype(at::kLong)).unsqueeze(0);
    const at::Tensor to = from.narrow(1, past, length).transpose(0, 1);
    at::Tensor hidden = from > to;
    if (options.window > 0) hidden = hidden.logical_or(from <= to - options.window);
    const at::Tensor scores =
        at::matmul(query, keys.transpose(2, 3)).to(at::kFloat) * options.scale;
    const at::Tensor probabilities =
        at::softmax(scores.masked_fill(hidden, -INFINITY), -1).to(query.scalar_type());
    return at::matmul(probabilities, values).transpose(1, 2).reshape({query.size(0), length, -1});
}

}  // namespace skd::reference
