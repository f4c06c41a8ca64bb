#pragma once

#include <vector>

namespace skd {

struct Range {
    double low = 0, high = 1;
    [[nodiscard]] double span() const { return high - low; }
    bool operator==(const Range&) const = default;
};

/// The smallest 1, 2 or 5 times a power of ten that cuts `span` into at most about `count` parts.
double niceStep(double span, int count);
/// Multiples of `step` inside the range.
std::vector<double> multiplesOf(double step, const Range& range);
/// Multiples of 1, 2 or 5 times a power of ten inside the range, about `count` of them.
std::vector<double> linearTicks(const Range& range, int count);
/// The range itself, or one around it where it has no extent.
Range withExtent(const Range& range);
/// The range grown to the nearest nice numbers; a range without extent gets one.
Range niceRange(const Range& range, int count = 5);

/// `factors` times the powers of ten inside a positive range; of every n-th decade.
std::vector<double> decadeTicks(const Range& values, const std::vector<double>& factors,
                                int everyDecade = 1);
/// Values 1, 2, 5 x 10^k inside [low, high] (values, not logarithms), thinned to whole decades or
/// fewer where more than `count` would fit; finer ones within a decade, even steps within a narrow
/// range.
std::vector<double> logTicks(const Range& values, int count);
/// A positive range grown to round values on both sides.
Range niceLogRange(const Range& values);

}  // namespace skd
