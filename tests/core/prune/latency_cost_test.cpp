#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>

#include "core/model/tiny_model.h"
#include "eval/break_even.h"
#include "library/latency_tables.h"
#include "prune/svd/prune.h"
#include "ranks/allocation.h"
#include "ranks/latency.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

using Ranks = std::vector<std::int64_t>;

struct KnapsackProblem {
    std::vector<std::vector<double>> tails;
    std::vector<Ranks> costs;
    std::vector<AllocationItem> items;

    void add(const std::vector<double>& sigma, Ranks cost) {
        tails.push_back(squaredTail(sigma));
        costs.push_back(std::move(cost));
    }
    void finish() {
        for (std::size_t i = 0; i < tails.size(); ++i)
            items.push_back({6, 6, &tails[i], 1, {}, 0, &costs[i]});
    }
    [[nodiscard]] std::int64_t cost(const Ranks& ranks) const {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < ranks.size(); ++i)
            sum += costs[i][static_cast<std::size_t>(ranks[i])];
        return sum;
    }
    [[nodiscard]] double damage(const Ranks& ranks) const {
        double sum = 0;
        for (std::size_t i = 0; i < ranks.size(); ++i)
            sum += ranks[i] == 0 ? 0 : tails[i][static_cast<std::size_t>(ranks[i])];
        return sum;
    }
    [[nodiscard]] double bruteForce(std::int64_t budget) const {
        double best = INFINITY;
        Ranks ranks(items.size(), 0);
        const std::function<void(std::size_t)> descend = [&](std::size_t i) {
            if (i == ranks.size()) {
                if (cost(ranks) <= budget) best = std::min(best, damage(ranks));
                return;
            }
            for (std::int64_t r = 0; r < static_cast<std::int64_t>(tails[i].size()); ++r) {
                ranks[i] = r;
                descend(i + 1);
            }
        };
        descend(0);
        return best;
    }
};

/// Times as a machine could give them: not linear in rank, and beyond some rank more than dense.
KnapsackProblem randomProblem() {
    KnapsackProblem problem;
    const auto matrices = *rc::gen::inRange<std::size_t>(1, 4);
    for (std::size_t i = 0; i < matrices; ++i) {
        std::vector<double> sigma;
        for (int r = 0; r < 6; ++r) sigma.push_back(*rc::gen::inRange(1, 1000) / 100.0);
        std::sort(sigma.rbegin(), sigma.rend());
        BreakEvenShape shape{6, 6, 1, *rc::gen::inRange(50, 200) / 10.0, {}};
        double time = 0;
        for (const std::int64_t rank : {1, 2, 4, 6})
            shape.factored.push_back({rank, time += *rc::gen::inRange(1, 100) / 10.0});
        problem.add(sigma, shape.costs(6));
    }
    problem.finish();
    return problem;
}

RC_GTEST_PROP(LatencyCost, StaysInTheTimeBudgetAndNeverTakesASlowerRank, ()) {
    const KnapsackProblem problem = randomProblem();
    std::int64_t dense = 0, smallest = 0;
    for (const Ranks& costs : problem.costs) {
        dense += costs[0];
        smallest += std::min(costs[0], costs[1]);
    }
    const std::int64_t budget = dense * *rc::gen::inRange(40, 101) / 100;
    const Ranks ranks = allocateBudget(problem.items, budget, 1);
    if (smallest <= budget) RC_ASSERT(problem.cost(ranks) <= budget);
    for (std::size_t i = 0; i < ranks.size(); ++i)
        RC_ASSERT(ranks[i] == 0 ||
                  problem.costs[i][static_cast<std::size_t>(ranks[i])] < problem.costs[i][0]);
}

RC_GTEST_PROP(LatencyCost, IsWithinAStepOfBruteForce, ()) {
    const KnapsackProblem problem = randomProblem();
    std::int64_t dense = 0;
    for (const Ranks& costs : problem.costs) dense += costs[0];
    const Ranks wanted = allocateBudget(problem.items, dense * *rc::gen::inRange(45, 101) / 100, 1);
    const std::int64_t used = problem.cost(wanted);
    const double got = problem.damage(allocateBudget(problem.items, used, 1)),
                 best = problem.bruteForce(used);
    double largestStep = 0;
    for (const AllocationItem& item : problem.items) {
        const Ranks hull = hullRanks(item, 1);
        for (std::size_t j = 1; j < hull.size(); ++j)
            largestStep = std::max(largestStep, item.damage(hull[j - 1]) - item.damage(hull[j]));
    }
    RC_ASSERT(got >= best - 1e-9);
    RC_ASSERT(got <= best + largestStep + 1e-9);
}

TEST(LatencyCosts, EqualBruteForceOnConvexCurves) {
    KnapsackProblem problem;
    Ranks cost{1000000};
    for (std::int64_t rank = 1; rank <= 6; ++rank) cost.push_back(100 * rank);
    for (const std::vector<double>& sigma : std::vector<std::vector<double>>{
             {9, 5, 3, 1, 0.5, 0.2}, {8, 7, 6, 2, 1, 0.1}, {4, 3, 2, 1.5, 1.2, 1}})
        problem.add(sigma, cost);
    problem.finish();
    for (std::int64_t budget = 300; budget <= 1800; budget += 100)
        EXPECT_NEAR(problem.damage(allocateBudget(problem.items, budget, 1)),
                    problem.bruteForce(budget), 1e-12)
            << budget;
}

