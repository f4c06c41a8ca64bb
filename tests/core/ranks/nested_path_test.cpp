#include "ranks/nested_path.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>

#include "core/ranks/path_fixture.h"
#include "ranks/damage.h"
#include "ranks/rank_rules.h"

namespace skd::test {
namespace {

using Ranks = std::vector<std::int64_t>;

double damageOf(const PathProblem& problem, const Ranks& ranks) {
    double sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += problem.items[i].damage(ranks[i]);
    return sum;
}

/// Whether the matrix has at least what `before` has.
bool isAtLeast(std::int64_t rank, std::int64_t before) {
    return rank == 0 || (before != 0 && rank >= before);
}

MatrixForm randomForm() {
    return *rc::gen::arbitrary<bool>() ? MatrixForm::Factored : MatrixForm::IdentityBlock;
}

/// Nested component by component, within budget, and all but one matrix on a corner of its hull.
RC_GTEST_PROP(NestedPathProperty, ProfilesNestFitAndLieOnTheHulls, ()) {
    const PathProblem problem = randomProblem(*rc::gen::inRange<std::size_t>(1, 7), randomForm());
    const NestedPathOptions options{.largest = 0.1, .smallest = 0.6, .multiple = 2, .floor = 2};
    const auto path = NestedPath::plan(problem.items, problem.names, options);
    if (!path) RC_DISCARD("no size lies between");
    Ranks before = path->ranksAt(0);
    for (std::size_t t = 0; t <= path->steps(); ++t) {
        const Ranks ranks = path->ranksAt(t);
        RC_ASSERT(path->cost(t) == path->costOf(ranks));
        int offHull = 0;
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            const AllocationItem& item = problem.items[i];
            RC_ASSERT(isAtLeast(ranks[i], before[i]));
            RC_ASSERT(ranks[i] == 0 || (ranks[i] >= 2 && item.cost(ranks[i]) < item.cost(0)));
            const Ranks hull = hullRanks(item, 2, {2, 0});
            if (std::ranges::find(hull, ranks[i]) != hull.end()) continue;
            ++offHull;
            // Above the last factored corner only where ranks run on to full rank.
            const std::int64_t last = (std::min(item.rows, item.columns) - 1) / 2 * 2;
            RC_ASSERT(ranks[i] < hull[hull.size() - 2] || item.cost(last) < item.cost(0));
        }
        RC_ASSERT(offHull <= 1);
        before = ranks;
    }
}

/// The longest prefix within the budget, by the definition.
RC_GTEST_PROP(NestedPathProperty, SizesAreMetWithinOneStep, ()) {
    const PathProblem problem = randomProblem(*rc::gen::inRange<std::size_t>(2, 7), randomForm());
    const auto path =
        NestedPath::plan(problem.items, problem.names,
                         {.largest = 0.05, .smallest = 0.6, .multiple = 1, .floor = 1});
    if (!path) RC_DISCARD("no size lies between");
    for (int percent = 5; percent <= 60; ++percent) {
        const double removed = percent / 100.0;
        const std::size_t t = path->prefixAt(removed);
        RC_ASSERT(path->cost(t) <= parametersKept(problem.dense, removed));
        RC_ASSERT(path->removedAt(path->cost(t)) >= removed - 1e-12);
        if (t < path->steps())
            RC_ASSERT(path->cost(t + 1) > parametersKept(problem.dense, removed));
    }
    RC_ASSERT(path->prefixAt(0.05) == path->steps());
    RC_ASSERT(path->prefixAt(0.0) == path->steps());
    RC_ASSERT(path->prefixAt(0.6) == 0u);
    RC_ASSERT(path->prefixAt(0.99) == 0u);
}

/// At most one segment's damage more than the allocation of that very budget.
RC_GTEST_PROP(NestedPathProperty, LosesAtMostOneSegmentToTheAllocation, ()) {
    const PathProblem problem = randomProblem(*rc::gen::inRange<std::size_t>(2, 7), randomForm());
    const auto path =
        NestedPath::plan(problem.items, problem.names,
                         {.largest = 0.05, .smallest = 0.6, .multiple = 1, .floor = 1});
    if (!path) RC_DISCARD("no size lies between");
    double segment = 0;
    for (const AllocationItem& item : problem.items) {
        const Ranks hull = hullRanks(item, 1);
        for (std::size_t j = 1; j < hull.size(); ++j)
            segment = std::max(segment, item.damage(hull[j - 1]) - item.damage(hull[j]));
    }
    for (int percent = 5; percent <= 60; percent += 5) {
        const double removed = percent / 100.0;
        const Ranks best = allocateBudget(problem.items, parametersKept(problem.dense, removed), 1);
        RC_ASSERT(damageOf(problem, path->ranksAt(path->prefixAt(removed))) <=
                  damageOf(problem, best) + segment + 1e-9);
    }
}

/// Four matrices of five ranks, or dense: for every price of a parameter the profile of least
/// damage + price cost, found by trying all 1,296, is a prefix of the path.
RC_GTEST_PROP(NestedPathProperty, HoldsWhatBruteForceFindsAtEveryPrice, ()) {
    PathProblem problem;
    for (int i = 0; i < 4; ++i) {
        std::vector<double> sigma;
        for (int r = 0; r < 6; ++r) sigma.push_back(*rc::gen::inRange(1, 1000) / 100.0);
        std::ranges::sort(sigma, std::greater());
        problem.add(6, *rc::gen::inRange<std::int64_t>(40, 400), squaredTail(sigma));
    }
    problem.connect(MatrixForm::Factored);
    const auto path = NestedPath::plan(problem.items, problem.names,
                                       {.largest = 0, .smallest = 0.8, .multiple = 1, .floor = 1});
    RC_ASSERT(path.has_value());
    for (double price = 1e-6; price < 10; price *= 1.5) {
        Ranks best(4), ranks(4);
        double least = INFINITY;
        for (std::int64_t code = 0; code < 1296; ++code) {
            std::int64_t rest = code;
            for (std::int64_t& rank : ranks) rank = rest % 6, rest /= 6;
            const double total =
                damageOf(problem, ranks) + price * static_cast<double>(path->costOf(ranks));
            if (total < least) least = total, best = ranks;
        }
        const std::int64_t cost = path->costOf(best);
        if (cost < path->cost(0)) continue;  // smaller than the smallest size
        bool isPrefix = false;
        for (std::size_t t = 0; t <= path->steps(); ++t)
            isPrefix = isPrefix || path->ranksAt(t) == best;
        RC_ASSERT(isPrefix);
    }
}

TEST(NestedPath, StopsAtTheFirstStepThatNoLongerFits) {
    // The jump of the first matrix comes between steps of the second and does not fit; the
    // allocator skips it and continues with the second.
    PathProblem problem;
    problem.add(40, 40, squaredTail(std::vector<double>(40, 1.0)));
    std::vector<double> steep(40, 0.0);
    for (std::size_t r = 0; r < 40; ++r) steep[r] = 3 * std::exp(-0.1 * static_cast<double>(r));
    problem.add(40, 40, squaredTail(steep));
    problem.connect(MatrixForm::Factored);
    const NestedPathOptions options{.largest = 0.5, .smallest = 0.94, .multiple = 1, .floor = 1};
    const auto path = NestedPath::plan(problem.items, problem.names, options);
    ASSERT_TRUE(path) << path.error().message;
    const std::int64_t budget = parametersKept(problem.dense, 0.5);
    const Ranks skipped = allocateBudget(problem.items, budget, 1),
                stopped = path->ranksAt(path->steps());
    EXPECT_EQ(stopped, (Ranks{1, 8})) << "9 e^(-0.2 r) / 80 against 39 / 1520";
    EXPECT_EQ(skipped[0], 1) << "its jump does not fit";
    EXPECT_GT(skipped[1], stopped[1]) << "the allocator spends what is left";
}

TEST(NestedPath, SegmentsAreSplitAndTheJumpToDenseIsNot) {
    PathProblem problem;
    problem.add(96, 96, squaredTail(std::vector<double>(96, 1.0)));  // one segment: floor to dense
    for (const MatrixForm form : {MatrixForm::Factored, MatrixForm::IdentityBlock}) {
        problem.connect(form);
        const auto path =
            NestedPath::plan(problem.items, problem.names,
                             {.largest = 0, .smallest = form == MatrixForm::Factored ? 0.3 : 0.44});
        ASSERT_TRUE(path) << path.error().message;
        if (form == MatrixForm::Factored) {
            EXPECT_EQ(path->steps(), 1u) << "the dead zone is jumped";
            EXPECT_EQ(path->ranksAt(0), (Ranks{32}));
        } else {
            // 48, 64, 80 and dense; the floor of 32 costs 0.556 of the matrix.
            EXPECT_EQ(path->steps(), 4u);
            EXPECT_EQ(path->ranksAt(1), (Ranks{48}));
            EXPECT_EQ(path->ranksAt(3), (Ranks{80}));
        }
        EXPECT_EQ(path->ranksAt(path->steps()), (Ranks{0}));
    }
}

TEST(NestedPath, LockedMatricesKeepTheirRankAndCount) {
    PathProblem problem = fixedProblem(4);
    problem.items[1].lockedRank = 0;
    problem.items[2].lockedRank = 48;
    const auto path =
        NestedPath::plan(problem.items, problem.names, {.largest = 0.2, .smallest = 0.5});
    ASSERT_TRUE(path) << path.error().message;
    for (std::size_t t = 0; t <= path->steps(); ++t) {
        EXPECT_EQ(path->ranksAt(t)[1], 0);
        EXPECT_EQ(path->ranksAt(t)[2], 48);
    }
    EXPECT_EQ(path->bounds(1), RankBounds());
    EXPECT_EQ(path->bounds(2), RankBounds());
    EXPECT_GE(path->removedAt(path->cost(path->steps())), 0.2);
}

TEST(NestedPath, CapsEndALaterPlanWhereTheFactorsEnd) {
    PathProblem problem = fixedProblem(5);
    const NestedPathOptions options{.largest = 0.2, .smallest = 0.6};
    const auto first = NestedPath::plan(problem.items, problem.names, options);
    ASSERT_TRUE(first);
    const Ranks caps = first->ranksAt(first->steps());
    for (std::size_t i = 0; i < problem.items.size(); ++i)
        problem.items[i].weight = i % 2 == 0 ? 9 : 0.2;
    NestedPathOptions later = options;
    later.caps = caps;
    const auto second = NestedPath::plan(problem.items, problem.names, later);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->ranksAt(second->steps()), caps);
    EXPECT_NE(second->ranksAt(second->prefixAt(0.4)), first->ranksAt(first->prefixAt(0.4)));
    EXPECT_NE(second->sha256(), first->sha256());
}

