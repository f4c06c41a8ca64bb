#include <algorithm>
#include <cmath>
#include <vector>

#include "distill/kept_logits.h"
#include "distill/tensor_values.h"
#include "model/device_scoring.h"
#include "model/elements.h"

namespace skd {
namespace {

/// Rows of [rows, k] by descending value, equal ones by ascending id.
std::pair<at::Tensor, at::Tensor> inOrder(const at::Tensor& values, const at::Tensor& ids) {
    const auto [sortedIds, byId] = at::sort(ids, /*stable=*/true, /*dim=*/1, /*descending=*/false);
    const auto [sortedValues, byValue] =
        at::sort(values.gather(1, byId), /*stable=*/true, /*dim=*/1, /*descending=*/true);
    return {sortedValues, sortedIds.gather(1, byValue)};
}

/// A token that was drawn at a position.
struct Hit {
    std::int32_t id = 0, count = 0;
    [[nodiscard]] bool operator<(const Hit& other) const {
        return count != other.count ? count > other.count : id < other.id;
    }
};

/// Distinct hits of a row whose equal ones lie side by side, most frequent first; adds up their
/// probability.
std::vector<Hit> distinctHits(std::span<const std::int32_t> ids,
                              std::span<const float> probabilities, double& mass) {
    std::vector<Hit> hits;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (hits.empty() || hits.back().id != ids[i]) {
            hits.push_back({ids[i], 0});
            mass += static_cast<double>(probabilities[i]);
        }
        ++hits.back().count;
    }
    std::sort(hits.begin(), hits.end());
    return hits;
}

}  // namespace

TopKRows topKTogether(const at::Tensor& logits, std::int64_t k) {
    const at::Tensor wide = logits.to(at::kFloat), logSum = at::logsumexp(wide, {-1}, true);
    const auto [largest, order] = wide.topk(k, -1);
    const auto [values, ids] = inOrder(largest, order);
    std::vector<at::Tensor> logZ;
    for (const double temperature : kTemperatureGrid)
        logZ.push_back(temperature == 1
                           ? logSum - logSum
                           : at::logsumexp(wide / temperature, {-1}, true) - logSum / temperature);
    return {ids.to(at::kInt), values - logSum, at::cat(logZ, 1)};
}

void checkKept(const TopKRows& rows) {
    TORCH_CHECK(at::isfinite(rows.logProbabilities).all().item<bool>() &&
                    at::isfinite(rows.logZ).all().item<bool>(),
                "the teacher's logits hold values that are not finite; try it in f32");
}

DrawHits drawTogether(const at::Tensor& logits, double temperature, const at::Tensor& uniforms) {
    const at::Tensor logP = at::log_softmax(logits.to(at::kFloat) / temperature, -1),
                     p = logP.exp(), ids = device::drawIndices(p, uniforms);
    return {ids.to(at::kInt), p.gather(1, ids),
            (p * logP).sum(-1, false, at::kDouble).to(at::kFloat)};
}

TokenDraws countDraws(const DrawHits& hits) {
    TORCH_CHECK(at::isfinite(hits.negativeEntropy).all().item<bool>(),
                "the teacher's logits hold values that are not finite; try it in f32");
    const std::int64_t rows = hits.ids.size(0), rounds = hits.ids.size(1);
    TokenDraws out{at::zeros({rows, rounds}, at::kInt), at::zeros({rows, rounds}, at::kInt),
                   hits.negativeEntropy, at::empty({rows}, at::kFloat)};
    for (std::int64_t row = 0; row < rows; ++row) {
        double mass = 0;
        const std::vector<Hit> distinct = distinctHits(rowOf<std::int32_t>(hits.ids, row),
                                                       rowOf<float>(hits.probabilities, row), mass);
        valuesOf<float>(out.mass)[row] = static_cast<float>(mass);
        for (std::size_t i = 0; i < distinct.size(); ++i) {
            const auto place = row * rounds + static_cast<std::int64_t>(i);
            out.ids.mutable_data_ptr<std::int32_t>()[place] = distinct[i].id;
            out.counts.mutable_data_ptr<std::int32_t>()[place] = distinct[i].count;
        }
    }
    return out;
}

}  // namespace skd
