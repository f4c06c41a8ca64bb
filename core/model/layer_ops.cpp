#include "model/layer_ops.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/device_ops.h"
#include "model/elements.h"
#include "model/fused_attention.h"
#include "model/module_scope.h"

/// Forward and backward passes over CPU tensors of f32 or bf16, without autograd.
namespace skd::fused {
namespace {

using kernels::HeadMove;

/// Smallest range worth a second thread, in elements.
constexpr std::int64_t kElementGrain = 16384;

std::int64_t rowGrain(std::int64_t width) {
    return std::max<std::int64_t>(1, kElementGrain / std::max<std::int64_t>(1, width));
}

/// Result and 1 / rms per row (f32).
std::pair<at::Tensor, at::Tensor> rmsNorm(const at::Tensor& x, const at::Tensor& weight,
                                          double epsilon, double offset) {
    const at::Tensor input = x.contiguous();
    const std::int64_t n = input.size(-1), rows = input.numel() / n;
    at::Tensor output = at::empty_like(input),
               inverse = at::empty({rows}, input.options().dtype(at::kFloat));
    forElement(input, [&]<class T>(T*) {
        at::parallel_for(0, rows, rowGrain(n), [&](std::int64_t begin, std::int64_t end) {
            kernels::rmsNorm(elements<T>(input) + begin * n, elements<T>(weight),
                             elements<T>(output) + begin * n, elements<float>(inverse) + begin,
                             end - begin, n, static_cast<float>(epsilon),
                             static_cast<float>(offset));
        });
    });
    return {output, inverse};
}

/// Gradients of x and weight.
std::pair<at::Tensor, at::Tensor> rmsNormBackward(const at::Tensor& x, const at::Tensor& weight,
                                                  const at::Tensor& inverse,
                                                  const at::Tensor& gradient, double offset) {
    const at::Tensor input = x.contiguous(), dy = gradient.contiguous();
    const std::int64_t n = input.size(-1), rows = input.numel() / n;
    // A fixed number of partial sums keeps the weight's gradient independent of the thread count.
    const std::int64_t parts = std::min<std::int64_t>(16, rows);
    at::Tensor dx = at::empty_like(input), partial = at::zeros({parts, n}, inverse.options());
    forElement(input, [&]<class T>(T*) {
        at::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t part = first; part < last; ++part) {
                const std::int64_t begin = rows * part / parts, end = rows * (part + 1) / parts;
                kernels::rmsNormBackward(
                    elements<T>(input) + begin * n, elements<T>(weight),
                    elements<T>(dy) + begin * n, elements<float>(inverse) + begin,
                    elements<T>(dx) + begin * n, elements<float>(partial) + part * n, end - begin,
                    n, static_cast<float>(offset));
            }
        });
    });
    return {dx, partial.sum(0).to(weight.scalar_type())};
}

at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation) {
    const at::Tensor g = gate.contiguous(), u = up.contiguous();
    at::Tensor output = at::empty_like(g);
    forElement(g, [&]<class T>(T*) {
        at::parallel_for(0, g.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels::gateMul(elements<T>(g) + begin, elements<T>(u) + begin,
                             elements<T>(output) + begin, end - begin, activation);
        });
    });
    return output;
}

/// Gradients of gate and up.
std::pair<at::Tensor, at::Tensor> gateMulBackward(const at::Tensor& gate, const at::Tensor& up,
                                                  const at::Tensor& gradient,
                                                  GateActivation activation) {
    const at::Tensor g = gate.contiguous(), u = up.contiguous(), dy = gradient.contiguous();
    at::Tensor dGate = at::empty_like(g), dUp = at::empty_like(u);
    forElement(g, [&]<class T>(T*) {
        at::parallel_for(0, g.numel(), kElementGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels::gateMulBackward(elements<T>(g) + begin, elements<T>(u) + begin,
                                     elements<T>(dy) + begin, elements<T>(dGate) + begin,
                                     elements<T>(dUp) + begin, end - begin, activation);
        });
    });
    return {dGate, dUp};
}

at::Tensor moveHeads(const at::Tensor& x, const RotaryTable& rotary, HeadMove move) {
    const at::Tensor input = x.contiguous();
    const bool split = move == HeadMove::Split;
    const std::int64_t batch = input.size(0), length = input.size(split ? 1 : 2),
                       heads = input.size(split ? 2 : 1), dim = input.size(3);
    at::Tensor output = split ? at::empty({batch, heads, length, dim}, input.options())
                              : at::empty({batch, length, heads, dim}, input.options());
    const kernels::HeadLayout layout{length,
                                     heads,
                                     dim,
                                     rotary.cos.size(1),
                                     elements<float>(rotary.cos),
                                     elements<float>(rotary.sin)};
    const std::int64_t stride = heads * length * dim;
    forElement(input, [&]<class T>(T*) {
        for (std::int64_t b = 0; b < batch; ++b)
            at::parallel_for(
                0, length, rowGrain(heads * dim), [&](std::int64_t begin, std::int64_t end) {
                    kernels::moveHeads(elements<T>(input) + b * stride,
                                       elements<T>(output) + b * stride, layout, move, begin, end);
                });
    });
    return output;
}

}  // namespace
}  // namespace skd::fused

