#include "ranks/path_position.h"

#include <gtest/gtest.h>

#include <utility>

#include "core/ranks/path_fixture.h"

namespace skd::test {
namespace {

NestedPath fixedPath() {
    const PathProblem problem = fixedProblem(4);
    auto path = NestedPath::plan(problem.items, problem.names,
                                 {.largest = 0.1, .smallest = 0.6, .multiple = 16, .floor = 16});
    EXPECT_TRUE(path) << path.error().message;
    return *std::move(path);
}

TEST(PathPosition, EveryPrefixLiesOnThePath) {
    const NestedPath path = fixedPath();
    ASSERT_GT(path.steps(), 8u);
    for (std::size_t t = 0; t <= path.steps(); ++t) {
        const PathPosition position = positionOf(path, path.ranksAt(t));
        EXPECT_EQ(position.prefix, t);
        EXPECT_EQ(position.segments, 0);
        EXPECT_DOUBLE_EQ(position.removed, path.removedAt(path.cost(t)));
    }
}

TEST(PathPosition, TheRanksOfAMatrixAreThoseOfAllPrefixes) {
    const NestedPath path = fixedPath();
    for (std::size_t i = 0; i < path.matrices().size(); ++i) {
        std::vector<std::int64_t> seen{path.ranksAt(0)[i]};
        for (std::size_t t = 1; t <= path.steps(); ++t)
            if (const std::int64_t rank = path.ranksAt(t)[i]; rank != seen.back())
                seen.push_back(rank);
        EXPECT_EQ(path.ranksOf(i), seen);
    }
}

struct Exchange {
    std::size_t prefix = 0;
    std::vector<std::int64_t> ranks;  ///< empty where there is none
};

/// The first profile of which two matrices may exchange a segment at equal cost: as identity
/// blocks of one shape, those whose ranks are one segment apart.
Exchange equalExchange(const NestedPath& path) {
    for (std::size_t prefix = 0; prefix <= path.steps(); ++prefix) {
        const std::vector<std::int64_t> onPath = path.ranksAt(prefix);
        for (std::size_t up = 0; up < onPath.size(); ++up)
            for (std::size_t down = 0; down < onPath.size(); ++down) {
                if (onPath[up] == 0 || onPath[down] != onPath[up] + 16) continue;
                Exchange made{prefix, onPath};
                std::swap(made.ranks[up], made.ranks[down]);
                if (made.ranks[up] <= path.bounds(up).most &&
                    made.ranks[down] >= path.bounds(down).least)
                    return made;
            }
    }
    return {};
}

// Two matrices of one shape, one up and one down by a segment: the size stays, and the path's
// profile of that size is two segments away.
TEST(PathPosition, CountsSegmentsOverAllMatrices) {
    const NestedPath path = fixedPath();
    const Exchange exchange = equalExchange(path);
    ASSERT_FALSE(exchange.ranks.empty());
    EXPECT_EQ(path.costOf(exchange.ranks), path.cost(exchange.prefix));
    const PathPosition position = positionOf(path, exchange.ranks);
    EXPECT_EQ(position.prefix, exchange.prefix);
    EXPECT_EQ(position.segments, 2);
}

TEST(PathPosition, ARankBetweenTwoStepsIsOffThePath) {
    const NestedPath path = fixedPath();
    std::vector<std::int64_t> ranks = path.ranksAt(path.steps());
    for (std::int64_t& rank : ranks)
        if (rank > 16) {
            --rank;
            break;
        }
    EXPECT_GT(positionOf(path, ranks).segments, 0);
}

}  // namespace
}  // namespace skd::test
