#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace skd {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

static_assert(CounterRandom(0, 0).bits(0) == 0xE220A8397B1DCDAFull,
              "SplitMix64's first output for seed 0");

TEST(Random, MatchesAnIndependentImplementation) {
    EXPECT_EQ(CounterRandom(42, 0).bits(0), 0x9D591BB7266B13F3ull);
    EXPECT_EQ(CounterRandom(42, 1).bits(0), 0x0B544E2C4804B87Dull);
    EXPECT_EQ(CounterRandom(42, 1).bits(12345678901), 0x2339B70BFF5B0797ull);
    EXPECT_EQ(CounterRandom(kLargest, kLargest).bits(kLargest), 0x5BC4CA9A6251E43Dull);
}

TEST(Random, BelowStaysBelowAndReachesAll) {
    const CounterRandom random(7, 3);
    std::array<int, 10> counts{};
    for (std::uint64_t i = 0; i < 100'000; ++i) ++counts.at(random.below(i, counts.size()));
    for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations
    EXPECT_EQ(random.below(0, 1), 0u);
}

TEST(Random, UniformHasTheMomentsOfTheUnitInterval) {
    const CounterRandom random(42, 0);
    double sum = 0, squares = 0;
    constexpr int kCount = 100'000;
    for (int i = 0; i < kCount; ++i) {
        const double value = random.uniform(static_cast<std::uint64_t>(i));
        ASSERT_GE(value, 0);
        ASSERT_LT(value, 1);
        sum += value;
        squares += value * value;
    }
    EXPECT_NEAR(sum / kCount, 0.5, 5 * std::sqrt(1.0 / 12 / kCount));
    EXPECT_NEAR(squares / kCount, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kCount));
}

}  // namespace
}  // namespace skd
