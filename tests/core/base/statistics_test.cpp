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

TEST(Statistics, StudentQuantilesAreTheTables) {
    EXPECT_EQ(studentQuantile(1), 12.706);
    EXPECT_EQ(studentQuantile(7), 2.365);
    EXPECT_EQ(studentQuantile(30), 2.042);
    // scipy.stats.t.ppf(0.975, 2.5 and so on)
    EXPECT_NEAR(studentQuantile(2.5) / 3.57465, 1, 0.016);
    EXPECT_NEAR(studentQuantile(5.5) / 2.50186, 1, 0.004);
    EXPECT_NEAR(studentQuantile(10.5) / 2.21384, 1, 1e-3);
    EXPECT_NEAR(studentQuantile(60) / 2.00030, 1, 1e-3);
    EXPECT_EQ(studentQuantile(std::numeric_limits<double>::infinity()), 1.960);
    EXPECT_EQ(studentQuantile(0), 12.706);
    EXPECT_TRUE(std::isnan(studentQuantile(kNan)));
}

TEST(RatioError, OfIndependentClustersIsTheTextbooks) {
    // Equal clusters: the classic standard error of the mean of their means, 14 / 5.
    const RatioError error = ratioError({{10, 5}, {14, 5}, {12, 5}, {20, 5}});
    EXPECT_NEAR(error.standardError, std::sqrt((16 + 0 + 4 + 36) / 3.0 / 4) / 5, 1e-12);
    EXPECT_EQ(error.degrees, 3);
    EXPECT_NEAR(error.halfWidth(), 3.182 * error.standardError, 1e-12);
    // Unequal ones, by hand: ratio 2, residuals -1, 0, 1.
    EXPECT_NEAR(ratioError({{1, 1}, {4, 2}, {7, 3}}).standardError, std::sqrt(2 * 3 / 2.0) / 6,
                1e-12);
}

TEST(RatioError, FollowersAddTheirCovariance) {
    // Residuals -4, 0, -2, 6: squares 56, neighbouring products 0 + 0 - 12.
    const RatioError error = ratioError({{10, 5}, {14, 5, true}, {12, 5, true}, {20, 5, true}});
    EXPECT_NEAR(error.standardError, std::sqrt((56 - 12) * 4 / (4 - 1 - 3 / 4.0)) / 20, 1e-12);
    EXPECT_NEAR(error.degrees, 2.25 * 2.25 / 2.3125, 1e-12);
    // The kernel is cut where the third does not continue the second.
    const RatioError cut = ratioError({{10, 5}, {14, 5, true}, {12, 5}, {20, 5, true}});
    EXPECT_NEAR(cut.standardError, std::sqrt((56 - 12) * 4 / (4 - 1 - 2 / 4.0)) / 20, 1e-12);
    // Two clusters have one difference, however they lie.
    EXPECT_NEAR(ratioError({{1, 1}, {2, 1, true}}).standardError,
                ratioError({{1, 1}, {2, 1}}).standardError, 1e-12);
    EXPECT_NEAR(ratioError({{1, 1}, {2, 1, true}}).degrees, 1, 1e-12);
}

TEST(RatioError, OfTooFewOrEqualClusters) {
    EXPECT_TRUE(std::isnan(ratioError({}).standardError));
    EXPECT_TRUE(std::isnan(ratioError({{3, 4}}).halfWidth()));
    EXPECT_EQ(ratioError({{3, 4}, {3, 4, true}, {3, 4, true}}).standardError, 0);
    EXPECT_TRUE(std::isnan(ratioError({{kNan, 1}, {1, 1, true}}).standardError));
}

using Matrix = std::vector<std::vector<double>>;

Matrix operator*(const Matrix& a, const Matrix& b) {
    Matrix product(a.size(), std::vector<double>(a.size()));
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < a.size(); ++j)
            for (std::size_t k = 0; k < a.size(); ++k) product[i][j] += a[i][k] * b[k][j];
    return product;
}

double traceOf(const Matrix& a) {
    double trace = 0;
    for (std::size_t i = 0; i < a.size(); ++i) trace += a[i][i];
    return trace;
}

/// Against whole matrices: the kernel between two centring ones, as a quadratic form of values with
/// equal weights. Unbiased and Satterthwaite's by definition, and never negative.
RC_GTEST_PROP(RatioError, IsTheKernelsQuadraticForm, ()) {
    const auto n = *rc::gen::inRange<std::size_t>(2, 20);
    std::vector<Cluster> clusters;
    for (std::size_t i = 0; i < n; ++i)
        clusters.push_back({*rc::gen::inRange(-1000, 1000) / 8.0, 4, *rc::gen::arbitrary<bool>()});
    Matrix kernel(n, std::vector<double>(n)), centring = kernel;
    for (std::size_t i = 0; i < n; ++i) {
        kernel[i][i] = 1;
        if (i > 0 && clusters[i].follows) kernel[i][i - 1] = kernel[i - 1][i] = 0.5;
        for (std::size_t j = 0; j < n; ++j)
            centring[i][j] = (i == j ? 1 : 0) - 1 / static_cast<double>(n);
    }
    const Matrix form = centring * kernel * centring;
    double quadratic = 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            quadratic += clusters[i].value * form[i][j] * clusters[j].value;
    const double trace = traceOf(form);
    const RatioError error = ratioError(clusters);
    const double variance = quadratic / trace / static_cast<double>(n) / 16;
    RC_ASSERT(error.standardError >= 0);
    RC_ASSERT(std::fabs(error.standardError * error.standardError - variance) < 1e-7);
    RC_ASSERT(std::fabs(error.degrees - trace * trace / traceOf(form * form)) < 1e-6);
}

}  // namespace
}  // namespace skd::test
