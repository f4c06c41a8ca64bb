#include "ranks/path_position.h"

#include <gtest/gtest.h>

#include "ranks/path_fixture.h"

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

// Two matrices of one shape, one up and one down by a segment: the size stays, and the path's
// profile of that size is two segments away.
TEST(PathPosition, CountsSegmentsOverAllMatrices) {
    const NestedPath path = fixedPath();
    const std::size_t middle = path.steps() / 2;
    const std::vector<std::int64_t> onPath = path.ranksAt(middle);
    std::vector<std::size_t> movable;
    for (std::size_t i = 0; i < onPath.size(); ++i)
        if (onPath[i] > path.bounds(i).least && onPath[i] != 0 && onPath[i] < path.bounds(i).most)
            movable.push_back(i);
    ASSERT_GE(movable.size(), 2u);
    std::vector<std::int64_t> beside = onPath;
    beside[movable[0]] += 16;
    beside[movable[1]] -= 16;
    const PathPosition position = positionOf(path, beside);
    EXPECT_EQ(path.costOf(beside), path.cost(middle));
    EXPECT_EQ(position.prefix, middle);
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
