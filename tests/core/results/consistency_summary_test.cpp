#include "results/consistency_summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace skd::test {
namespace {

/// The textbook interval: t * s / sqrt(n), t of 3 degrees of freedom from a printed table.
TEST(PromptMean, IsStudentsInterval) {
    const PromptMean mean = meanOverPrompts({0.2, 0.4, 0.6, 0.8});
    EXPECT_NEAR(mean.mean, 0.5, 1e-12);
    const double deviation = std::sqrt((0.09 + 0.01 + 0.01 + 0.09) / 3);
    EXPECT_NEAR(mean.halfWidth, 3.182 * deviation / 2, 2e-4);
}

TEST(PromptMean, OneOrNoPromptHasNoInterval) {
    EXPECT_EQ(meanOverPrompts({0.3}).mean, 0.3);
    EXPECT_TRUE(std::isnan(meanOverPrompts({0.3}).halfWidth));
    EXPECT_TRUE(std::isnan(meanOverPrompts({}).mean));
}

/// Prompts that differ much from each other but all change alike: pairing tells.
TEST(PromptMean, DifferencesArePairedByPrompt) {
    const std::vector<double> before{0.1, 0.5, 0.9}, after{0.2, 0.6, 1.0};
    const PromptMean change = differenceOverPrompts(before, after);
    EXPECT_NEAR(change.mean, 0.1, 1e-12);
    EXPECT_NEAR(change.halfWidth, 0, 1e-9);
    EXPECT_GT(meanOverPrompts(before).halfWidth, 0.5);
    EXPECT_NEAR(differenceOverPrompts(after, before).mean, -0.1, 1e-12);
    EXPECT_TRUE(std::isnan(differenceOverPrompts({0.1}, {0.1, 0.2}).mean));
}

TEST(ConsistencySummary, IsReadBack) {
    const ConsistencySummary summary{8, 32, 0.5, true, {{1, 0.5}, {0.25, 1}, {0.5, 1}}, {}};
    const auto again = readRecord<ConsistencySummary>(*parseJson(dumpJson(writeRecord(summary))));
    EXPECT_EQ(again.answers, 8);
    EXPECT_EQ(again.temperature, 0.5);
    EXPECT_TRUE(again.chat);
    EXPECT_EQ(again.dense.distinct, summary.dense.distinct);
    EXPECT_EQ(again.dense.similarity, summary.dense.similarity);
    EXPECT_EQ(again.dense.common, summary.dense.common);
    EXPECT_TRUE(again.final.similarity.empty());
}

}  // namespace
}  // namespace skd::test
