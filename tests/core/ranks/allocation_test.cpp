#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

#include "ranks/allocation.h"
#include "ranks/rank_plan.h"

namespace skd::test {
namespace {

struct Set {
    std::vector<std::vector<double>> tails;
    std::vector<AllocationItem> items;
    std::int64_t dense = 0;
};

/// Random spectra over random shapes, m and n below 24.
Set randomSet(std::size_t matrices, std::int64_t limit = 24) {
    Set set;
    for (std::size_t i = 0; i < matrices; ++i) {
        const auto rows = *rc::gen::inRange<std::int64_t>(4, limit),
                   columns = *rc::gen::inRange<std::int64_t>(4, limit);
        std::vector<double> sigma;
        for (std::int64_t r = 0; r < std::min(rows, columns); ++r)
            sigma.push_back(*rc::gen::inRange(1, 1000) / 100.0);
        std::sort(sigma.rbegin(), sigma.rend());
        set.tails.push_back(squaredTail(sigma));
        set.items.push_back({rows, columns, nullptr, *rc::gen::inRange(1, 100) / 10.0, {}});
        set.dense += rows * columns;
    }
    for (std::size_t i = 0; i < matrices; ++i) set.items[i].tail = &set.tails[i];
    return set;
}

std::int64_t cost(const Set& set, const std::vector<std::int64_t>& ranks) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += set.items[i].cost(ranks[i]);
    return sum;
}

double damage(const Set& set, const std::vector<std::int64_t>& ranks) {
    double sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += set.items[i].damage(ranks[i]);
    return sum;
}

RC_GTEST_PROP(Allocation, StaysInBudgetAndOutOfTheDeadZone, ()) {
    const Set set = randomSet(*rc::gen::inRange<std::size_t>(1, 7));
    const auto budget = static_cast<std::int64_t>(static_cast<double>(set.dense) *
                                                  *rc::gen::inRange(40, 101) / 100.0);
    const std::vector<std::int64_t> ranks = allocateBudget(set.items, budget, 1);
    std::int64_t smallest = 0;
    for (const AllocationItem& item : set.items) smallest += item.cost(1);
    if (smallest <= budget) RC_ASSERT(cost(set, ranks) <= budget);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const std::vector<std::int64_t> hull = hullRanks(set.items[i], 1);
        RC_ASSERT(std::find(hull.begin(), hull.end(), ranks[i]) != hull.end());
        RC_ASSERT(ranks[i] == 0 || set.items[i].cost(ranks[i]) < set.items[i].cost(0));
    }
}

RC_GTEST_PROP(Allocation, MoreBudgetNeverHurts, ()) {
    const Set set = randomSet(*rc::gen::inRange<std::size_t>(1, 7));
    double before = INFINITY;
    for (int percent = 40; percent <= 100; percent += 3) {
        const std::vector<std::int64_t> ranks =
            allocateBudget(set.items, set.dense * percent / 100, 1);
        // Steps are whole corners of hulls: one that just fits can displace two smaller ones by
        // less than its own worth.
        double largestStep = 0;
        for (std::size_t i = 0; i < set.items.size(); ++i) {
            const std::vector<std::int64_t> hull = hullRanks(set.items[i], 1);
            for (std::size_t j = 1; j < hull.size(); ++j)
                largestStep = std::max(
                    largestStep, set.items[i].damage(hull[j - 1]) - set.items[i].damage(hull[j]));
        }
        RC_ASSERT(damage(set, ranks) <= before + largestStep + 1e-9);
        before = damage(set, ranks);
    }
}

/// Every combination of ranks for up to three matrices.
double bruteForce(const Set& set, std::int64_t budget) {
    double best = INFINITY;
    std::vector<std::int64_t> ranks(set.items.size(), 0);
    const std::function<void(std::size_t)> descend = [&](std::size_t i) {
        if (i == ranks.size()) {
            if (cost(set, ranks) <= budget) best = std::min(best, damage(set, ranks));
            return;
        }
        for (std::int64_t r = 0; r < static_cast<std::int64_t>(set.tails[i].size()); ++r) {
            ranks[i] = r;
            descend(i + 1);
        }
    };
    descend(0);
    return best;
}

RC_GTEST_PROP(Allocation, EqualsBruteForceWhereTheBudgetIsMet, ()) {
    const Set set = randomSet(*rc::gen::inRange<std::size_t>(1, 4), 11);
    const auto wanted = static_cast<std::int64_t>(static_cast<double>(set.dense) *
                                                  *rc::gen::inRange(45, 101) / 100.0);
    const std::vector<std::int64_t> ranks = allocateBudget(set.items, wanted, 1);
    // Corners of hulls in order of slope are optimal for the budget they use exactly (Everett
    // 1963), as long as none was skipped on the way: ask for what was used.
    const std::int64_t used = cost(set, ranks);
    const std::vector<std::int64_t> exact = allocateBudget(set.items, used, 1);
    const double best = bruteForce(set, used);
    double largestStep = 0;
    for (const AllocationItem& item : set.items) {
        const std::vector<std::int64_t> hull = hullRanks(item, 1);
        for (std::size_t j = 1; j < hull.size(); ++j)
            largestStep = std::max(largestStep, item.damage(hull[j - 1]) - item.damage(hull[j]));
    }
    RC_ASSERT(damage(set, exact) >= best - 1e-9);
    RC_ASSERT(damage(set, exact) <= best + largestStep + 1e-9);
}

