#include "model/device_scoring.h"

#include <algorithm>

namespace skd::device {
namespace {

constexpr std::int64_t kLogitEntries = std::int64_t{1} << 25;

/// Descending weights without those behind the smallest set that reaches the share `topP`.
at::Tensor nucleusOf(const at::Tensor& weights, double topP) {
    const at::Tensor sums = weights.cumsum(-1);
    const at::Tensor before = sums - weights, whole = sums.narrow(-1, sums.size(-1) - 1, 1);
    return weights * before.lt(whole * topP);
}

}  // namespace

std::int64_t headRows(std::int64_t vocabularySize) {
    return std::max<std::int64_t>(1, kLogitEntries / std::max<std::int64_t>(1, vocabularySize));
}

at::Tensor tokenLosses(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& labels,
                       std::int64_t chunk) {
    at::Tensor losses = at::empty({hidden.size(0)}, hidden.options().dtype(at::kDouble));
    visitLogits(hidden, head, chunk, [&](std::int64_t begin, const at::Tensor& logits) {
        const std::int64_t rows = logits.size(0);
        losses.narrow(0, begin, rows)
            .copy_(at::cross_entropy_loss(logits.to(at::kFloat), labels.narrow(0, begin, rows), {},
                                          at::Reduction::None, kIgnoredLabel));
    });
    return losses;
}

at::Tensor rowScores(const at::Tensor& logits, const at::Tensor& labels) {
    const at::Tensor logP = at::log_softmax(logits.to(at::kFloat), -1);
    const auto [largest, top] = logP.max(-1);
    const at::Tensor nll = -logP.gather(1, labels.unsqueeze(1)).squeeze(1),
                     entropy = -(logP.exp() * logP).sum(-1, false, at::kDouble);
    return at::stack(
        {nll.to(at::kDouble), largest.exp().to(at::kDouble), entropy, top.to(at::kDouble)}, 1);
}

TokenScore tokenScore(const double* fields) {
    return {fields[0], fields[1], fields[2], static_cast<std::int64_t>(fields[3])};
}

at::Tensor crossEntropies(const at::Tensor& probabilities, const at::Tensor& hidden,
                          const at::Tensor& head) {
    at::Tensor sums = at::empty({hidden.size(0)}, hidden.options().dtype(at::kDouble));
    visitLogits(hidden, head, headRows(head.size(0)),
                [&](std::int64_t begin, const at::Tensor& logits) {
                    const std::int64_t rows = logits.size(0);
                    const at::Tensor logQ = at::log_softmax(logits.to(at::kFloat), -1);
                    sums.narrow(0, begin, rows)
                        .copy_((probabilities.narrow(0, begin, rows) * logQ)
                                   .sum(-1, false, at::kDouble)
                                   .neg_());
                });
    return sums;
}

at::Tensor drawIndices(const at::Tensor& weights, const at::Tensor& uniforms) {
    const at::Tensor sums = weights.cumsum(-1, at::kDouble);
    const at::Tensor goals = uniforms * sums.narrow(-1, sums.size(-1) - 1, 1);
    return at::searchsorted(sums, goals, /*out_int32=*/false, /*right=*/true)
        .clamp_max(sums.size(-1) - 1);
}

at::Tensor chooseTokens(const at::Tensor& logits, const SamplingOptions& options,
                        const at::Tensor& uniforms) {
    const auto [largest, first] = logits.max(-1);
    at::Tensor chosen = first;
    if (options.temperature > 0) {
        const bool isCut = options.topK > 0 || options.topP < 1;
        at::Tensor values = logits, ids;
        if (isCut) {
            const std::int64_t kept =
                options.topK > 0 ? std::min(options.topK, logits.size(1)) : logits.size(1);
            const auto [sorted, order] =
                at::sort(logits, /*stable=*/true, /*dim=*/-1, /*descending=*/true);
            values = sorted.narrow(1, 0, kept);
            ids = order.narrow(1, 0, kept);
        }
        at::Tensor weights =
            ((values - largest.unsqueeze(1)).to(at::kDouble) / options.temperature).exp_();
        if (options.topP < 1) weights = nucleusOf(weights, options.topP);
        const at::Tensor index = drawIndices(weights, uniforms.unsqueeze(1));
        chosen = (isCut ? ids.gather(1, index) : index).squeeze(1);
    }
    return at::where(at::isfinite(largest), chosen, at::full_like(chosen, -1));
}

}  // namespace skd::device
