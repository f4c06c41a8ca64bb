#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "ranks/damage.h"
#include "ranks/depth.h"
#include "ranks/rank_plan.h"
#include "ranks/rank_rules.h"

namespace skd::test {
namespace {

/// Tails 14.25, 5.25, 1.25, 0.25, 0.
Analysis oneMatrix(std::vector<RankProbe> probes, std::vector<double> sigma = {3, 2, 1, 0.5}) {
    MatrixSpectrum matrix{
        .info = {"model.layers.0.mlp.up_proj", LayerIndex(0), MatrixKind::Up, 24, 16},
        .weighted = std::move(sigma),
        .probes = std::move(probes)};
    if (!matrix.probes.empty()) {
        matrix.probeRank = matrix.probes.back().rank;
        matrix.probeKl = matrix.probes.back().kl;
    }
    Analysis analysis;
    analysis.probeLaw = ProbeLaw::Power;
    analysis.matrices.push_back(std::move(matrix));
    return analysis;
}

std::vector<double> curveOf(const Analysis& analysis) {
    return damageCurves(analysis, {Truncation::Whitened, WeightRule::Measured, {}}).front();
}

void expectCurve(const std::vector<double>& curve, const std::vector<double>& expected) {
    ASSERT_EQ(curve.size(), expected.size());
    for (std::size_t i = 0; i < curve.size(); ++i)
        EXPECT_NEAR(curve[i], expected[i], 1e-12 * (1 + expected[i])) << i;
}

TEST(ProbeLaw, TwoProbesFixThePower) {
    // numpy: p = log(.6/.02)/log(5.25/.25) = 1.11715..., c = .6/5.25**p
    expectCurve(curveOf(oneMatrix({{1, 0.6}, {3, 0.02}})),
                {1.8306733621027553, 0.6, 0.1207498039989217, 0.02, 0});
}

TEST(ProbeLaw, MoreProbesAreFittedByLeastSquaresOfLogarithms) {
    // numpy: polyfit(log([5.25, 1.25, .25]), log([.6, .1, .02]), 1)
    expectCurve(
        curveOf(oneMatrix({{1, 0.6}, {2, 0.1}, {3, 0.02}})),
        {1.7090686596148394, 0.5614668652110356, 0.11337866589965793, 0.018850625781920535, 0});
}

TEST(ProbeLaw, OneProbeScalesTheTail) {
    expectCurve(curveOf(oneMatrix({{2, 0.1}})), {1.14, 0.42, 0.1, 0.02, 0});
    expectCurve(curveOf(oneMatrix({{2, 0.1}, {2, 0.1}})), {1.14, 0.42, 0.1, 0.02, 0});
}

TEST(ProbeLaw, PowersBeyondReasonAreHeldAtTheMiddleOfTheProbes) {
    const auto middle = std::sqrt(5.25 * 0.25);
    for (const auto& [deep, power] : {std::pair{50000.0, 4.0}, std::pair{0.021, 0.25}}) {
        const auto curve = curveOf(oneMatrix({{1, deep}, {3, 0.02}}));
        const double factor = std::sqrt(deep * 0.02) / std::pow(middle, power);
        for (const auto& [rank, tail] : {std::pair{0, 14.25}, {1, 5.25}, {2, 1.25}, {3, 0.25}})
            EXPECT_NEAR(curve[static_cast<std::size_t>(rank)] / (factor * std::pow(tail, power)), 1,
                        1e-12);
    }
}

TEST(ProbeLaw, ProbesWithoutDamageOrTailStillGiveAFallingCurve) {
    const std::vector<std::vector<RankProbe>> cases{
        {{1, -0.01}, {3, 0.02}}, {{1, 0.6}, {3, -1e-4}},   {{1, -0.01}, {3, -0.02}},
        {{1, 0.6}, {4, 0.0}},    {{1, 0.001}, {3, 0.02}},  {{0, 0.4}, {9, 0.1}},
        {{1, 0}, {3, 0}},        {{1, NAN}, {3, INFINITY}}};
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto curve = curveOf(oneMatrix(cases[i]));
        EXPECT_EQ(curve.back(), 0) << i;
        for (std::size_t r = 1; r < curve.size(); ++r) {
            EXPECT_LT(curve[r], curve[r - 1]) << i << " at rank " << r;
            EXPECT_TRUE(std::isfinite(curve[r - 1])) << i;
        }
    }
    // The probe at full rank says nothing: the other scales the tail.
    expectCurve(curveOf(oneMatrix({{1, 0.6}, {4, 0}})),
                {0.6 * 14.25 / 5.25, 0.6, 0.6 * 1.25 / 5.25, 0.6 * 0.25 / 5.25, 0});
    const auto flat = curveOf(oneMatrix({{1, 0.6}, {2, 0.1}}, {0, 0, 0, 0}));
    EXPECT_EQ(flat, std::vector<double>(5, 0.0)) << "a matrix of zeros loses nothing";
}

/// Four layers with probes at two ranks.
std::shared_ptr<Analysis> fourLayers() {
    auto analysis = std::make_shared<Analysis>();
    analysis->model.layers = 4;
    analysis->model.totalParameters = 100000;
    analysis->probeLaw = ProbeLaw::Power;
    for (int i = 0; i < 4; ++i) {
        MatrixSpectrum matrix{.info = {"model.layers." + std::to_string(i) + ".mlp.up_proj",
                                       LayerIndex(i), MatrixKind::Up, 96, 64}};
        for (int r = 0; r < 64; ++r) {
            matrix.plain.push_back(10.0 / (1 + 0.2 * r));
            matrix.weighted.push_back((4.0 + i) * std::exp(-0.01 * (i + 1) * r));
        }
        matrix.probes = {{4, 0.5 / (i + 1)}, {20, 0.02 * (i + 1)}};
        matrix.probeRank = 20;
        matrix.probeKl = matrix.probes[1].kl;
        analysis->matrices.push_back(matrix);
    }
    return analysis;
}

/// Every profile of multiples of 4, dense included.
double bruteForceOf(const Analysis& analysis, const DamageCurves& damage, std::int64_t budget) {
    double best = INFINITY;
    const std::function<void(std::size_t, double, std::int64_t)> descend =
        [&](std::size_t i, double sum, std::int64_t cost) {
            if (cost > budget) return;
            if (i == damage.size()) {
                best = std::min(best, sum);
                return;
            }
            const MatrixSpectrum& matrix = analysis.matrices[i];
            descend(i + 1, sum, cost + matrix.parametersAt(0));
            for (std::size_t r = 4; r < 64; r += 4)
                descend(i + 1, sum + damage[i][r],
                        cost + matrix.parametersAt(static_cast<std::int64_t>(r)));
        };
    descend(0, 0, 0);
    return best;
}

TEST(ProbeLaw, BudgetsByPowersAndDepthAreNearBruteForce) {
    const auto analysis = fourLayers();
    PruneSpec spec;
    spec.truncation = Truncation::Whitened;
    spec.rankMultiple = 4;
    for (const DepthWeight weight : {DepthWeight{}, DepthWeight{0, 5}, DepthWeight{1.5, 2}})
        for (const double target : {0.2, 0.5}) {
            spec.target = target;
            const DamageCurves damage =
                weighedByDepth(damageCurves(*analysis, damageRule(spec)), *analysis, weight);
            const auto ranks = budgetRanks(*analysis, spec, {}, damage);
            ASSERT_TRUE(ranks) << ranks.error().message;
            double sum = 0, step = 0;
            std::int64_t used = 0;
            for (std::size_t i = 0; i < 4; ++i) {
                const AllocationItem item = AllocationItem::of(analysis->matrices[i], damage[i]);
                sum += item.damage((*ranks)[i]);
                used += item.cost((*ranks)[i]);
                const auto hull = hullRanks(item, 4);
                for (std::size_t j = 1; j < hull.size(); ++j)
                    step = std::max(step, item.damage(hull[j - 1]) - item.damage(hull[j]));
            }
            const double best = bruteForceOf(*analysis, damage, used);
            EXPECT_GE(sum, best - 1e-12);
            EXPECT_LE(sum, best + step) << target;
        }
}

TEST(ProbeLaw, DepthMovesRankFromLateLayersToEarlyOnes) {
    auto analysis = fourLayers();
    for (MatrixSpectrum& matrix : analysis->matrices)  // alike but for their depth
        matrix.weighted = analysis->matrices[0].weighted, matrix.probes = {{4, 0.5}, {20, 0.02}};
    PruneSpec spec;
    spec.truncation = Truncation::Whitened;
    spec.rankMultiple = 4;
    spec.target = 0.5;
    const DamageCurves damage = damageCurves(*analysis, damageRule(spec));
    const auto plain = *budgetRanks(*analysis, spec, {}, damage);
    const auto deep = *budgetRanks(*analysis, spec, {}, weighedByDepth(damage, *analysis, {0, 7}));
    EXPECT_GT(deep.front(), plain.front());
    EXPECT_LT(deep.back(), plain.back());
    for (std::size_t i = 1; i < 4; ++i) EXPECT_LE(deep[i], deep[i - 1]);
}

TEST(ProbeLaw, ThePlanOnScreenPredictsByTheAnalysisLaw) {
    const auto analysis = fourLayers();
    auto points = std::make_shared<Analysis>(*analysis);
    points->probeLaw = ProbeLaw::Points;
    RankPlan byPower(analysis, Truncation::Whitened, 2), byPoints(points, Truncation::Whitened, 2);
    for (RankPlan* plan : {&byPower, &byPoints}) plan->setRank(1, 4), plan->setRank(2, 20);
    EXPECT_NEAR(byPower.price().predictedKl, 0.25 + 0.06, 1e-12) << "both go through the probes";
    EXPECT_NEAR(byPoints.price().predictedKl, 0.25 + 0.06, 1e-12);
    for (RankPlan* plan : {&byPower, &byPoints}) plan->setRank(1, 38), plan->setRank(2, 38);
    EXPECT_GT(std::fabs(byPower.price().predictedKl / byPoints.price().predictedKl - 1), 0.02)
        << "they part beyond them";
}

}  // namespace
}  // namespace skd::test
