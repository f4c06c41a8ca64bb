// Measures of tasks against closed forms.
#include "results/task_scores.h"

#include <gtest/gtest.h>

namespace skd::test {
namespace {

TEST(TaskScoresMeasure, IsTheMeanWithItsStandardError) {
    const TaskMeasure measure = taskMeasure(kAccuracy, {1, 0, 1, 1});
    EXPECT_DOUBLE_EQ(measure.value, 0.75);
    // sqrt(3/4 * 1/4 * 4 / 3) / sqrt(4)
    EXPECT_DOUBLE_EQ(measure.standardError, 0.25);
    EXPECT_TRUE(std::isnan(taskMeasure(kAccuracy, {1}).standardError));
    EXPECT_TRUE(std::isnan(taskMeasure(kAccuracy, {}).value));
}

TEST(TaskScoresMeasure, OfLogLikelihoodsIsThePerplexity) {
    const TaskMeasure measure = taskMeasure(kLogLikelihood, {-1, -3});
    EXPECT_DOUBLE_EQ(measure.value, std::exp(2.0));
    EXPECT_DOUBLE_EQ(measure.standardError, std::exp(2.0) * 1.0);
    EXPECT_EQ(taskMeasureTitle(kLogLikelihood), "perplexity");
    EXPECT_EQ(taskMeasureTitle(kAccuracy), "acc");
}

/// Binomial coefficients of 10 over 2^10, of both tails.
TEST(TaskScoresDifference, McNemarsTestIsExact) {
    EXPECT_NEAR(mcNemarExact(1, 9), 2 * (1 + 10) / 1024.0, 1e-12);
    EXPECT_NEAR(mcNemarExact(9, 1), 2 * (1 + 10) / 1024.0, 1e-12);
    EXPECT_NEAR(mcNemarExact(0, 5), 2 / 32.0, 1e-12);
    EXPECT_EQ(mcNemarExact(5, 5), 1);
    EXPECT_EQ(mcNemarExact(0, 0), 1);
    EXPECT_NEAR(mcNemarExact(4000, 4000), 1, 1e-9) << "no overflow";
}

TEST(TaskScoresDifference, IsPairedByDocument) {
    const TaskDifference difference = taskDifference({1, 1, 0, 0, 1}, {0, 1, 1, 0, 0});
    EXPECT_DOUBLE_EQ(difference.mean, -0.2);
    EXPECT_EQ(difference.lost, 2);
    EXPECT_EQ(difference.won, 1);
    EXPECT_DOUBLE_EQ(difference.pValue, 1);
    // Student's t of 4 degrees of freedom, 2.776, times sqrt(2.8 / 4 / 5) of -1, 0, 1, 0, -1.
    EXPECT_NEAR(difference.halfWidth, 2.776 * std::sqrt(2.8 / 4 / 5), 2e-3);
    EXPECT_TRUE(std::isnan(taskDifference({1}, {1, 0}).mean));
    EXPECT_TRUE(std::isnan(taskDifference({-1.5, 0}, {-2, 0}).pValue)) << "not 0 or 1";
}

TEST(TaskScoresDifference, IsShownWithItsIntervalAndTest) {
    EXPECT_EQ(differenceText({-0.2, 0.0124, 2, 1, 0.0214}), "-0.200 ± 0.012, p = 0.021");
    EXPECT_EQ(differenceText({0.2, std::nan(""), 0, 40, 1e-9}), "+0.200, p < 0.001");
    EXPECT_EQ(differenceText({std::nan(""), 0, 0, 0, 0}), "–");
    EXPECT_EQ(measureText({0.41237, 0.0049}), "0.412 ± 0.005");
    EXPECT_EQ(measureText({23.456, 1.234}), "23.46 ± 1.234");
    EXPECT_EQ(measureText({0.5, std::nan("")}), "0.500");
}

TEST(TaskScoresRecord, IsReadAsItWasWritten) {
    TaskScores scores{.task = "piqa", .file = "a.jsonl", .sha256 = "0", .documents = 2};
    scores.models = {{"dense", {{{kAccuracy, {1, 0}}, {kAccuracyByBytes, {0, 0}}}, {}}}};
    const auto read = readRecord<TaskScores>(*parseJson(dumpJson(writeRecord(scores))));
    ASSERT_NE(read.find("dense"), nullptr);
    EXPECT_EQ(read.find("cut"), nullptr);
    ASSERT_NE(read.find("dense")->find(kAccuracy), nullptr);
    EXPECT_EQ(*read.find("dense")->find(kAccuracy), (std::vector<double>{1, 0}));
    EXPECT_EQ(read.documents, 2);
}

}  // namespace
}  // namespace skd::test
