#include "base/statistics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace skd::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Statistics, QuantileInterpolatesBetweenNeighbours) {
    const std::vector<double> sorted{10, 20, 40, 80};
    EXPECT_EQ(quantile(sorted, 0), 10);
    EXPECT_EQ(quantile(sorted, 1), 80);
    EXPECT_DOUBLE_EQ(quantile(sorted, 1.0 / 3), 20);
    EXPECT_DOUBLE_EQ(quantile(sorted, 0.5), 30);
    EXPECT_DOUBLE_EQ(quantile(sorted, 0.9), 40 + 0.7 * 40);
    EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(Statistics, SpreadOfNothingIsUnknown) {
    EXPECT_TRUE(std::isnan(Spread::of({}).median));
    EXPECT_TRUE(std::isnan(Spread::unknown().low));
    EXPECT_EQ(Spread(), (Spread{0, 0, 0}));
}

/// No more values lie below a quantile than its share of the n - 1 gaps, nor above it than the
/// rest.
RC_GTEST_PROP(Statistics, SpreadCutsTheValuesIntoQuarters, ()) {
    auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(
        rc::gen::map(rc::gen::inRange(-1000, 1000), [](int i) { return i / 7.0; })));
    const Spread spread = Spread::of(values);
    const auto gaps = static_cast<double>(values.size() - 1);
    for (const auto& [value, share] :
         {std::pair(spread.low, 0.25), {spread.median, 0.5}, {spread.high, 0.75}}) {
        int below = 0, above = 0;
        for (const double v : values) {
            below += v < value - 1e-9;
            above += v > value + 1e-9;
        }
        RC_ASSERT(below <= std::ceil(share * gaps));
        RC_ASSERT(above <= std::ceil((1 - share) * gaps));
    }
    std::reverse(values.begin(), values.end());
    RC_ASSERT(Spread::of(values) == spread);
}

/// Against the textbook's formula of all pairs: the variance is the mean squared difference of two
/// different values, halved.
RC_GTEST_PROP(Statistics, DeviationIsThatOfAllPairs, ()) {
    const auto values = *rc::gen::container<std::vector<double>>(
        *rc::gen::inRange<std::size_t>(2, 30),
        rc::gen::map(rc::gen::inRange(-10000, 10000), [](int i) { return i / 16.0; }));
    double sum = 0, pairs = 0;
    for (const double a : values) {
        sum += a;
        for (const double b : values) pairs += (a - b) * (a - b);
    }
    const auto n = static_cast<double>(values.size());
    const Statistic s = summarise(values);
    RC_ASSERT(s.count == static_cast<int>(values.size()));
    RC_ASSERT(std::fabs(s.mean - sum / n) < 1e-9);
    RC_ASSERT(std::fabs(s.deviation * s.deviation - pairs / (2 * n * (n - 1))) < 1e-6);
    RC_ASSERT(s.low == *std::min_element(values.begin(), values.end()));
    RC_ASSERT(s.high == *std::max_element(values.begin(), values.end()));
}

TEST(Statistics, LeavesOutWhatIsNotFinite) {
    const Statistic s = summarise({kNan, 1, std::numeric_limits<double>::infinity(), 3});
    EXPECT_EQ(s.count, 2);
    EXPECT_EQ(s.dropped, 2);
    EXPECT_EQ(s.mean, 2);
    EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(2.0));
    EXPECT_TRUE(std::isnan(summarise({kNan}).mean));
    EXPECT_TRUE(std::isnan(summarise({5}).deviation));
}

}  // namespace
}  // namespace skd::test
