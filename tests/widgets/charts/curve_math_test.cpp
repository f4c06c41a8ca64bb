#include "charts/plot/curves.h"

#include <gtest/gtest.h>

#include <cmath>

namespace skd::test {
namespace {

TEST(CurveMath, SmoothingIsAWeightedMeanWithoutTheBiasOfItsStart) {
    const std::vector<double> constant(20, 3.5);
    for (double value : smoothed(constant, 0.9)) EXPECT_NEAR(value, 3.5, 1e-12);
    const auto two = smoothed({1, 2}, 0.5);
    EXPECT_NEAR(two[1], (0.5 * 1 + 2) / 1.5, 1e-12);
    const auto gap = smoothed({1, NAN, 2}, 0.5);
    EXPECT_TRUE(std::isnan(gap[1]));
    EXPECT_NEAR(gap[2], (0.5 * 1 + 2) / 1.5, 1e-12);
    EXPECT_EQ(smoothed({1, 5, 2}, 0), (std::vector<double>{1, 5, 2}));
}

TEST(CurveMath, ABandHasTheStepsThatAllCurvesHave) {
    const Series a{{0, 10, 20, 30}, {1, 2, 3, 4}}, b{{0, 20, 30}, {3, 5, 8}};
    const CurveBand band = bandOf({&a, &b});
    EXPECT_EQ(band.steps, (std::vector<double>{0, 20, 30}));
    EXPECT_EQ(band.mean, (std::vector<double>{2, 4, 6}));
    EXPECT_NEAR(band.deviation[0], std::sqrt(2.0), 1e-12);
    EXPECT_NEAR(band.deviation[2], std::sqrt(8.0), 1e-12);
    EXPECT_TRUE(bandOf({}).steps.empty());
    EXPECT_EQ(bandOf({&a}).deviation, (std::vector<double>(4, 0.0)));
}

}  // namespace
}  // namespace skd::test
