#include "ranks/depth.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "ranks/damage.h"

namespace skd::test {
namespace {

void expectNear(const std::vector<double>& values, const std::vector<double>& expected) {
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-12) << i;
}

TEST(Depth, FactorsAreTheScaledTailsOfPowers) {
    expectNear(depthFactors(4, {0, 5}), {6, 1 + 10.0 / 3, 1 + 5.0 / 3, 1});
    // Sums 11/6, 5/6, 2/6 lie at 1, 1/3, 0 of their span.
    expectNear(depthFactors(3, {1, 3}), {4, 2, 1});
    // numpy: s = [sum((k+1)**-.7 for k in range(l, 5)) for l in range(5)];
    // 1 + 5*(s-min(s))/(max(s)-min(s))
    expectNear(depthFactors(5, {0.7, 5}),
               {6, 3.9657964168714313, 2.7135972283839562, 1.770819017650696, 1});
    expectNear(depthFactors(3, {2, 0}), {1, 1, 1});
    expectNear(depthFactors(1, {1, 7}), {1});
    EXPECT_TRUE(depthFactors(0, {1, 7}).empty());
}

TEST(Depth, CurvesAreMultipliedByTheirLayersFactor) {
    Analysis analysis;
    analysis.model.layers = 3;
    for (const std::int64_t layer : {0, 0, 2})
        analysis.matrices.push_back({.info = {"m", LayerIndex(layer), MatrixKind::Up, 8, 8}});
    const DamageCurves curves =
        weighedByDepth({{8, 2, 0}, {1, 0}, {3, 1, 0}}, analysis, DepthWeight{1, 3});
    EXPECT_EQ(curves, (DamageCurves{{32, 8, 0}, {4, 0}, {3, 1, 0}}))
        << "the last layer of the model, not of the analysis, counts once";
}

std::vector<DepthTrial> searched(std::int64_t trials, std::uint64_t seed,
                                 const std::function<double(const DepthWeight&)>& kl) {
    std::vector<DepthTrial> done;
    while (static_cast<std::int64_t>(done.size()) < trials) {
        const DepthWeight next = nextDepth(done, trials, seed);
        done.push_back({next, kl(next)});
    }
    return done;
}

TEST(DepthSearch, BeginsWithoutAWeightAndStaysInItsBox) {
    const auto flat = [](const DepthWeight&) { return 1.0; };
    for (const std::int64_t trials : {1, 2, 3, 10, 64}) {
        const auto done = searched(trials, 7, flat);
        EXPECT_EQ(done[0].weight, DepthWeight());
        if (trials > 1) {
            EXPECT_EQ(done[1].weight, (DepthWeight{0, 5}));
        }
        for (const DepthTrial& trial : done) {
            EXPECT_TRUE(trial.weight.decay >= 0 && trial.weight.decay <= 3);
            EXPECT_TRUE(trial.weight.strength >= 0 && trial.weight.strength <= 7);
        }
        EXPECT_EQ(bestTrial(done), 0u) << "of equals the first: no weight where none helps";
    }
}

TEST(DepthSearch, FollowsItsArgumentsAlone) {
    const auto kl = [](const DepthWeight& at) { return std::fabs(at.strength - 2); };
    const auto once = searched(12, 3, kl), again = searched(12, 3, kl), other = searched(12, 4, kl);
    for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(once[i].weight, again[i].weight);
    EXPECT_NE(once[4].weight, other[4].weight);
    const std::vector<DepthTrial> half(once.begin(), once.begin() + 7);
    EXPECT_EQ(nextDepth(half, 12, 3), once[7].weight) << "a search that continues";
}

TEST(DepthSearch, FindsTheValleyOfASmoothFunction) {
    const DepthWeight valley{1.2, 4.1};
    const auto kl = [&](const DepthWeight& at) {
        return std::pow((at.decay - valley.decay) / kLargestDecay, 2) +
               std::pow((at.strength - valley.strength) / kLargestStrength, 2);
    };
    for (const std::uint64_t seed : {1, 2, 3, 42}) {
        const auto ten = searched(10, seed, kl), many = searched(40, seed, kl);
        EXPECT_LT(ten[bestTrial(ten)].kl, 0.05) << seed << ": without a weight it is 0.5";
        EXPECT_LT(many[bestTrial(many)].kl, 0.003) << seed;
    }
}

}  // namespace
}  // namespace skd::test
