#include "cluster/event_lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::TemporaryFolder;

TEST(EventLines, SayTheSameOnTheOtherSide) {
    const RunId there(3), here(41);
    const double nan = std::nan("");
    const auto batch = readEventLine(
        eventLine(MetricBatch{there, {{"kd.loss", 4, 0.1}, {"a", 0, HUGE_VAL}, {"b", 1, nan}}}, 5),
        here);
    ASSERT_TRUE(batch);
    const auto& metrics = std::get<MetricBatch>(*batch);
    EXPECT_EQ(metrics.run, here);
    ASSERT_EQ(metrics.points.size(), 3u);
    EXPECT_EQ(metrics.points[0].value, 0.1) << "every digit";
    EXPECT_EQ(metrics.points[0].step, 4);
    EXPECT_EQ(metrics.points[1].value, HUGE_VAL);
    EXPECT_TRUE(std::isnan(metrics.points[2].value));
    const auto stage = readEventLine(
        eventLine(StageStarted{there, Stage::Distill, "with \"quotes\"\nand lines"}, 5), here);
    ASSERT_TRUE(stage);
    EXPECT_EQ(std::get<StageStarted>(*stage).stage, Stage::Distill);
    EXPECT_EQ(std::get<StageStarted>(*stage).detail, "with \"quotes\"\nand lines");
    const auto progress =
        readEventLine(eventLine(Progress{there, Stage::Teacher, 2, 8, 1.5, 4, "tokens"}, 5), here);
    ASSERT_TRUE(progress);
    EXPECT_EQ(std::get<Progress>(*progress).total, 8);
    const auto ranks = readEventLine(eventLine(RanksChosen{there, {{"m", 16}}}, 5), here);
    ASSERT_TRUE(ranks);
    EXPECT_EQ(std::get<RanksChosen>(*ranks).ranks.front().second, 16);
}

TEST(EventLines, AnEndIsNoEventOfItsReader) {
    EXPECT_NE(eventLine(RunFinished{RunId(1), Outcome::Completed, "done", {}}, 5), "");
    EXPECT_FALSE(readEventLine(eventLine(RunFinished{RunId(1), Outcome::Completed, "done", {}}, 5),
                               RunId(1)));
    EXPECT_EQ(eventLine(PreviewReady{}, 5), "");
}

TEST(EventLines, WhatIsNoLineOfOursIsSkipped) {
    for (const char* line : {"", "{", "[]", "{\"kind\":\"stage\"}", "{\"kind\":3}",
                             "{\"kind\":\"progress\",\"stage\":\"dance\"}"})
        EXPECT_FALSE(readEventLine(line, RunId(1))) << line;
    const auto odd =
        readEventLine(R"({"kind":"metrics","points":[3,["a"],["a",1,"x"],["b",2,0.5]]})", RunId(1));
    ASSERT_TRUE(odd);
    EXPECT_EQ(std::get<MetricBatch>(*odd).points.back().value, 0.5);
}

TEST(EventTail, WaitsForTheOtherHalfOfALine) {
    const TemporaryFolder folder;
    const std::string line = eventLine(CheckpointSaved{RunId(1), 7, "", false}, 5);
    EventTail tail(folder / "events", RunId(2));
    EXPECT_TRUE(tail.read().empty()) << "no file yet";
    std::ofstream file(folder / "events", std::ios::app);
    file << line << "\n" << line.substr(0, 9) << std::flush;
    EXPECT_EQ(tail.read().size(), 1u);
    EXPECT_TRUE(tail.read().empty());
    file << line.substr(9) << "\n" << std::flush;
    const std::vector<Event> rest = tail.read();
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(std::get<CheckpointSaved>(rest[0]).step, 7);
}

TEST(EventFile, IsReadByATail) {
    const TemporaryFolder folder;
    auto file = EventFile::open(folder / "events");
    ASSERT_TRUE(file);
    for (std::int64_t step = 0; step < 3; ++step)
        file->append(eventLine(MetricBatch{RunId(1), {{"x", step, 0.5}}}, 5));
    file->append("");
    EXPECT_EQ(EventTail(folder / "events", RunId(2)).read().size(), 3u);
}

}  // namespace
}  // namespace skd
