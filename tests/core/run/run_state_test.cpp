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

TEST(RunStateTest, EveryFlipAndCutIsNoticedAndTheFiguresAreMeasuredAgain) {
    const TemporaryFolder folder;
    ASSERT_TRUE(RunState(folder.path()).put("dense", {{"ppl", 31.5}}));
    const std::string sound = readBytes(folder / "state.json");
    EXPECT_EQ(RunState(folder.path()).find("dense"), Json({{"ppl", 31.5}}));
    for (std::size_t at = 0; at < sound.size(); ++at) {
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
        for (const std::string& bytes : {flipped, sound.substr(0, at)}) {
            folder.write("state.json", bytes);
            EXPECT_EQ(RunState(folder.path()).find("dense"), std::nullopt) << bytes;
        }
    }
    folder.write("state.json", R"({"dense": {"ppl": 30}})");
    EXPECT_EQ(RunState(folder.path()).find("dense"), Json({{"ppl", 30}})) << "earlier versions";
}

TEST(ScoreCacheTest, EveryFlipAndCutIsNoticed) {
    const TemporaryFolder folder;
    const ScoreCache cache(folder.path());
    ASSERT_TRUE(cache.put("abc", {{"ppl", 31.5}}));
    const std::string sound = readBytes(folder / "abc.json");
    EXPECT_EQ(cache.find("abc"), Json({{"ppl", 31.5}}));
    for (std::size_t at = 0; at < sound.size(); ++at) {
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
        for (const std::string& bytes : {flipped, sound.substr(0, at)}) {
            folder.write("abc.json", bytes);
            EXPECT_EQ(cache.find("abc"), std::nullopt) << bytes;
        }
    }
    for (const char* damaged : {R"({"key": 5, "report": {}})", R"({"key": "abc"})", "[]"}) {
        folder.write("abc.json", damaged);
        EXPECT_EQ(cache.find("abc"), std::nullopt) << damaged;
    }
    folder.write("abc.json", R"({"key": "abc", "report": {"ppl": 30}})");
    EXPECT_EQ(cache.find("abc"), Json({{"ppl", 30}})) << "earlier versions";
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
