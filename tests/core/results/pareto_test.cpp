#include "results/pareto.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace skd {
namespace {

/// By the definition: every pair is compared.
bool isBeaten(const std::vector<ParetoPoint>& points, std::size_t i, bool lowX) {
    const auto cost = [&](std::size_t k) { return lowX ? points[k].x : -points[k].x; };
    for (std::size_t k = 0; k < points.size(); ++k) {
        const bool noWorse = cost(k) <= cost(i) && points[k].y <= points[i].y;
        const bool better = cost(k) < cost(i) || points[k].y < points[i].y;
        const bool equalBefore = noWorse && !better && k < i;
        if ((noWorse && better) || equalBefore) return true;
    }
    return false;
}

TEST(UnbeatenPoints, AreThoseOfTheDefinition) {
    const CounterRandom random(7, 11);
    for (std::uint64_t round = 0; round < 50; ++round) {
        std::vector<ParetoPoint> points;
        for (std::uint64_t i = 0; i < 20; ++i)  // on a grid, so that some are equal
            points.push_back({std::floor(6 * random.uniform(round * 40 + 2 * i)),
                              std::floor(6 * random.uniform(round * 40 + 2 * i + 1))});
        for (const bool lowX : {false, true}) {
            std::vector<std::size_t> expected;
            for (std::size_t i = 0; i < points.size(); ++i)
                if (!isBeaten(points, i, lowX)) expected.push_back(i);
            std::vector<std::size_t> found = unbeatenPoints(points, lowX);
            for (std::size_t i = 1; i < found.size(); ++i)
                EXPECT_LE(points[found[i - 1]].y, points[found[i]].y);
            std::ranges::sort(found);
            EXPECT_EQ(found, expected);
        }
    }
}

TEST(UnbeatenPoints, LeaveOutWhatIsNotFinite) {
    EXPECT_EQ(unbeatenPoints({{0.1, NAN}, {INFINITY, 3}, {0.2, 40}}, false),
              std::vector<std::size_t>{2});
}

}  // namespace
}  // namespace skd
