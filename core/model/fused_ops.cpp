#include "model/fused_ops.h"

#include <ATen/Parallel.h>

#include "kernels/layer_kernels.h"

namespace skd::fused {
namespace {

template <class Work>
void forElement(const at::Tensor& like, Work&& work) {
    if (like.scalar_type() == at::kFloat)
        work(static_cast<float*>(nullptr));
    else
        work(static_cast<std::uint16_t*>(nullptr));
}

template <class T>
T* data(const at::Tensor& tensor) {
    return static_cast<T*>(tensor.data_ptr());
}

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
            kernels::rmsNorm(data<T>(input) + begin * n, data<T>(weight),
                             data<T>(output) + begin * n, data<float>(inverse) + begin, end - begin,
                             n, static_cast<float>(epsilon), static_cast<float>(offset));
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
                kernels::rmsNormBackward(data<T>(input) + begin * n, data<T>(weight),
                                         data<T>(dy) + begin * n, data<float>(inverse) + begin,
                                         data<T>(dx) + begin * n, data<float>(partial) + part * n,
                                         end - begin, n, static_cast<float>(offset));
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
            kernels::gateMul(data<T>(g) + begin, data<T>(u) + begin, data<T>(output) + begin,
                             end - begin, activation);
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
            kernels::gateMulBackward(data<T>(g) + begin, data<T>(u) + begin, data<T>(dy) + begin,
                                     data<T>(dGate) + begin, data<T>(dUp) + begin, end - begin,
                                     activation);
        });
    });
    return {dGate, dUp};
}

namespace {

enum class Move { Split, Merge };

at::Tensor moveHeads(const at::Tensor& x, const RotaryTable& rotary, Move move) {
    const at::Tensor input = x.contiguous();
    const bool split = move == Move::Split;
    const std::int64_t batch = input.size(0), length = input.size(split ? 1 : 2),
                       heads = input.size(split ? 2 : 1), dim = input.size(3);
    at::Tensor output = split ? at::empty({batch, heads, length, dim}, input.options())
                              : at::empty({batch, length, heads, dim}, input.options());
    const kernels::HeadLayout layout{
        length, heads, dim, rotary.cos.size(1), data<float>(rotary.cos), data<float>(rotary.sin)};
    const std::int64_t stride = heads * length * dim;
    forElement(input, [&]<class T>(T*) {
        for (std::int64_t b = 0; b < batch; ++b)
            at::parallel_for(
                0, length, rowGrain(heads * dim), [&](std::int64_t begin, std::int64_t end) {
                    if (split)
                        kernels::splitHeads(data<T>(input) + b * stride,
                                            data<T>(output) + b * stride, layout, begin, end);
                    else
                        kernels::mergeHeads(data<T>(input) + b * stride,
                                            data<T>(output) + b * stride, layout, begin, end);
                });
    });
    return output;
}

}  // namespace

at::Tensor splitHeads(const at::Tensor& x, const RotaryTable& rotary) {
    return moveHeads(x, rotary, Move::Split);
}
at::Tensor mergeHeads(const at::Tensor& x, const RotaryTable& rotary) {
    return moveHeads(x, rotary, Move::Merge);
}

}  // namespace skd::fused
