#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "ranks/allocation.h"
#include "ranks/damage.h"
#include "ranks/rank_plan.h"
#include "ranks/rank_rules.h"

namespace skd::test {
namespace {

/// Nine layers of one 96 x 64 matrix, spectra that fall at different speeds, two probes each.
std::shared_ptr<Analysis> nineLayers() {
    auto analysis = std::make_shared<Analysis>();
    analysis->model.layers = 9;
    analysis->model.totalParameters = 100000;
    for (int i = 0; i < 9; ++i) {
        MatrixSpectrum matrix{.info = {"model.layers." + std::to_string(i) + ".mlp.up_proj",
                                       LayerIndex(i), MatrixKind::Up, 96, 64}};
        for (int r = 0; r < 64; ++r) {
            matrix.plain.push_back(10.0 / (1 + 0.2 * r));
            matrix.weighted.push_back((4.0 + i) * std::exp(-0.01 * (i + 1) * r));
        }
        matrix.probes = {{8, 0.1 * (i + 1)}, {24, 0.02 * (9 - i)}};
        matrix.probeRank = 24;
        matrix.probeKl = matrix.probes[1].kl;
        analysis->matrices.push_back(matrix);
    }
    return analysis;
}

std::int64_t kept(const Analysis& analysis, const std::vector<std::int64_t>& ranks) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i)
        sum += analysis.matrices[i].parametersAt(ranks[i]);
    return sum;
}

PruneSpec specOf(RankRule rule, double target = 0.4) {
    PruneSpec spec;
    spec.ranks = rule;
    spec.truncation = Truncation::Whitened;
    spec.weights = WeightRule::Unit;
    spec.target = target;
    spec.rankMultiple = 2;
    return spec;
}

TEST(Tiers, SharesFollowTheFactorsAndMeetTheTarget) {
    const auto analysis = nineLayers();
    PruneSpec spec = specOf(RankRule::Tiers);
    spec.tierEarly = 0.5, spec.tierMiddle = 1.5, spec.tierLate = 1;
    const auto ranks = chooseRanks(*analysis, spec);
    ASSERT_TRUE(ranks);
    EXPECT_LE(kept(*analysis, *ranks), budgetOf(*analysis, 0.4));
    EXPECT_GT(kept(*analysis, *ranks), budgetOf(*analysis, 0.4) - 9 * 2 * 160)
        << "within one step per matrix";
    // Removed shares 0.2, 0.6, 0.4 add up to the target; 38.4 (1 - share) rounded down to the
    // multiple.
    for (std::size_t i = 0; i < 9; ++i)
        EXPECT_NEAR(static_cast<double>((*ranks)[i]),
                    38.4 * (1 - (i < 3   ? 0.2
                                 : i < 6 ? 0.6
                                         : 0.4)),
                    2.0)
            << i;
    for (double* factor : {&spec.tierEarly, &spec.tierMiddle, &spec.tierLate}) {
        const double before = *factor;
        *factor = 0.1;
        EXPECT_NE(*chooseRanks(*analysis, spec), *ranks);
        *factor = before;
    }
    spec.tierMiddle = 0;
    for (std::size_t i = 3; i < 6; ++i)
        EXPECT_EQ((*chooseRanks(*analysis, spec))[i], 0) << "a factor of 0 leaves the tier alone";
}

TEST(Tiers, AFactorThatCannotRemoveMoreLeavesTheRestToOthers) {
    PruneSpec spec = specOf(RankRule::Tiers, 0.7);
    spec.tierEarly = 0.1, spec.tierMiddle = 10, spec.tierLate = 1;
    const auto analysis = nineLayers();
    const auto ranks = chooseRanks(*analysis, spec);
    EXPECT_EQ((*ranks)[4], 2) << "one multiple at least stays";
    EXPECT_LE(kept(*analysis, *ranks), budgetOf(*analysis, 0.7));
}

TEST(RandomRanks, StayInBudgetFollowTheSeedAndVary) {
    const auto analysis = nineLayers();
    for (const double target : {0.1, 0.4, 0.8}) {
        const PruneSpec spec = specOf(RankRule::Random, target);
        const auto ranks = chooseRanks(*analysis, spec, {0, 0, 3});
        ASSERT_TRUE(ranks);
        const std::int64_t budget = budgetOf(*analysis, target);
        EXPECT_LE(kept(*analysis, *ranks), budget);
        EXPECT_GT(static_cast<double>(kept(*analysis, *ranks)), 0.93 * static_cast<double>(budget))
            << target;
        for (const std::int64_t rank : *ranks) EXPECT_EQ(rank % 2, 0);
        EXPECT_EQ(*ranks, *chooseRanks(*analysis, spec, {0, 0, 3}));
        EXPECT_NE(*ranks, *chooseRanks(*analysis, spec, {0, 0, 4}));
    }
    const auto ranks = *chooseRanks(*analysis, specOf(RankRule::Random), {0, 0, 3});
    EXPECT_GT(*std::max_element(ranks.begin(), ranks.end()) -
                  *std::min_element(ranks.begin(), ranks.end()),
              8);
}

