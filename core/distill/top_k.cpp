#include "distill/top_k.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <cmath>

namespace skd {
namespace {

TopKSummary summariseRow(const at::Tensor& logits, std::int64_t row, TopKRows& out,
                         std::int64_t k) {
    const auto size = static_cast<std::size_t>(logits.size(1));
    const std::span ids(out.ids.mutable_data_ptr<std::int32_t>() + row * k,
                        static_cast<std::size_t>(k));
    const std::span logP(out.logProbabilities.mutable_data_ptr<float>() + row * k,
                         static_cast<std::size_t>(k));
    if (logits.scalar_type() == at::kFloat)
        return topKAndLogZ(std::span(logits.const_data_ptr<float>() + row * logits.size(1), size),
                           ids, logP);
    const auto* bits =
        reinterpret_cast<const std::uint16_t*>(logits.const_data_ptr<at::BFloat16>());
    return topKAndLogZ(std::span(bits + row * logits.size(1), size), ids, logP);
}

void checkFinite(bool finite) {
    TORCH_CHECK(finite, "the teacher's logits hold values that are not finite; try it in f32");
}

}  // namespace

TopKRows topKRows(const at::Tensor& logits, std::int64_t k) {
    const bool known = logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kBFloat16;
    if (!logits.device().is_cpu() || !known || !logits.is_contiguous())
        return topKRowsReference(logits, k);
    const std::int64_t rows = logits.size(0);
    TopKRows out{at::empty({rows, k}, at::kInt), at::empty({rows, k}, at::kFloat),
                 at::empty({rows, static_cast<std::int64_t>(kTemperatureGrid.size())}, at::kFloat)};
    std::atomic<bool> finite = true;
    at::parallel_for(0, rows, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first; row < last; ++row) {
            const TopKSummary summary = summariseRow(logits, row, out, k);
            if (!std::isfinite(summary.logSum) || summary.found != static_cast<std::size_t>(k))
                finite = false;
            float* logZ = out.logZ.mutable_data_ptr<float>() +
                          row * static_cast<std::int64_t>(kTemperatureGrid.size());
            for (std::size_t t = 0; t < kTemperatureGrid.size(); ++t)
                logZ[t] = static_cast<float>(summary.logZ[t]);
        }
    });
    checkFinite(finite);
    return out;
}

TopKRows topKRowsReference(const at::Tensor& logits, std::int64_t k) {
    const at::Tensor logP = at::log_softmax(logits.to(at::kFloat), -1);
    checkFinite(at::isfinite(logP).all().item<bool>());
    const auto [values, order] = at::sort(logP, true, -1, true);
    std::vector<at::Tensor> logZ;
    for (const double temperature : kTemperatureGrid)
        logZ.push_back(at::logsumexp(logP / temperature, {-1}));
    return {order.narrow(1, 0, k).to(at::kCPU, at::kInt).contiguous(),
            values.narrow(1, 0, k).to(at::kCPU).contiguous(), at::stack(logZ, 1).to(at::kCPU)};
}

}  // namespace skd
