#include "spec/rate_rule.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace skd {
namespace {

std::int64_t stepTokensOf(const RunSpec& spec) {
    return spec.distill.batch * spec.corpus.sequenceLength;
}

}  // namespace

double ruledRate(double parameters, double stepTokens, double runTokens, const RateRule& rule) {
    const double rate = rule.rate * std::pow(parameters / rule.parameters, rule.sizeExponent) *
                        std::pow(stepTokens / rule.stepTokens, rule.stepExponent) *
                        std::pow(runTokens / rule.runTokens, rule.runExponent);
    return std::clamp(rate, rule.lowest, rule.highest);
}

double ruledRate(const RunSpec& spec, std::int64_t parameters) {
    const auto atLeastOne = [](std::int64_t count) {
        return static_cast<double>(std::max<std::int64_t>(1, count));
    };
    return ruledRate(atLeastOne(parameters), atLeastOne(stepTokensOf(spec)),
                     atLeastOne(tokensOf(spec)));
}

std::string ruledRateReason(const RunSpec& spec, std::int64_t parameters) {
    return strCat("by rule for ", groupDigits(parameters), " parameters, ",
                  groupDigits(stepTokensOf(spec)), " tokens a step and ",
                  groupDigits(tokensOf(spec)), " in all");
}

}  // namespace skd
