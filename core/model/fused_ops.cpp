#include "model/fused_ops.h"

#include <ATen/Parallel.h>

#include "kernels/layer_kernels.h"
#include "model/elements.h"

namespace skd::fused {
namespace {

using kernels::HeadMove;

/// Smallest range worth a second thread, in elements.
constexpr std::int64_t kGrain = 16384;

std::int64_t rowGrain(std::int64_t width) {
    return std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, width));
}

}  // namespace

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
        at::parallel_for(0, g.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels::gateMul(elements<T>(g) + begin, elements<T>(u) + begin,
                             elements<T>(output) + begin, end - begin, activation);
        });
    });
    return output;
}

std::pair<at::Tensor, at::Tensor> gateMulBackward(const at::Tensor& gate, const at::Tensor& up,
                                                  const at::Tensor& gradient,
                                                  GateActivation activation) {
    const at::Tensor g = gate.contiguous(), u = up.contiguous(), dy = gradient.contiguous();
    at::Tensor dGate = at::empty_like(g), dUp = at::empty_like(u);
    forElement(g, [&]<class T>(T*) {
        at::parallel_for(0, g.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels::gateMulBackward(elements<T>(g) + begin, elements<T>(u) + begin,
                                     elements<T>(dy) + begin, elements<T>(dGate) + begin,
                                     elements<T>(dUp) + begin, end - begin, activation);
        });
    });
    return {dGate, dUp};
}

namespace {

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

at::Tensor splitHeads(const at::Tensor& x, const RotaryTable& rotary) {
    return moveHeads(x, rotary, HeadMove::Split);
}
at::Tensor mergeHeads(const at::Tensor& x, const RotaryTable& rotary) {
    return moveHeads(x, rotary, HeadMove::Merge);
}

}  // namespace skd::fused
