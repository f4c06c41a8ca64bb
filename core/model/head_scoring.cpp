#include "model/head_scoring.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "kernels/half.h"
#include "kernels/softmax_kernels.h"
#include "model/gemm.h"
#include "model/module_scope.h"

namespace skd {
namespace {

template <class T>
double negativeLogLikelihood(std::span<const T> row, double labelLogit) {
    const float maximum = rowMaximum(row);
    return std::log(rowSumExp(row, maximum)) + static_cast<double>(maximum) - labelLogit;
}

double scoreRow(const at::Tensor& logits, std::int64_t row, std::int64_t label) {
    const auto size = static_cast<std::size_t>(logits.size(1));
    if (logits.scalar_type() == at::kFloat) {
        const float* data = logits.const_data_ptr<float>() + row * logits.size(1);
        return negativeLogLikelihood(std::span(data, size), static_cast<double>(data[label]));
    }
    const auto* data =
        reinterpret_cast<const std::uint16_t*>(logits.const_data_ptr<at::BFloat16>()) +
        row * logits.size(1);
    return negativeLogLikelihood(std::span(data, size),
                                 static_cast<double>(bfloat16ToFloat(data[label])));
}

bool hasKernels(const at::Tensor& hidden) {
    return hidden.device().is_cpu() &&
           (hidden.scalar_type() == at::kFloat || hidden.scalar_type() == at::kBFloat16);
}

}  // namespace

void visitLogits(const at::Tensor& hidden, const at::Tensor& head, std::int64_t chunk,
                 const std::function<void(std::int64_t begin, const at::Tensor& logits)>& visit) {
    const c10::AutoGradMode noGradient(false);
    const std::int64_t tokens = hidden.size(0);
    const std::int64_t rows = std::min(std::max<std::int64_t>(chunk, 1), tokens);
    if (tokens == 0) return;
    const at::Tensor transposed = head.t();
    at::Tensor buffer = at::empty({rows, head.size(0)}, hidden.options());
    for (std::int64_t begin = 0; begin < tokens; begin += rows) {
        const std::int64_t count = std::min(rows, tokens - begin);
        at::Tensor logits = buffer.narrow(0, 0, count);
        {
            const ModuleScope scope(Module::Head);
            gemmInto(logits, hidden.narrow(0, begin, count), transposed);
        }
        visit(begin, logits);
    }
}

at::Tensor scoreTokens(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& labels,
                       std::int64_t chunk) {
    const at::Tensor host = labels.to(at::kCPU).contiguous();
    at::Tensor losses = at::zeros({hidden.size(0)}, at::kDouble);
    double* out = losses.mutable_data_ptr<double>();
    const auto* label = host.const_data_ptr<std::int64_t>();
    visitLogits(hidden, head, chunk, [&](std::int64_t begin, const at::Tensor& logits) {
        if (!hasKernels(logits)) {
            const at::Tensor part = labels.narrow(0, begin, logits.size(0)).to(logits.device());
            losses.narrow(0, begin, logits.size(0))
                .copy_(at::cross_entropy_loss(logits.to(at::kFloat), part, {}, at::Reduction::None,
                                              kIgnoredLabel));
            return;
        }
        at::parallel_for(0, logits.size(0), 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t row = first; row < last; ++row)
                if (label[begin + row] != kIgnoredLabel)
                    out[begin + row] = scoreRow(logits, row, label[begin + row]);
        });
    });
    return losses;
}

at::Tensor scoreTokensReference(const at::Tensor& hidden, const at::Tensor& head,
                                const at::Tensor& labels) {
    const c10::AutoGradMode noGradient(false);
    const at::Tensor logits = at::mm(hidden, head.t().to(hidden.scalar_type())).to(at::kFloat);
    return at::cross_entropy_loss(logits, labels, {}, at::Reduction::None, kIgnoredLabel)
        .to(at::kCPU, at::kDouble);
}

}  // namespace skd
