#include "study/study_queue.h"

#include <gtest/gtest.h>

namespace skd::test {
namespace {

RunDetails recordedAs(const std::string& variant, const Json& spec, RunStatus status) {
    RunDetails run;
    run.row.variant = variant;
    run.row.status = status;
    run.spec = spec;
    return run;
}

/// Versions before a field wrote specs without it.
TEST(StudyQueue, ARunOfAnEarlierVersionIsTheSameRun) {
    PlannedRun planned;
    planned.variant = "whitened";
    planned.spec.prune.target = 0.35;
    planned.spec.distill.learningRate = 5e-5;
    Json earlier = toJson(planned.spec);
    for (const char* later : {"budget", "average"}) earlier["distill"].erase(later);
    std::vector<RunDetails> known{recordedAs("whitened", earlier, RunStatus::Completed)};
    EXPECT_EQ(recordedRun(known, planned, planned.spec), known.data());
    RunSpec budgeted = planned.spec;
    budgeted.distill.budget = 1000;
    EXPECT_EQ(recordedRun(known, planned, budgeted), nullptr);
    known.front().row.variant = "plain";
    EXPECT_EQ(recordedRun(known, planned, planned.spec), nullptr);
    known.front().row.variant = "whitened";
    known.push_back(recordedAs("whitened", earlier, RunStatus::Failed));
    EXPECT_EQ(recordedRun(known, planned, planned.spec), known.data()) << "the complete one";
    known.front().row.status = RunStatus::Interrupted;
    EXPECT_EQ(recordedRun(known, planned, planned.spec), &known.back()) << "the newest";
}

}  // namespace
}  // namespace skd::test
