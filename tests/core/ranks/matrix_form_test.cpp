#include "results/matrix_form.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>

#include "ranks/allocation.h"
#include "ranks/damage.h"
#include "ranks/rank_plan.h"
#include "ranks/rank_rules.h"

namespace skd::test {
namespace {

constexpr MatrixForm kBlock = MatrixForm::IdentityBlock, kPlain = MatrixForm::Factored;

TEST(MatrixForms, ParametersAreThoseOfTheParts) {
    for (const auto& [m, n] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {1536, 576}, {576, 1536}, {64, 64}, {7, 3}, {1, 1}}) {
        EXPECT_EQ(formParameters(kPlain, m, n, 0), m * n);
        EXPECT_EQ(formParameters(kBlock, m, n, 0), m * n);
        std::int64_t last = 0;
        for (std::int64_t r = 1; r <= std::min(m, n); ++r) {
            EXPECT_EQ(formParameters(kPlain, m, n, r), m * r + r * n);
            EXPECT_EQ(formParameters(kBlock, m, n, r), (m - r) * r + r * n);
            EXPECT_GT(formParameters(kBlock, m, n, r), last) << "rises with the rank";
            last = formParameters(kBlock, m, n, r);
        }
        EXPECT_EQ(last, m * n) << "no dead zone: full rank costs what the matrix costs";
        EXPECT_EQ(breakEvenRank(kBlock, m, n), std::min(m, n));
    }
    EXPECT_EQ(breakEvenRank(kPlain, 1536, 576), 419);
    EXPECT_EQ(breakEvenRank(kBlock, 1536, 576), 576);
}

/// The figures of resources/help/method.md, Forms of a cut matrix.
TEST(MatrixForms, RanksForTheSameParameters) {
    const double all = 1536.0 * 576;
    for (const auto& [removed, plain, block] :
         std::vector<std::array<double, 3>>{{0.15, 356, 453}, {0.35, 272, 321}, {0.51, 205, 230}}) {
        EXPECT_EQ(std::floor(rankAtParameters(kPlain, 1536, 576, (1 - removed) * all)), plain);
        EXPECT_EQ(std::floor(rankAtParameters(kBlock, 1536, 576, (1 - removed) * all)), block);
    }
    for (const MatrixForm form : {kPlain, kBlock})
        for (std::int64_t r = 1; r <= 576; r += 23)
            EXPECT_NEAR(rankAtParameters(form, 1536, 576,
                                         static_cast<double>(formParameters(form, 1536, 576, r))),
                        static_cast<double>(r), 1e-9);
}

/// Four matrices of exponential spectra, as dense ones to be cut into `form`.
std::shared_ptr<Analysis> analysisOf(MatrixForm form) {
    auto analysis = std::make_shared<Analysis>();
    analysis->model.totalParameters = 4 * 24 * 16;
    for (int i = 0; i < 4; ++i) {
        MatrixSpectrum matrix{
            .info = {"m" + std::to_string(i), LayerIndex(i), MatrixKind::Gate, 24, 16, form}};
        for (int r = 0; r < 16; ++r) matrix.plain.push_back(10.0 * std::exp(-0.12 * (i + 1) * r));
        matrix.weighted = matrix.plain;
        analysis->matrices.push_back(matrix);
    }
    return analysis;
}

TEST(MatrixForms, NoDeadZoneAndThePriceCountsPermutations) {
    RankPlan plain(analysisOf(kPlain), Truncation::Whitened, 1),
        block(analysisOf(kBlock), Truncation::Whitened, 1);
    EXPECT_EQ(plain.form(), kPlain);
    EXPECT_EQ(block.form(), kBlock);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_LT(plain.deadZoneBegin(i), plain.shared()->matrices[i].info.breakEven());
        EXPECT_EQ(block.deadZoneBegin(i), 16) << "where it ends";
        block.setRank(i, 15);
        EXPECT_EQ(block.ranks()[i], 15);
        block.setRank(i, 16);
        EXPECT_EQ(block.ranks()[i], 0) << "as dear as the matrix";
        plain.setRank(i, 15);
        EXPECT_EQ(plain.ranks()[i], 0);
    }
    block.setRank(1, 5);
    plain.setRank(1, 5);
    const Price price = block.price();
    EXPECT_EQ(price.parameters, 3 * 24 * 16 + 5 * (24 + 16 - 5));
    EXPECT_EQ(price.bytes, 2 * price.parameters + 4 * 24);
    EXPECT_EQ(plain.price().parameters, 3 * 24 * 16 + 5 * (24 + 16));
    EXPECT_EQ(plain.price().bytes, 2 * plain.price().parameters);
}