TEST(NestedPath, WhatCannotBePlannedIsSaid) {
    PathProblem problem = fixedProblem(3);
    const auto errorOf = [&](const NestedPathOptions& options) {
        const auto path = NestedPath::plan(problem.items, problem.names, options);
        return path ? std::string() : path.error().message;
    };
    EXPECT_EQ(errorOf({.largest = 0.2, .smallest = 0.5}), "");
    EXPECT_NE(errorOf({.largest = 0.2, .smallest = 0.98}).find("least rank"), std::string::npos);
    EXPECT_NE(errorOf({.largest = 0.4, .smallest = 0.4001}).find("no rank lies between"),
              std::string::npos);
    EXPECT_NE(errorOf({.largest = 0.5, .smallest = 0.5}).find("largest size"), std::string::npos);
    problem.tails[1][40] = NAN;
    EXPECT_NE(errorOf({.largest = 0.2, .smallest = 0.5}).find("matrix.1"), std::string::npos);
}

TEST(NestedPath, PricesAreThoseOfTheRanksRule) {
    auto analysis = std::make_shared<Analysis>();
    for (int i = 0; i < 4; ++i) {
        MatrixSpectrum matrix{.info = {"m" + std::to_string(i), LayerIndex(i), MatrixKind::Gate,
                                       192, 128, MatrixForm::IdentityBlock}};
        for (int r = 0; r < 128; ++r) matrix.plain.push_back(10.0 * std::exp(-0.02 * (i + 1) * r));
        matrix.weighted = matrix.plain;
        analysis->matrices.push_back(matrix);
    }
    RunSpec spec;
    spec.elastic.largest = 0.15;
    spec.elastic.smallest = 0.5;
    spec.prune.weights = WeightRule::Relative;
    const RankBase base{.denseParameters = 4 * 192 * 128 + 1000, .fixedParameters = 1000};
    const DamageCurves damage = damageCurves(*analysis, damageRule(spec.prune));
    const auto path = nestedPath(*analysis, spec, base, damage);
    ASSERT_TRUE(path) << path.error().message;
    for (const double removed : {0.15, 0.3, 0.5})
        EXPECT_LE(path->cost(path->prefixAt(removed)), budgetOf(*analysis, removed, base));
    EXPECT_EQ(path->costOf({32, 48, 0, 64}),
              32 * (320 - 32) + 48 * (320 - 48) + 192 * 128 + 64 * (320 - 64));
    spec.prune.locked = {"m7"};
    EXPECT_FALSE(nestedPath(*analysis, spec, base, damage));
}

