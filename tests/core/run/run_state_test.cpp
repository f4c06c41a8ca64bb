#include <gtest/gtest.h>

#include "run/run_work.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

TEST(RunStateTest, WhatWasSpentIsKeptWithTheStagesThatEnded) {
    const TemporaryFolder folder;
    {
        RunState state(folder.path());
        state.charge(Stage::Evaluate, 2);
        state.charge(Stage::Prune, 5);
        state.charge(Stage::Evaluate, 1.5);
        ASSERT_TRUE(state.put("dense", {{"ppl", 3}}));
        state.charge(Stage::Distill, 100);  // cut short: nothing was filed after it
        EXPECT_DOUBLE_EQ(totalOf(state.spent()), 108.5);
    }
    const RunState again(folder.path());
    EXPECT_DOUBLE_EQ(secondsOf(again.spent(), Stage::Evaluate), 3.5);
    EXPECT_DOUBLE_EQ(secondsOf(again.spent(), Stage::Prune), 5);
    EXPECT_DOUBLE_EQ(secondsOf(again.spent(), Stage::Distill), 0);
    EXPECT_DOUBLE_EQ(totalOf(again.spent()), 8.5);
}

TEST(RunStateTest, EveryStageButLoadingIsCharged) {
    const TemporaryFolder folder;
    const RunPaths paths{folder.path()};
    RunWork work(RunSpec(), paths, RunContext{RunId(1)});
    work.context.emit(StageFinished{RunId(1), Stage::Load, 50, {}});
    work.context.emit(StageFinished{RunId(1), Stage::Teacher, 4, {}});
    work.context.emit(StageFinished{RunId(1), Stage::Distill, 6, {}});
    EXPECT_DOUBLE_EQ(totalOf(work.state.spent()), 10);
}

TEST(RunStateTest, ACacheThatSparesWorkIsChargedAtItsCost) {
    const TemporaryFolder folder;
    const RunPaths paths{folder.path()};
    RunSpec spec;
    spec.distill.budget = 1000;
    RunWork maker(spec, paths, RunContext{RunId(1)}), finder(spec, paths, RunContext{RunId(2)});
    maker.chargeCached(Stage::Teacher, "cache", 30);  // its stage has charged the 30 s itself
    EXPECT_DOUBLE_EQ(totalOf(maker.state.spent()), 0);
    finder.chargeCached(Stage::Teacher, "cache", 2);
    EXPECT_DOUBLE_EQ(secondsOf(finder.state.spent(), Stage::Teacher), 28);
    finder.chargeCached(Stage::Teacher, "another", 2);
    EXPECT_DOUBLE_EQ(totalOf(finder.state.spent()), 28);
}

}  // namespace
}  // namespace skd::test
