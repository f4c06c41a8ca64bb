#include "results/transfer_share.h"

#include <algorithm>
#include <cmath>

namespace skd {

std::optional<TransferShare> transferShare(std::vector<DedicatedPoint> students, double ppl,
                                           double elasticTokens) {
    std::erase_if(students, [](const DedicatedPoint& student) {
        return !(student.tokens > 0) || !(student.ppl > 0) || !std::isfinite(student.ppl);
    });
    if (students.empty() || !(ppl > 0) || !std::isfinite(ppl) || !(elasticTokens > 0)) return {};
    std::ranges::stable_sort(students, {}, &DedicatedPoint::tokens);
    std::vector<DedicatedPoint> curve;
    for (const DedicatedPoint& student : students)
        if (curve.empty() || student.ppl < curve.back().ppl) curve.push_back(student);
    using enum TransferShare::Kind;
    if (curve.front().ppl <= ppl)
        return TransferShare{curve.front().tokens / elasticTokens, AtMost};
    if (curve.back().ppl > ppl) return TransferShare{curve.back().tokens / elasticTokens, AtLeast};
    const auto after = std::ranges::find_if(
        curve, [&](const DedicatedPoint& student) { return student.ppl <= ppl; });
    const DedicatedPoint &better = *after, &worse = *(after - 1);
    const double share = std::log(worse.ppl / ppl) / std::log(worse.ppl / better.ppl);
    const double tokens = worse.tokens * std::pow(better.tokens / worse.tokens, share);
    return TransferShare{tokens / elasticTokens, Between};
}

}  // namespace skd
