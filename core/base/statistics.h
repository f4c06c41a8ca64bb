#pragma once

#include <limits>
#include <vector>

#include "base/fields.h"

namespace skd {

/// The value below which `share` (0 to 1) of `sorted` (ascending) lies, by linear interpolation
/// between neighbours at share * (n - 1); NaN of no values.
double quantile(const std::vector<double>& sorted, double share);

/// Repeated measurements: their median, and the quartiles around it.
struct Spread {
    double median = 0, low = 0, high = 0;
    bool operator==(const Spread&) const = default;

    /// NaN of no values.
    static Spread of(std::vector<double> values);
    static constexpr Spread unknown() {
        constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
        return {kNan, kNan, kNan};
    }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("median", self.median, {});
        visitor.field("low", self.low, {"first quartile"});
        visitor.field("high", self.high, {"third quartile"});
    }
};

/// Mean and sample standard deviation (n - 1 in the denominator) of the finite values given.
struct Statistic {
    int count = 0;         ///< finite values
    int dropped = 0;       ///< values that were not finite
    double mean = 0;       ///< NaN without values
    double deviation = 0;  ///< NaN below two values
    double low = 0, high = 0;
};
Statistic summarise(const std::vector<double>& values);

}  // namespace skd
