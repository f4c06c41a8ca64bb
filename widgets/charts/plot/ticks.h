#pragma once

#include <vector>

namespace skd {

struct Range {
    double low = 0, high = 1;
    [[nodiscard]] double span() const { return high - low; }
    bool operator==(const Range&) const = default;
};

/// Multiples of 1, 2 or 5 times a power of ten inside the range, about `count` of them.
std::vector<double> linearTicks(const Range& range, int count);
/// The range grown to the nearest nice numbers; a range without extent gets one.
Range niceRange(const Range& range, int count = 5);

/// Values 1, 2, 5 x 10^k inside [low, high] (values, not logarithms), thinned to whole decades or
/// fewer where more than `count` would fit; finer ones within a decade, even steps within a narrow
/// range.
std::vector<double> logTicks(const Range& values, int count);
/// A positive range grown to round values on both sides.
Range niceLogRange(const Range& values);

}  // namespace skd