TEST(Locked, NamesAndBeginningsStayAsTheyAreUnderEveryRule) {
    const auto analysis = nineLayers();
    for (const RankRule rule : {RankRule::Budget, RankRule::Uniform, RankRule::Tiers,
                                RankRule::Random, RankRule::Energy}) {
        PruneSpec spec = specOf(rule, 0.3);
        spec.energy = 0.5;
        spec.tierEarly = spec.tierMiddle = spec.tierLate = 1;
        spec.locked = {"model.layers.0", "model.layers.8.mlp.up_proj"};
        const auto ranks = chooseRanks(*analysis, spec);
        ASSERT_TRUE(ranks) << ranks.error().message;
        EXPECT_EQ(ranks->front(), 0) << enumName(rule);
        EXPECT_EQ(ranks->back(), 0) << enumName(rule);
        if (rule != RankRule::Energy) {
            EXPECT_LE(kept(*analysis, *ranks), budgetOf(*analysis, 0.3)) << enumName(rule);
        }
        EXPECT_GT((*ranks)[6], 0);
    }
}

TEST(Locked, AnEntryThatMatchesNothingIsAnErrorWithTheNearestName) {
    const auto analysis = nineLayers();
    PruneSpec spec = specOf(RankRule::Budget);
    spec.locked = {"model.layers.1.mlp.up_prj"};
    const auto ranks = chooseRanks(*analysis, spec);
    ASSERT_FALSE(ranks);
    EXPECT_NE(ranks.error().message.find("nearest is model.layers.1.mlp.up_proj"),
              std::string::npos)
        << ranks.error().message;
    spec.locked = {"model.lay"};
    EXPECT_FALSE(chooseRanks(*analysis, spec)) << "half a word is no beginning up to a dot";
}

/// Every combination of multiples of `multiple` and "as it is".
double bruteForce(const Analysis& analysis, const std::vector<std::vector<double>>& damage,
                  std::int64_t budget, std::int64_t multiple) {
    double best = INFINITY;
    std::vector<std::int64_t> ranks(analysis.matrices.size(), 0);
    const std::function<void(std::size_t, double)> descend = [&](std::size_t i, double sum) {
        if (i == ranks.size()) {
            if (kept(analysis, ranks) <= budget) best = std::min(best, sum);
            return;
        }
        for (std::int64_t r = 0; r < static_cast<std::int64_t>(damage[i].size()); r += multiple) {
            ranks[i] = r;
            descend(i + 1, sum + (r == 0 ? 0 : damage[i][static_cast<std::size_t>(r)]));
        }
    };
    descend(0, 0);
    return best;
}

TEST(Budget, EqualsBruteForceWithFactoredAndLockedMatrices) {
    auto analysis = nineLayers();
    analysis->matrices.erase(analysis->matrices.begin() + 4, analysis->matrices.end());
    analysis->matrices[1].currentRank = 20;  // as an earlier round left it
    analysis->matrices[1].weighted.resize(20);
    analysis->matrices[1].plain.resize(20);
    for (const double target : {0.2, 0.45, 0.7}) {
        for (const WeightRule weights :
             {WeightRule::Unit, WeightRule::Relative, WeightRule::Measured, WeightRule::Tiers}) {
            PruneSpec spec = specOf(RankRule::Budget, target);
            spec.weights = weights;
            spec.rankMultiple = 4;
            const auto ranks = chooseRanks(*analysis, spec);
            ASSERT_TRUE(ranks);
            const auto damage = damageCurves(*analysis, damageRule(spec));
            double sum = 0;
            for (std::size_t i = 0; i < 4; ++i)
                sum += (*ranks)[i] == 0 ? 0 : damage[i][static_cast<std::size_t>((*ranks)[i])];
            const std::int64_t used = kept(*analysis, *ranks);
            EXPECT_LE(used, budgetOf(*analysis, target));
            EXPECT_TRUE((*ranks)[1] < 20)
                << "the current rank is 0: it costs the same and loses nothing";
            // Greedy on hulls is optimal up to one corner of one hull (see allocation_test.cpp).
            double step = 0;
            for (std::size_t i = 0; i < 4; ++i) {
                const AllocationItem item{96, 64, &damage[i],
                                          1,  {}, analysis->matrices[i].currentRank};
                const auto hull = hullRanks(item, 4);
                for (std::size_t j = 1; j < hull.size(); ++j)
                    step = std::max(step, item.damage(hull[j - 1]) - item.damage(hull[j]));
            }
            const double best = bruteForce(*analysis, damage, used, 4);
            EXPECT_GE(sum, best - 1e-9);
            EXPECT_LE(sum, best + step + 1e-9) << target << " " << enumName(weights);
        }
    }
}

