#pragma once

#include <string>

#include "spec/run_spec.h"

namespace skd {

/// What a learning rate by rule follows from.
struct RateSizes {
    double parameters = 0;  ///< of the dense model
    double stepTokens = 0;  ///< of an optimiser step
    double runTokens = 0;   ///< of the run, every pass counted
    double removed = 0;  ///< share of the target matrices' parameters that the run removes in all
};

/// The constants of the rule for learning rates (resources/help/method.md, Learning rate): each of
/// them in one place, to be fitted again when more grids have been measured.
struct RateRule {
    double rate = 8.3e-5;  ///< at the sizes below
    RateSizes at{134.5e6, 1024, 61'440, 0.35};
    double sizeExponent = -0.5, stepExponent = 0.5, runExponent = -0.25, removedExponent = 0.2;
    double leastRemoved = 0.05;  ///< what a dense model counts as
    double lowest = 1e-6, highest = 1e-2;
};
inline constexpr RateRule kRateRule;

/// rate times the power of each size over the rule's own, within [lowest, highest].
double ruledRate(const RateSizes& sizes, const RateRule& rule = kRateRule);
/// Of a run of a model with so many parameters.
double ruledRate(const RunSpec& spec, std::int64_t parameters);
/// "by rule for 134,515,008 parameters, 1,024 tokens a step, 92,160 in all and 35.0 % removed".
std::string ruledRateReason(const RunSpec& spec, std::int64_t parameters);

}  // namespace skd
