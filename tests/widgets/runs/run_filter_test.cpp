#include <gtest/gtest.h>

#include <cmath>

#include "runs/run_filter.h"

namespace skd::test {
namespace {

RunRow sample() {
    RunRow run;
    run.id = RunId(12);
    run.name = "svd-15 · seed 42";
    run.model = "SmolLM2-135M";
    run.method = "svd-fisher";
    run.status = RunStatus::Completed;
    run.seed = 42;
    run.densePpl = 36, run.postPrunePpl = 60, run.postKdPpl = 42, run.mlpRemoved = 0.15,
    run.target = 0.15;
    run.studyName = "table-iii";
    run.variant = "Dense+KD";
    run.tags = {"for the talk", "paper"};
    return run;
}

bool matches(const char* line) {
    return RunFilter(QString::fromUtf8(line)).matches(sample());
}

TEST(RunFilterLanguage, WordsAndTheirNegation) {
    EXPECT_TRUE(matches(""));
    EXPECT_TRUE(matches("SVD smollm2"));
    EXPECT_TRUE(matches("talk table-iii Dense+KD"));
    EXPECT_FALSE(matches("svd wanda"));
    EXPECT_TRUE(matches("svd -wanda"));
    EXPECT_FALSE(matches("-paper"));
}

TEST(RunFilterLanguage, NumbersAreCompared) {
    EXPECT_TRUE(matches("ppl < 50 ppl>=42 removed = 0.15 seed=42 id = 12"));
    EXPECT_FALSE(matches("ppl<42"));
    EXPECT_TRUE(matches("recovery = 0.75"));
    EXPECT_TRUE(matches("seed != 7"));
    RunRow unfinished = sample();
    unfinished.postKdPpl = std::nan("");
    EXPECT_FALSE(RunFilter("ppl < 50").matches(unfinished));
    EXPECT_FALSE(RunFilter("ppl != 50").matches(unfinished)) << "what is not known is neither";
}

TEST(RunFilterLanguage, TextsMayBeQuoted) {
    EXPECT_TRUE(matches("tag = \"the talk\" status = completed variant=dense"));
    EXPECT_FALSE(matches("tag = poster"));
    EXPECT_TRUE(matches("tag != poster"));
    EXPECT_FALSE(matches("study != table-iii"));
}

TEST(RunFilterLanguage, WhatIsNotUnderstoodIsSaid) {
    EXPECT_NE(RunFilter("colour = red").problem(), "");
    EXPECT_NE(RunFilter("ppl < low").problem(), "");
    EXPECT_NE(RunFilter("status < completed").problem(), "");
    EXPECT_EQ(RunFilter("svd ppl < 50").problem(), "");
}

TEST(RunFilterLanguage, CompletesFieldsRelationsAndValues) {
    const std::vector<RunRow> runs{sample()};
    const FilterCompletion field = completeFilter("svd st", runs);
    EXPECT_EQ(field.candidates, (QStringList{"status ", "study "}));
    EXPECT_EQ(field.begin, 4);
    EXPECT_EQ(completeFilter("status ", runs).candidates, (QStringList{"= ", "!= "}));
    EXPECT_EQ(completeFilter("ppl ", runs).candidates.size(), 6);
    const FilterCompletion value = completeFilter("svd tag = fo", runs);
    EXPECT_EQ(value.candidates, QStringList{"\"for the talk\""});
    EXPECT_EQ(value.begin, 10);
    EXPECT_TRUE(completeFilter("ppl = 4", runs).candidates.isEmpty());
}

}  // namespace
}  // namespace skd::test
