#include "results/elastic_front.h"

#include <gtest/gtest.h>

namespace skd::test {
namespace {

TEST(ElasticFrontCheck, APointOnTheChordIsNeitherAboveNorBelow) {
    // Straight in log perplexity: 20, 40, 80 at even distances, and a quarter of the way 20
    // 2^(1/2).
    const FrontCheck even = checkFront({{0.1, 20}, {0.3, 40}, {0.5, 80}});
    EXPECT_TRUE(even.isMonotone());
    EXPECT_NEAR(even.overChord[1], 1, 1e-12);
    EXPECT_TRUE(std::isnan(even.overChord[0]) && std::isnan(even.overChord[2]));
    const FrontCheck uneven = checkFront({{0.1, 20}, {0.2, 20 * std::sqrt(2.0) * 1.03}, {0.5, 80}});
    EXPECT_NEAR(uneven.overChord[1], 1.03, 1e-12);
    EXPECT_EQ(uneven.worst(), 1u);
}

TEST(ElasticFrontCheck, AFallCountsBeyondItsInterval) {
    // 1.96 sqrt(0.3^2 + 0.4^2) = 0.98
    EXPECT_TRUE(checkFront({{0.1, 30, 0.3}, {0.2, 29.1, 0.4}}).isMonotone());
    const FrontCheck fall = checkFront({{0.1, 30, 0.3}, {0.2, 29, 0.4}, {0.3, 31, 0.3}});
    EXPECT_EQ(fall.falls, std::vector<std::size_t>{1});
    EXPECT_FALSE(checkFront({{0.1, 30}, {0.2, 29.99}}).isMonotone()) << "without an interval";
}

TEST(ElasticFrontCheck, MissingFiguresAreSkipped) {
    const FrontCheck check =
        checkFront({{0.1, 20}, {0.2, std::nan("")}, {0.3, 40}, {0.5, 80}, {0.6, INFINITY}});
    EXPECT_TRUE(check.isMonotone());
    EXPECT_NEAR(check.overChord[2], 1, 1e-12) << "between 0.1 and 0.5";
    EXPECT_TRUE(std::isnan(check.overChord[1]) && std::isnan(check.overChord[3]));
    EXPECT_EQ(checkFront({}).worst(), std::nullopt);
    EXPECT_EQ(checkFront({{0.1, 20}, {0.2, 30}}).worst(), std::nullopt);
}

}  // namespace
}  // namespace skd::test
