#include "spec/rate_rule.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace skd {
namespace {

std::int64_t stepTokensOf(const RunSpec& spec) {
    return spec.distill.batch * spec.corpus.sequenceLength;
}

/// What rules other than a share come to is not known before the cut: they count as the rule's own.
double removedBy(const RunSpec& given) {
    const RunSpec spec = withControl(given);
    if (spec.prune.method == PruneMethod::None) return 0;
    // The mean over its sizes, which are drawn alike on both sides of it.
    if (spec.elastic.isOn()) return (spec.elastic.largest + spec.elastic.smallest) / 2;
    const RankRule ranks = spec.prune.ranks;
    const bool isShare = spec.prune.method != PruneMethod::Svd || ranks == RankRule::Budget ||
                         ranks == RankRule::Uniform || ranks == RankRule::Tiers ||
                         ranks == RankRule::Random;
    if (!isShare || !spec.prune.pattern.empty()) return kRateRule.at.removed;
    double removed = 0;
    for (const RoundSpec& round : roundsOf(spec)) removed = std::max(removed, round.target);
    return removed;
}

}  // namespace

double ruledRate(const RateSizes& sizes, const RateRule& rule) {
    const double removed = std::max(sizes.removed, rule.leastRemoved);
    const double rate = rule.rate *
                        std::pow(sizes.parameters / rule.at.parameters, rule.sizeExponent) *
                        std::pow(sizes.stepTokens / rule.at.stepTokens, rule.stepExponent) *
                        std::pow(sizes.runTokens / rule.at.runTokens, rule.runExponent) *
                        std::pow(removed / rule.at.removed, rule.removedExponent);
    return std::clamp(rate, rule.lowest, rule.highest);
}

double ruledRate(const RunSpec& spec, std::int64_t parameters) {
    const auto atLeastOne = [](std::int64_t count) {
        return static_cast<double>(std::max<std::int64_t>(1, count));
    };
    return ruledRate({atLeastOne(parameters), atLeastOne(stepTokensOf(spec)),
                      atLeastOne(tokensOf(spec)), removedBy(spec)});
}

std::string ruledRateReason(const RunSpec& spec, std::int64_t parameters) {
    return strCat("by rule for ", groupDigits(parameters), " parameters, ",
                  groupDigits(stepTokensOf(spec)), " tokens a step, ", groupDigits(tokensOf(spec)),
                  " in all and ", formatNumber(100 * removedBy(spec), 3), " % removed");
}

}  // namespace skd
