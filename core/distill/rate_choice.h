#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "spec/rate_rule.h"

/// The rule by which a learning rate is chosen from a ramp (resources/help/method.md, Learning-rate
/// ramp; Smith 2017, arXiv 1506.01186).
namespace skd {

/// Rates of a ramp's first and last step.
constexpr double kLowestRate = kRateRule.lowest, kHighestRate = kRateRule.highest;

/// Learning rate of step `step` of `steps`: from kLowestRate to kHighestRate, by the same factor
/// from each to the next.
double rampRate(std::int64_t step, std::int64_t steps);

/// Exponential mean of the losses with weight 0.8 on the past, corrected for its beginning:
/// s_i = sum_j 0.8^(i-j) loss_j / sum_j 0.8^(i-j).
std::vector<double> smoothed(const std::vector<double>& losses);

/// Whether a ramp with these losses so far may end: the last is not finite, or their smoothed mean
/// is more than 1.5 times its minimum.
bool hasDiverged(const std::vector<double>& losses);

/// A learning rate and where it comes from.
struct RateChoice {
    double rate = 0;
    std::string reason;          ///< how the rule came to it, or why it could not
    bool isFound = true;         ///< false: the ramp told nothing, the rate is the one by rule
    std::vector<double> losses;  ///< of the ramp's steps, before each step's update
    bool operator==(const RateChoice&) const = default;

    [[nodiscard]] Json toJson() const;
    /// Corrupt where a member is missing or of another type.
    static Result<RateChoice> fromJson(const Json& json);
};

/// Chooses from the losses of a ramp of `steps` steps; fewer where it diverged before. The rate of
/// the steepest descent of the smoothed loss (least-squares slope over five steps, up to its
/// minimum), but no more than a tenth of the rate where, after the minimum, it exceeds that by
/// 5 %. A ramp whose minimum is not 2 % below the mean of its first five losses has not descended:
/// `fallback` is the rate then.
RateChoice chooseRate(std::vector<double> losses, std::int64_t steps, double fallback);

}  // namespace skd
