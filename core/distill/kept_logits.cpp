#include "distill/kept_logits.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <span>
#include <vector>

#include "base/random.h"
#include "distill/tensor_values.h"
#include "kernels/draw_kernels.h"
#include "model/device_copy.h"

namespace skd {
namespace {

constexpr std::uint64_t kDrawStream = 0x7465616368657273ull;
constexpr auto kTemperatures = static_cast<std::int64_t>(kTemperatureGrid.size());

void checkFinite(bool finite) {
    TORCH_CHECK(finite, "the teacher's logits hold values that are not finite; try it in f32");
}

/// False where a logit is not finite.
bool keepLargest(const at::Tensor& logits, std::int64_t row, TopKRows& out, std::int64_t k) {
    const TopKSummary summary = onValues(logits, [&](const auto* values) {
        return topKAndLogZ(rowOf(values, row, logits.size(1)),
                           rowOf(out.ids.mutable_data_ptr<std::int32_t>(), row, k),
                           rowOf(valuesOf<float>(out.logProbabilities), row, k));
    });
    std::copy(summary.logZ.begin(), summary.logZ.end(),
              rowOf(valuesOf<float>(out.logZ), row, kTemperatures).begin());
    return std::isfinite(summary.logSum) && summary.found == static_cast<std::size_t>(k);
}

/// Numbers of the draws at a position, ascending.
void fillUniforms(const CounterRandom& random, std::int64_t position, std::span<double> uniforms) {
    for (std::size_t i = 0; i < uniforms.size(); ++i)
        uniforms[i] = random.uniform(static_cast<std::uint64_t>(position) * uniforms.size() + i);
    std::sort(uniforms.begin(), uniforms.end());
}

/// Draws row after row; one per thread.
struct RowDrawer {
    const TeacherSampling& sampling;
    CounterRandom random;
    TokenDraws& out;
    std::vector<double> uniforms = std::vector<double>(static_cast<std::size_t>(sampling.rounds));
    std::vector<std::uint16_t> counts = std::vector<std::uint16_t>(uniforms.size());
    std::vector<double> sums = {};

    /// False where a logit is not finite.
    bool run(const at::Tensor& logits, std::int64_t row, std::int64_t position) {
        fillUniforms(random, position, uniforms);
        std::fill(counts.begin(), counts.end(), std::uint16_t{0});
        const auto ids = rowOf(out.ids.mutable_data_ptr<std::int32_t>(), row, sampling.rounds);
        const DrawSummary summary = onValues(logits, [&](const auto* values) {
            return drawTokens(rowOf(values, row, logits.size(1)), sampling.temperature, uniforms,
                              ids, counts, sums);
        });
        std::copy(counts.begin(), counts.end(),
                  out.counts.mutable_data_ptr<std::int32_t>() + row * sampling.rounds);
        valuesOf<float>(out.negativeEntropy)[row] = static_cast<float>(summary.negativeEntropy);
        valuesOf<float>(out.mass)[row] = static_cast<float>(summary.mass);
        return std::isfinite(summary.negativeEntropy);
    }
};

}  // namespace

TopKRows topKRows(const at::Tensor& logits, std::int64_t k) {
    const bool known = logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kBFloat16;
    if (!logits.is_cpu()) {
        const TopKRows kept = topKTogether(logits, k);
        const std::vector<at::Tensor> host =
            downloadTogether({kept.ids, kept.logProbabilities, kept.logZ});
        TopKRows rows{host[0], host[1], host[2]};
        checkKept(rows);
        return rows;
    }
    if (!known || !logits.is_contiguous()) return topKRowsReference(logits, k);
    const std::int64_t rows = logits.size(0);
    TopKRows out{at::empty({rows, k}, at::kInt), at::empty({rows, k}, at::kFloat),
                 at::empty({rows, kTemperatures}, at::kFloat)};
    std::atomic<bool> finite = true;
    at::parallel_for(0, rows, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first; row < last; ++row)
            if (!keepLargest(logits, row, out, k)) finite = false;
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

at::Tensor drawUniforms(const TeacherSampling& sampling, std::int64_t sample, std::int64_t first,
                        std::int64_t count) {
    at::Tensor uniforms = at::empty({count, sampling.rounds}, at::kDouble);
    const CounterRandom random(sampling.seed, kDrawStream + static_cast<std::uint64_t>(sample));
    for (std::int64_t row = 0; row < count; ++row)
        fillUniforms(random, first + row,
                     rowOf(uniforms.mutable_data_ptr<double>(), row, sampling.rounds));
    return uniforms;
}

TokenDraws drawTokens(const at::Tensor& logits, const TeacherSampling& sampling,
                      std::int64_t sample, std::int64_t first) {
    if (!logits.is_cpu()) {
        const at::Tensor uniforms = drawUniforms(sampling, sample, first, logits.size(0));
        const DrawHits hits =
            drawTogether(logits, sampling.temperature, uniforms.to(logits.device()));
        const std::vector<at::Tensor> host =
            downloadTogether({hits.ids, hits.probabilities, hits.negativeEntropy});
        return countDraws({host[0], host[1], host[2]});
    }
    const bool bits = logits.scalar_type() == at::kBFloat16;
    const at::Tensor host = logits.to(at::kCPU, bits ? at::kBFloat16 : at::kFloat).contiguous();
    const std::int64_t rows = host.size(0);
    TokenDraws out{at::zeros({rows, sampling.rounds}, at::kInt),
                   at::zeros({rows, sampling.rounds}, at::kInt), at::empty({rows}, at::kFloat),
                   at::empty({rows}, at::kFloat)};
    const CounterRandom random(sampling.seed, kDrawStream + static_cast<std::uint64_t>(sample));
    std::atomic<bool> finite = true;
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
        RowDrawer drawer{sampling, random, out};
        for (std::int64_t row = begin; row < end; ++row)
            if (!drawer.run(host, row, first + row)) finite = false;
    });
    checkFinite(finite);
    return out;
}

}  // namespace skd