TEST(Damage, MeasuredCurvesPassThroughTheirProbes) {
    const auto analysis = nineLayers();
    const auto curves = damageCurves(*analysis, {Truncation::Whitened, WeightRule::Measured, {}});
    for (std::size_t i = 0; i < 9; ++i) {
        const std::vector<double> tail = squaredTail(analysis->matrices[i].weighted);
        EXPECT_NEAR(curves[i][24], analysis->matrices[i].probes[1].kl, 1e-12);
        EXPECT_NEAR(
            curves[i][8],
            std::max(analysis->matrices[i].probes[0].kl, analysis->matrices[i].probes[1].kl),
            1e-12);
        EXPECT_EQ(curves[i][64], 0);
        EXPECT_NEAR(curves[i][40] / curves[i][24], tail[40] / tail[24], 1e-9)
            << "beyond the last probe the tail decides";
        EXPECT_NEAR(curves[i][2] / curves[i][8], tail[2] / tail[8], 1e-9);
        for (std::size_t r = 2; r <= 64; ++r)
            EXPECT_LE(curves[i][r], curves[i][r - 1] * (1 + 1e-12)) << r;
        // Halfway in log tail is halfway in log KL: the geometric mean.
        if (curves[i][8] > curves[i][24])
            for (std::size_t r = 9; r < 24; ++r) {
                const double share = std::log(tail[r] / tail[24]) / std::log(tail[8] / tail[24]);
                EXPECT_NEAR(curves[i][r],
                            std::pow(curves[i][8], share) * std::pow(curves[i][24], 1 - share),
                            1e-9);
            }
    }
}

TEST(Damage, WeightsTiersDivideTheRelativeError) {
    const auto analysis = nineLayers();
    const auto relative = damageCurves(*analysis, {Truncation::Whitened, WeightRule::Relative, {}});
    const auto tiers =
        damageCurves(*analysis, {Truncation::Whitened, WeightRule::Tiers, {0.5, 2, 1}});
    EXPECT_NEAR(tiers[0][10], relative[0][10] / 0.5, 1e-12);
    EXPECT_NEAR(tiers[4][10], relative[4][10] / 2, 1e-12);
    EXPECT_NEAR(tiers[8][10], relative[8][10], 1e-12);
    EXPECT_NEAR(relative[3][0], 1, 1e-12);
}

TEST(Budget, RatiosAreAgainstTheDenseReference) {
    const auto analysis = nineLayers();
    const PruneSpec spec = specOf(RankRule::Budget, 0.5);
    const auto ranks = chooseRanks(*analysis, spec, {9 * 96 * 64 * 2, 1000, 1});
    EXPECT_LE(kept(*analysis, *ranks) + 1000, 9 * 96 * 64)
        << "half of twice the size, the biases counted";
    EXPECT_GT(kept(*analysis, *ranks) + 1000, 9 * 96 * 64 - 2 * 160 - 96 * 64);
}

TEST(RankPlan, FollowsFisherEstimatesAndFactoredMatrices) {
    auto analysis = nineLayers();
    analysis->truncation = Truncation::Fisher;
    for (MatrixSpectrum& matrix : analysis->matrices)
        matrix.probes.clear(), matrix.probeKl = NAN, matrix.probeRank = 0;
    analysis->matrices[2].currentRank = 20;
    analysis->matrices[2].weighted.resize(20);
    RankPlan plan(analysis, Truncation::Whitened, 2);
    EXPECT_EQ(plan.truncation(), Truncation::Fisher);
    EXPECT_FALSE(plan.hasMeasuredWeights());
    EXPECT_EQ(plan.price().predictedKl, 0);
    plan.setRank(0, 10);
    EXPECT_NEAR(plan.price().predictedKl, squaredTail(analysis->matrices[0].weighted)[10] / 2,
                1e-9);
    plan.setRank(2, 30);
    EXPECT_EQ(plan.ranks()[2], 0) << "more than it has";
    plan.setRank(2, 10);
    EXPECT_EQ(plan.ranks()[2], 10);
    const double dense = 9 * 96 * 64;
    EXPECT_NEAR(plan.price().mlpRemoved, (2 * 96 * 64 - 2 * 10 * 160) / dense, 1e-12);
    EXPECT_EQ(plan.price().parameters, 100000 - (96 * 64 - 1600) - (20 - 10) * 160);
    PruneSpec spec = specOf(RankRule::Budget, 0.5);
    spec.weights = WeightRule::Tiers;
    spec.tierEarly = 1, spec.tierMiddle = 4, spec.tierLate = 1;
    ASSERT_TRUE(plan.solve(spec));
    const auto tiered = plan.ranks();
    spec.weights = WeightRule::Unit;
    ASSERT_TRUE(plan.solve(spec));
    EXPECT_NE(plan.ranks(), tiered);
    spec = specOf(RankRule::Uniform, 0.5);
    ASSERT_TRUE(plan.solve(spec));
    EXPECT_EQ(plan.ranks(), *chooseRanks(*analysis, spec)) << "the live plan and a run agree";
}

TEST(RankPlan, MeasuredPriceIsTheCurvesSum) {
    const auto analysis = nineLayers();
    RankPlan plan(analysis, Truncation::Whitened, 2);
    plan.setRank(1, 24);
    plan.setRank(5, 24);
    EXPECT_NEAR(plan.price().predictedKl,
                analysis->matrices[1].probes[1].kl + analysis->matrices[5].probes[1].kl, 1e-12);
}

}  // namespace
}  // namespace skd::test