TEST(NestedPath, JsonRoundTripKeepsEverythingAndIsChecked) {
    const PathProblem problem = fixedProblem(4);
    const auto path =
        NestedPath::plan(problem.items, problem.names, {.largest = 0.15, .smallest = 0.5});
    ASSERT_TRUE(path) << path.error().message;
    const auto text = parseJson(dumpJson(path->toJson()));
    ASSERT_TRUE(text);
    const auto read = NestedPath::fromJson(*text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, *path);
    EXPECT_EQ(read->sha256().size(), 64u);
    const std::vector<std::function<void(Json&)>> damages{
        [](Json& json) { json = Json::array(); },
        [](Json& json) { json.erase("matrices"); },
        [](Json& json) { json["largest"] = 0.16; },
        [](Json& json) { json["largest"] = 0.7; },
        [](Json& json) { json["dense_parameters"] = 10; },
        [](Json& json) { json["unknown"] = 1; },
        [](Json& json) { json["sha256"] = "0"; },
        [](Json& json) { json["step_ranks"].erase(0); },
        [](Json& json) { json["step_ranks"][0] = 16; },
        [](Json& json) { json["step_ranks"][0] = 1000; },
        [](Json& json) { json["step_matrices"][0] = 4; },
        [](Json& json) { json["step_matrices"][0] = -1; },
        [](Json& json) { json["matrices"][0]["start"] = 900; },
        [](Json& json) { json["matrices"][0]["name"] = "matrix.1"; },
        [](Json& json) { json["matrices"][0]["rows"] = 1e9; },
        [](Json& json) { json["matrices"][0]["multiple"] = 0; },
        [](Json& json) { json["matrices"][0]["form"] = "dense"; },
        [](Json& json) {
            json["step_ranks"] = Json::array();
            json["step_matrices"] = Json::array();
        }};
    for (std::size_t i = 0; i < damages.size(); ++i) {
        Json wrong = path->toJson();
        damages[i](wrong);
        const auto refused = NestedPath::fromJson(wrong);
        ASSERT_FALSE(refused) << i;
        EXPECT_EQ(refused.error().code, ErrorCode::Corrupt) << i;
        EXPECT_TRUE(refused.error().message.starts_with("nested path: ")) << i;
    }
}

TEST(NestedPath, APositionIsFoundWithinFiveMilliseconds) {
    // The MLPs of SmolLM2-135M: 60 matrices of some 30 steps.
    PathProblem problem;
    for (int i = 0; i < 60; ++i)
        problem.add(i % 2 == 0 ? 3072 : 576, i % 2 == 0 ? 576 : 1536,
                    exponentialTail(576, 0.004 * (1 + i % 7)));
    problem.connect(MatrixForm::IdentityBlock);
    const auto path = NestedPath::plan(problem.items, problem.names, {});
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_GT(path->steps(), 600u);
    const auto begin = std::chrono::steady_clock::now();
    static constexpr int kTimes = 100;
    for (int i = 0; i < kTimes; ++i)
        EXPECT_EQ(path->ranksAt(path->prefixAt(0.15 + 0.005 * i)).size(), 60u);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(taken.count() / kTimes, 5e-3);
}

}  // namespace
}  // namespace skd::test