TEST(AllocationBruteForce, IsOptimalOnEqualShapesWithoutDenseOption) {
    // Convex curves and equal prices: greedy must equal brute force exactly.
    Set set;
    set.tails = {squaredTail({9, 5, 3, 1, 0.5, 0.2}), squaredTail({8, 7, 6, 2, 1, 0.1}),
                 squaredTail({4, 3, 2, 1.5, 1.2, 1})};
    for (const auto& tail : set.tails) set.items.push_back({6, 600, &tail, 1, {}});
    for (std::int64_t budget = 3 * 606; budget <= 12 * 606; budget += 606)
        EXPECT_DOUBLE_EQ(damage(set, allocateBudget(set.items, budget, 1)), [&] {
            double best = INFINITY;
            for (std::int64_t a = 1; a < 6; ++a)
                for (std::int64_t b = 1; b < 6; ++b)
                    for (std::int64_t c = 1; c < 6; ++c)
                        if (cost(set, {a, b, c}) <= budget)
                            best = std::min(best, damage(set, {a, b, c}));
            return best;
        }()) << budget;
}

TEST(Allocation, DeadZoneBeginsWhereTheDenseJumpPays) {
    // Flat spectrum: E(r)/(mn - r(m+n)) equals sigma^2/(m+n) nowhere below break-even, so dense or
    // little.
    const std::vector<double> tail = squaredTail(std::vector<double>(20, 1.0));
    const AllocationItem item{20, 20, &tail, 1, {}};
    const std::vector<std::int64_t> hull = hullRanks(item, 1);
    EXPECT_EQ(hull, (std::vector<std::int64_t>{1, 0}));
}

TEST(Allocation, LockedRanksStay) {
    Set set;
    set.tails = {squaredTail({5, 4, 3, 2, 1, 1}), squaredTail({5, 4, 3, 2, 1, 1})};
    for (const auto& tail : set.tails) set.items.push_back({6, 60, &tail, 1, {}});
    set.items[0].lockedRank = 2;
    const auto ranks = allocateBudget(set.items, 5 * 66, 1);
    EXPECT_EQ(ranks[0], 2);
    EXPECT_EQ(ranks[1], 3);
}

AnalysisPtr syntheticAnalysis() {
    auto analysis = std::make_shared<Analysis>();
    analysis->model.totalParameters = 100000;
    analysis->model.tiedHead = true;
    for (int i = 0; i < 4; ++i) {
        MatrixSpectrum matrix{
            .info = {"m" + std::to_string(i), LayerIndex(i), MatrixKind::Gate, 96, 64}};
        for (int r = 0; r < 64; ++r) {
            matrix.plain.push_back(10.0 / (1 + 0.2 * r));
            matrix.weighted.push_back(20.0 * std::exp(-0.05 * (i + 1) * r));
        }
        matrix.probeRank = 16;
        matrix.probeKl = 0.01 * (i + 1);
        analysis->matrices.push_back(matrix);
    }
    return analysis;
}

TEST(RankPlan, PriceAgreesWithArithmetic) {
    RankPlan plan(syntheticAnalysis());
    plan.setRank(0, 16);
    plan.setRank(2, 16);
    const Price price = plan.price();
    const double dense = 4 * 96 * 64, kept = 2 * 96 * 64 + 2 * 16 * 160;
    EXPECT_DOUBLE_EQ(price.mlpRemoved, (dense - kept) / dense);
    EXPECT_EQ(price.parameters, 100000 - static_cast<std::int64_t>(dense - kept));
    EXPECT_EQ(price.bytes, 2 * price.parameters);
    EXPECT_NEAR(price.predictedKl, 0.01 + 0.03, 1e-12)
        << "at the probe rank the prediction is the probe";
}

TEST(RankPlan, BudgetIsKeptAndLayersCanBeLocked) {
    RankPlan plan(syntheticAnalysis());
    PruneSpec spec;
    spec.target = 0.4;
    ASSERT_TRUE(plan.solve(spec));
    EXPECT_GE(plan.price().mlpRemoved, 0.4);
    plan.setRanks({0, 0, 0, 0});
    spec.locked = {"m0"};
    ASSERT_TRUE(plan.solve(spec));
    EXPECT_EQ(plan.ranks()[0], 0);
    EXPECT_GE(plan.price().mlpRemoved, 0.4);
}

TEST(RankPlan, EnergyAndJsonRoundTrip) {
    RankPlan plan(syntheticAnalysis());
    PruneSpec spec;
    spec.ranks = RankRule::Energy;
    spec.energy = 0.9;
    ASSERT_TRUE(plan.solve(spec));
    for (std::size_t i = 0; i < 4; ++i) EXPECT_GE(plan.energy(i), 0.9);
    RankPlan other(plan.shared());
    ASSERT_TRUE(other.fromJson(plan.toJson()));
    EXPECT_EQ(other.ranks(), plan.ranks());
    Json wrong = plan.toJson();
    wrong["ranks"].erase("m1");
    const Status status = other.fromJson(wrong);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("m1"), std::string::npos);
    EXPECT_EQ(other.ranks(), plan.ranks());
}

TEST(RankPlan, PlainSpectraHaveNoMeasuredWeightsOfWhitenedProbes) {
    EXPECT_TRUE(RankPlan(syntheticAnalysis(), Truncation::Whitened).hasMeasuredWeights());
    EXPECT_FALSE(RankPlan(syntheticAnalysis(), Truncation::Plain).hasMeasuredWeights());
}

}  // namespace
}  // namespace skd::test
