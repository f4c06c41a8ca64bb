#include "base/ticks.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace skd {
namespace {

TEST(LogTicks, TwentyToNinetyHasReadableTicks) {
    EXPECT_EQ(logTicks({20, 90}, 10), (std::vector<double>{20, 30, 40, 50, 60, 70, 80, 90}));
}

TEST(LogTicks, EvenStepsWhereTheRangeIsNarrow) {
    EXPECT_EQ(logTicks({30, 50}, 10), (std::vector<double>{30, 35, 40, 45, 50}));
}

TEST(LogTicks, OneTwoFiveOverTwoDecades) {
    EXPECT_EQ(logTicks({20, 1000}, 10), (std::vector<double>{20, 50, 100, 200, 500, 1000}));
}

TEST(LogTicks, WholeDecadesWhenThereIsNoRoom) {
    EXPECT_EQ(logTicks({20, 1e6}, 6), (std::vector<double>{100, 1000, 10000, 100000, 1000000}));
}

TEST(LogTicks, NothingForAnImpossibleRange) {
    EXPECT_TRUE(logTicks({0, 10}, 5).empty());
    EXPECT_TRUE(logTicks({5, 5}, 5).empty());
}

TEST(LinearTicks, IncludesBothEndsWhenTheyAreNice) {
    EXPECT_EQ(linearTicks({0, 120}, 6), (std::vector<double>{0, 20, 40, 60, 80, 100, 120}));
    EXPECT_EQ(linearTicks({-1, 1}, 4), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
}

RC_GTEST_PROP(LogTicks, LieInsideAscendAndAreEnoughToRead, ()) {
    const double low = std::pow(10.0, *rc::gen::inRange(-300, 300) / 100.0);
    const double high = low * std::pow(10.0, *rc::gen::inRange(20, 500) / 100.0);
    const std::vector<double> ticks = logTicks({low, high}, 8);
    RC_ASSERT(std::is_sorted(ticks.begin(), ticks.end()));
    for (double tick : ticks) RC_ASSERT(tick >= low * 0.999999 && tick <= high * 1.000001);
    if (high / low > 4) RC_ASSERT(ticks.size() >= 2);
}

RC_GTEST_PROP(NiceRange, CoversItsInputWithoutGrowingFar, ()) {
    const double low = *rc::gen::inRange(-10000, 10000) / 7.0,
                 span = *rc::gen::inRange(1, 10000) / 13.0;
    const Range nice = niceRange({low, low + span});
    RC_ASSERT(nice.low <= low + 1e-6 * span && nice.high >= low + span - 1e-6 * span);
    RC_ASSERT(nice.span() <= 3 * span);
}

RC_GTEST_PROP(NiceLogRange, CoversItsInput, ()) {
    const double low = std::pow(10.0, *rc::gen::inRange(-300, 300) / 100.0);
    const double high = low * std::pow(10.0, *rc::gen::inRange(0, 500) / 100.0);
    const Range nice = niceLogRange({low, high});
    RC_ASSERT(nice.low <= low * 1.000001 && nice.high >= high * 0.999999 && nice.high > nice.low);
}

}  // namespace
}  // namespace skd
