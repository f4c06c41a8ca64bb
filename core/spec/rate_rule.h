#pragma once

#include <string>

#include "spec/run_spec.h"

namespace skd {

/// The constants of the rule for learning rates (resources/help/method.md, Learning rate): each of
/// them in one place, to be fitted again when more grids have been measured.
struct RateRule {
    double rate = 2.4e-4;         ///< at the three sizes below
    double parameters = 134.5e6;  ///< of the dense model
    double stepTokens = 1024;     ///< of an optimiser step
    double runTokens = 92'000;    ///< of the run, every pass counted
    double sizeExponent = -0.5, stepExponent = 0.5, runExponent = 0.12;
    double lowest = 1e-6, highest = 1e-2;
};
inline constexpr RateRule kRateRule;

/// rate * (parameters / .)^sizeExponent * (stepTokens / .)^stepExponent * (runTokens /
/// .)^runExponent, within [lowest, highest].
double ruledRate(double parameters, double stepTokens, double runTokens,
                 const RateRule& rule = kRateRule);
/// Of a run of a model with so many parameters.
double ruledRate(const RunSpec& spec, std::int64_t parameters);
/// "by rule for 134,515,008 parameters, 1,024 tokens a step and 92,160 in all".
std::string ruledRateReason(const RunSpec& spec, std::int64_t parameters);

}  // namespace skd
