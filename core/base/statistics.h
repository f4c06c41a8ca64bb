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

/// 97.5 % quantile of Student's t, half of a 95 % interval in standard errors. `degrees` of freedom
/// (below 1 counted as 1) need not be whole: linear in 1 / degrees between tabulated values, too
/// large by at most 1.6 % between 2 and 3 and by 0.4 % from there on; infinity gives 1.96, NaN NaN.
double studentQuantile(double degrees);

/// Sums over one stretch of a sequence, e.g. losses and tokens of a block of text.
struct Cluster {
    double value = 0, weight = 0;
    bool follows = false;  ///< continues the cluster before it, so that the two may be correlated
};

/// How uncertain a ratio of sums is.
struct RatioError {
    double standardError = std::numeric_limits<double>::quiet_NaN();
    double degrees = std::numeric_limits<double>::quiet_NaN();  ///< of freedom of it

    /// Half of the 95 % interval.
    [[nodiscard]] double halfWidth() const { return studentQuantile(degrees) * standardError; }
};

/// Standard error of R = sum(value) / sum(weight) over n clusters in their order, by linearisation,
/// with the covariance of clusters that follow each other (resources/help/method.md, Standard
/// errors). With the residuals e_i = value_i - R weight_i and p pairs of followers:
///
///     variance = n / (n - 1 - p / n) * (sum e_i^2 + sum over followers e_(i-1) e_i) / W^2,
///     W = sum(weight)
///
/// The second sum is the lag-1 term 2 * 1/2 of Bartlett's kernel (Newey and West, Econometrica 55,
/// 1987), cut where clusters do not follow each other; never negative. The factor makes it
/// unbiased for n independent, equal clusters; of these the degrees of freedom are Satterthwaite's
/// (Biometrics Bulletin 2, 1946), n - 1 where no cluster follows another. NaN below two clusters.
RatioError ratioError(const std::vector<Cluster>& clusters);

}  // namespace skd
