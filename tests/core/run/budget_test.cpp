#include "core/run/pipeline_fixture.h"
#include "spec/rate_rule.h"

namespace skd::test {
namespace {

/// A budget that is settled, as a run's state has it.
Json settledBudget(std::int64_t steps, std::int64_t samples) {
    BudgetSummary budget;
    budget.tokens = 1'000'000;
    budget.secondsPerToken = 1e-4;
    budget.rampSteps = 20;
    budget.steps = steps;
    budget.samples = samples;
    return writeRecord(budget);
}

TEST_F(PipelineTest, ASettledBudgetIsMeasuredNeverAgainAndGivesTheSameModel) {
    RunSpec spec = small();
    spec.distill.budget = 1'000'000;
    const Json record = settledBudget(7, 10);
    const StoppingSink sink = expectSameModelAfterStops(spec, record);
    EXPECT_EQ(sink.metric("kd.loss").size(), 7u) << "of both rounds";
    for (const StageFinished& stage : sink.all<StageFinished>()) {
        EXPECT_NE(stage.stage, Stage::Calibrate) << "nothing is timed again";
        if (stage.stage == Stage::Teacher) {
            EXPECT_EQ(stage.result["samples"], 10);
        }
    }
    const Json kept = RunState(paths.run(RunId(1))).find("budget").value_or(Json());
    EXPECT_EQ(kept, record);
}

TEST_F(PipelineTest, ABudgetIsMeasuredOnceAndBecomesSteps) {
    RunSpec spec = small();
    spec.distill.budget = 100'000;
    spec.distill.stopOnRise = spec.distill.stopOnPlateau = false;
    spec.corpus.samples = 0;
    StoppingSink first;
    ASSERT_TRUE(run(spec, 1, first));
    const auto steps = static_cast<std::size_t>(first.metric("kd.loss").size());
    const Json record = RunState(paths.run(RunId(1))).find("budget").value_or(Json());
    const auto budget = readRecord<BudgetSummary>(record);
    EXPECT_EQ(budget.tokens, 100'000);
    EXPECT_EQ(budget.rampSteps, 20);
    EXPECT_GT(budget.secondsPerToken, 0);
    ASSERT_TRUE(budget.steps && budget.samples && budget.stepSeconds && budget.spentBefore);
    EXPECT_EQ(static_cast<std::size_t>(*budget.steps), steps);
    EXPECT_EQ(first.metric("kd.planned_steps").at(0), static_cast<double>(steps));
    EXPECT_EQ(*budget.samples,
              std::min<std::int64_t>((100'000 + 47) / 48, *budget.steps * spec.distill.batch));
    // What was planned fits into what was asked for.
    const double planned = *budget.spentBefore + *budget.reserved +
                           static_cast<double>(*budget.steps) * *budget.stepSeconds +
                           static_cast<double>(*budget.samples) * *budget.teacherSeconds;
    EXPECT_LE(planned, 100'000 * budget.secondsPerToken * (1 + 1e-9));
    // Stopped in the middle of training and resumed, it takes the steps it began with.
    StoppingSink stopped;
    stopped.stopAt = first.events.size() / 2;
    ASSERT_TRUE(run(spec, 2, stopped));
    const Json before = RunState(paths.run(RunId(2))).find("budget").value_or(Json());
    const RunSummary resumed = complete(spec, 2).summary;
    ASSERT_TRUE(resumed.budget && resumed.budget->spent);
    EXPECT_EQ(resumed.budget->secondsPerToken, readRecord<BudgetSummary>(before).secondsPerToken);
    EXPECT_GT(*resumed.budget->spent, 0);
    EXPECT_EQ(resumed.kdSteps, resumed.budget->steps);
}

TEST_F(PipelineTest, ABudgetThatTheOtherStagesUseUpIsRefused) {
    RunSpec spec = small();
    spec.distill.budget = 1;
    StoppingSink sink;
    const auto result = run(spec, 1, sink);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(result.error().message.find("raise distill.budget"), std::string::npos);
}

TEST_F(PipelineTest, ACorpusFollowsTheSteps) {
    RunSpec spec = small();
    spec.corpus.samples = 0;
    spec.prune.fisherTokens = spec.prune.calibrationTokens = 300;
    StoppingSink sink;
    complete(spec, 1, sink);
    for (const StageFinished& stage : sink.all<StageFinished>())
        if (stage.stage == Stage::Teacher) {
            EXPECT_EQ(stage.result["samples"], 8) << "4 steps of 2";
        }
}

TEST_F(PipelineTest, ALearningRateByRuleIsRecordedWithItsReason) {
    const RunSpec spec = small();
    StoppingSink sink;
    const RunSummary summary = complete(spec, 1, sink).summary;
    const double rate = ruledRate(spec, *summary.parameters);
    ASSERT_TRUE(summary.rounds.at(0).learningRate);
    EXPECT_GT(*summary.rounds[0].learningRate, 0);
    EXPECT_LT(*summary.rounds[0].learningRate, rate) << "fewer parameters, a higher rate";
    EXPECT_EQ(sink.metric("kd.lr").at(0), *summary.rounds[0].learningRate) << "a warm-up of one";
    EXPECT_TRUE(summary.rounds[0].learningRateReason->starts_with("by rule for "));
    // A resumed run keeps the rate that its state has.
    ASSERT_TRUE(RunState(paths.run(RunId(2))).put("ruled_rate", 0.015625));
    StoppingSink kept;
    complete(spec, 2, kept);
    EXPECT_EQ(kept.metric("kd.lr").at(0), 0.015625);
}

}  // namespace
}  // namespace skd::test