TEST(MatrixForms, EveryRuleLosesLessWithinItsBudget) {
    for (const RankRule rule : {RankRule::Budget, RankRule::Uniform, RankRule::Tiers}) {
        PruneSpec spec;
        spec.ranks = rule;
        spec.weights = WeightRule::Relative;
        spec.truncation = Truncation::Whitened;
        spec.rankMultiple = 1;
        spec.target = 0.4;
        std::map<MatrixForm, double> lost;
        for (const MatrixForm form : {kPlain, kBlock}) {
            const auto analysis = analysisOf(form);
            const auto ranks = chooseRanks(*analysis, spec);
            ASSERT_TRUE(ranks) << ranks.error().message;
            std::int64_t cost = 0;
            for (std::size_t i = 0; i < 4; ++i) {
                const std::int64_t rank = (*ranks)[i];
                const std::vector<double> tail = squaredTail(analysis->matrices[i].plain);
                cost += formParameters(form, 24, 16, rank);
                if (rank > 0) lost[form] += tail[static_cast<std::size_t>(rank)] / tail[0];
            }
            EXPECT_LE(cost, budgetOf(*analysis, 0.4)) << enumName(rule);
        }
        EXPECT_LT(lost[kBlock], lost[kPlain]) << enumName(rule);
    }
}

/// Against all combinations of ranks: optimal up to the last segment of the hulls.
TEST(MatrixForms, BudgetsAreAsGoodAsBruteForceUpToOneSegment) {
    const auto analysis = analysisOf(kBlock);
    const DamageCurves damage =
        damageCurves(*analysis, {Truncation::Whitened, WeightRule::Relative, {}});
    std::vector<AllocationItem> items;
    double largestStep = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        items.push_back(AllocationItem::of(analysis->matrices[i], damage[i]));
        const auto hull = hullRanks(items[i], 1);
        for (std::size_t j = 1; j < hull.size(); ++j)
            largestStep =
                std::max(largestStep, items[i].damage(hull[j - 1]) - items[i].damage(hull[j]));
    }
    for (const double removed : {0.1, 0.3, 0.5, 0.7}) {
        const std::int64_t budget = budgetOf(*analysis, removed);
        double best = 1e300;
        std::vector<std::int64_t> ranks(4);
        const std::function<void(std::size_t, std::int64_t, double)> tryFrom =
            [&](std::size_t i, std::int64_t cost, double sum) {
                if (cost > budget || sum >= best) return;
                if (i == 4) {
                    best = sum;
                    return;
                }
                for (std::int64_t r = 0; r <= 15; ++r)
                    tryFrom(i + 1, cost + (r == 0 ? 24 * 16 : r * (24 + 16 - r)),
                            sum + items[i].damage(r));
            };
        tryFrom(0, 0, 0);
        double got = 0;
        const auto chosen = allocateBudget(items, budget, 1);
        for (std::size_t i = 0; i < 4; ++i) got += items[i].damage(chosen[i]);
        EXPECT_GE(got, best - 1e-12) << removed;
        EXPECT_LE(got, best + largestStep + 1e-12) << removed;
    }
}

/// A matrix that an earlier round factored plainly: as an identity block of the same rank it is
/// smaller and loses nothing.
TEST(MatrixForms, PlainFactorsBecomeBlocksOfTheSameRank) {
    const auto analysis = analysisOf(kBlock);
    for (MatrixSpectrum& matrix : analysis->matrices) {
        matrix.currentRank = 6;
        matrix.plain.resize(6);
        matrix.weighted.resize(6);
    }
    EXPECT_EQ(analysis->matrices[0].parametersAt(0), 6 * 40);
    EXPECT_EQ(analysis->matrices[0].parametersAt(6), 6 * 34);
    PruneSpec spec;
    spec.weights = WeightRule::Relative;
    spec.truncation = Truncation::Whitened;
    spec.rankMultiple = 1;
    spec.target = 1 - (4.0 * 6 * 34 + 1) / (4.0 * 24 * 16);
    const auto ranks = chooseRanks(*analysis, spec);
    ASSERT_TRUE(ranks);
    EXPECT_EQ(*ranks, (std::vector<std::int64_t>{6, 6, 6, 6}));
    for (MatrixSpectrum& matrix : analysis->matrices) matrix.currentForm = kBlock;
    EXPECT_EQ(analysis->matrices[0].parametersAt(0), 6 * 34);
}

}  // namespace
}  // namespace skd::test
