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

/// The smallest of all 1, 2 and 5 times a power of ten that need no more than `count` parts.
RC_GTEST_PROP(NiceStep, IsTheSmallestThatCutsIntoFewEnoughParts, ()) {
    const double span = *rc::gen::inRange(1, 100000) / 37.0;
    const int count = *rc::gen::inRange(1, 20);
    double smallest = INFINITY;
    for (int decade = -8; decade <= 8; ++decade)
        for (const double factor : {1.0, 2.0, 5.0})
            if (const double step = factor * std::pow(10.0, decade); span / step <= count)
                smallest = std::min(smallest, step);
    const double step = niceStep(span, count);
    RC_ASSERT(span / step <= count * 1.002);
    RC_ASSERT(step <= smallest * 1.000001);
}

TEST(DecadeTicks, KeepWithinTheRangeAndLeaveDecadesOut) {
    EXPECT_EQ(decadeTicks({2, 60}, {1, 5}), (std::vector<double>{5, 10, 50}));
    EXPECT_EQ(decadeTicks({1, 1e4}, {1}, 2), (std::vector<double>{1, 100, 10000}));
    EXPECT_EQ(multiplesOf(0.5, {-0.6, 1}), (std::vector<double>{-0.5, 0, 0.5, 1}));
    EXPECT_EQ(withExtent({3, 4}), (Range{3, 4}));
    EXPECT_EQ(withExtent({0, 0}), (Range{-1, 1}));
    EXPECT_EQ(withExtent({10, 10}), (Range{9, 11}));
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