BreakEvenTable syntheticTable(const Decoder& model) {
    BreakEvenTable table = breakEvenTableFor(model);
    // gate and up [48, 32] gain from few ranks, down [32, 48] never does.
    table.put({48, 32, 4, 10, {{2, 1}, {8, 4}, {16, 8}, {32, 16}}});
    table.put({32, 48, 4, 10, {{2, 11}, {8, 12}, {16, 14}, {32, 20}}});
    return table;
}

class LatencyPrune : public testing::Test {
protected:
    LatencyPrune() {
        input.model.weightsSha256 = "tiny";
        at::manual_seed(30);
        for (int i = 0; i < 6; ++i)
            input.calibration.sequences.push_back(at::randint(64, {40}, at::kLong));
        spec.rankMultiple = 2;
        spec.target = 0.3;
        spec.truncation = Truncation::Whitened;
        spec.weights = WeightRule::Relative;
        spec.cost = PruneCost::Latency;
        spec.costBatch = 4;
        spec.remeasure = 0;
    }
    Result<PruneReport> pruned(const BreakEvenTable* table, const RunContext& context = {}) {
        student = dense;
        auto analysis = analyse(student, spec, input, SpectrumCache(folder.path()), {});
        if (!analysis) return fail(analysis.error());
        return prune(student, spec, *analysis, context, {{}, {}, table});
    }
    const Decoder dense = tinyDecoder(31);
    Decoder student;
    AnalysisInput input;
    PruneSpec spec;
    const TemporaryFolder folder;
};

TEST_F(LatencyPrune, TakesTimeWhereThereIsSomeToTake) {
    const BreakEvenTable table = syntheticTable(dense);
    const auto report = pruned(&table);
    ASSERT_TRUE(report) << report.error().message;
    double time = 0;
    for (const auto& [name, rank] : report->ranks) {
        if (name.find("down_proj") != std::string::npos) {
            EXPECT_EQ(rank, 0) << name;
        }
        time += rank == 0 ? 10
                          : static_cast<double>(
                                table.find(48, 32, 4)->costs(32)[static_cast<std::size_t>(rank)]) /
                                1000;
    }
    EXPECT_NEAR(report->details["time_removed"].get<double>(), 1 - time / 60, 1e-9);
    EXPECT_GE(report->details["time_removed"].get<double>(), 0.3);
    EXPECT_EQ(report->details["cost"], "latency");
    EXPECT_EQ(report->details["cost_batch"], 4);
    EXPECT_EQ(report->details["cost_table_sha256"], table.sha256());
    EXPECT_EQ(pruned(&table)->ranks, report->ranks) << "the same table gives the same ranks";
}

TEST_F(LatencyPrune, NeedsTheTimesOfEveryShape) {
    spec.costBatch = 5;
    const BreakEvenTable table = syntheticTable(dense);
    for (const BreakEvenTable* given : {&table, static_cast<const BreakEvenTable*>(nullptr)}) {
        const auto report = pruned(given);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, ErrorCode::InvalidInput);
        EXPECT_NE(report.error().message.find("batch 5"), std::string::npos)
            << report.error().message;
    }
}

TEST_F(LatencyPrune, WarnsWhereParametersGoAndTimeStays) {
    class Log final : public EventSink {
    public:
        void emit(Event event) override {
            if (const auto* line = std::get_if<LogLine>(&event)) text += line->text + "\n";
        }
        std::string text;
    } log;
    RunContext context;
    context.sink = &log;
    spec.cost = PruneCost::Parameters;
    spec.ranks = RankRule::Uniform;
    const BreakEvenTable table = syntheticTable(dense);
    ASSERT_TRUE(pruned(&table, context));
    EXPECT_NE(log.text.find("2 of 6 factored matrices are not faster"), std::string::npos)
        << log.text;
    log.text.clear();
    spec.costBatch = 16;  // nothing is known of it
    ASSERT_TRUE(pruned(&table, context));
    EXPECT_EQ(log.text.find("faster"), std::string::npos) << log.text;
}

TEST_F(LatencyPrune, MeasuredTablesAreKeptAndTakenUpAgain) {
    const RunPaths paths{folder.path() / "files"};
    EXPECT_TRUE(knownBreakEven(dense, paths)->shapes.empty());
    const auto first = completeBreakEven(dense, {}, {1, 3}, paths, {});
    ASSERT_TRUE(first) << first.error().message;
    ASSERT_EQ(first->shapes.size(), 4u);
    for (const BreakEvenShape& shape : first->shapes) {
        EXPECT_GT(shape.dense, 0);
        EXPECT_GE(shape.factored.size(), 1u);
        for (const BreakEvenShape::Point& point : shape.factored) EXPECT_GT(point.time, 0);
    }
    EXPECT_EQ(completeBreakEven(dense, {}, {1, 3}, paths, {})->sha256(), first->sha256());
    EXPECT_EQ(completeBreakEven(dense, {}, {2}, paths, {})->shapes.size(), 6u);
    const auto blocks = completeBreakEven(dense, {{}, MatrixForm::IdentityBlock}, {2}, paths, {});
    ASSERT_TRUE(blocks) << blocks.error().message;
    EXPECT_EQ(blocks->shapes.size(), 8u);
    const BreakEvenShape* tall = blocks->find(48, 32, 2, MatrixForm::IdentityBlock);
    ASSERT_NE(tall, nullptr);
    EXPECT_EQ(tall->factored.back().rank, 32) << "up to where parameters break even";
    EXPECT_TRUE(knownBreakEven(dense.to(at::kCPU, at::kBFloat16), paths)->shapes.empty())
        << "another dtype is another table";
}

}  // namespace
}  // namespace skd::test