namespace skd {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& weight, double epsilon, double offset) {
        auto [output, inverse] = fused::rmsNorm(x, weight, epsilon, offset);
        context->save_for_backward({x, weight, inverse});
        context->saved_data["offset"] = offset;
        return output;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        auto [dx, dWeight] = fused::rmsNormBackward(saved[0], saved[1], saved[2], gradients[0],
                                                    context->saved_data["offset"].toDouble());
        return {dx, dWeight, at::Tensor(), at::Tensor()};
    }
};

struct GateMulFunction : torch::autograd::Function<GateMulFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& gate,
                              const at::Tensor& up, std::int64_t activation) {
        context->save_for_backward({gate, up});
        context->saved_data["activation"] = activation;
        return fused::gateMul(gate, up, static_cast<GateActivation>(activation));
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const auto activation =
            static_cast<GateActivation>(context->saved_data["activation"].toInt());
        auto [dGate, dUp] = fused::gateMulBackward(saved[0], saved[1], gradients[0], activation);
        return {dGate, dUp, at::Tensor()};
    }
};

struct SplitHeadsFunction : torch::autograd::Function<SplitHeadsFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cos,
                              const at::Tensor& sin) {
        context->saved_data["cos"] = cos;
        context->saved_data["sin"] = sin;
        return fused::moveHeads(x, {cos, sin}, kernels::HeadMove::Split);
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const RotaryTable rotary{context->saved_data["cos"].toTensor(),
                                 context->saved_data["sin"].toTensor()};
        return {fused::moveHeads(gradients[0], rotary, kernels::HeadMove::Merge), at::Tensor(),
                at::Tensor()};
    }
};

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& query,
                              const at::Tensor& key, const at::Tensor& value, double scale,
                              std::int64_t window) {
        fused::AttentionPass pass = fused::attention(query, key, value, {scale, window}, true);
        context->save_for_backward({query, key, value, pass.logSums});
        context->saved_data["scale"] = scale;
        context->saved_data["window"] = window;
        return pass.output;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const AttentionOptions options{context->saved_data["scale"].toDouble(),
                                       context->saved_data["window"].toInt()};
        const fused::AttentionGradients out =
            fused::attentionBackward(saved[0], saved[1], saved[2], saved[3], gradients[0], options);
        return {out.query, out.key, out.value, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset) {
    const ModuleScope scope(Module::Norm);
    if (!x.is_cpu()) return device::rmsNorm(x, weight, epsilon, offset);
    if (!hasElements(x)) return reference::rmsNorm(x, weight, epsilon, offset);
    if (needsGradient(x, weight)) return RmsNormFunction::apply(x, weight, epsilon, offset);
    return fused::rmsNorm(x, weight, epsilon, offset).first;
}

at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation) {
    const ModuleScope scope(Module::Activation);
    if (!gate.is_cpu()) return device::gateMul(gate, up, activation);
    if (!hasElements(gate)) return reference::gateMul(gate, up, activation);
    if (needsGradient(gate, up))
        return GateMulFunction::apply(gate, up, static_cast<std::int64_t>(activation));
    return fused::gateMul(gate, up, activation);
}

at::Tensor splitHeads(const at::Tensor& x, const RotaryTable& rotary) {
    const ModuleScope scope(Module::Rotary);
    if (!x.is_cpu()) return device::splitHeads(x, rotary);
    if (!hasElements(x)) return reference::splitHeads(x, &rotary);
    if (needsGradient(x)) return SplitHeadsFunction::apply(x, rotary.cos, rotary.sin);
    return fused::moveHeads(x, rotary, kernels::HeadMove::Split);
}

at::Tensor splitHeads(const at::Tensor& x) {
    const ModuleScope scope(Module::Copy);
    return x.transpose(1, 2);
}

at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const AttentionOptions& options) {
    const ModuleScope scope(Module::Attention);
    if (!query.is_cpu()) return device::causalAttention(query, key, value, options);
    if (!hasElements(query)) return reference::causalAttention(query, key, value, options);
    const bool training = needsGradient(query, key, value);
    return training ? AttentionFunction::apply(query, key, value, options.scale, options.window)
                    : fused::attention(query, key, value, options, false).output;
}

}  // namespace skd

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
