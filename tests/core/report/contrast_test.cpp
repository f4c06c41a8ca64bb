#include "report/contrast.h"

#include <gtest/gtest.h>

#include <random>

#include "core/report/invented_study.h"

namespace skd::test {
namespace {

TEST(Contrast, BetweenTwoSeedsIsStudentsInterval) {
    const Contrast c = difference({{1, 0.10}, {2, 0.16}}, {{2, 0.0}, {1, 0.0}});
    EXPECT_EQ(c.seeds, 2);
    EXPECT_NEAR(c.mean, 0.13, 1e-15);
    EXPECT_NEAR(c.seedError, 0.03, 1e-15) << "half the distance of the two";
    EXPECT_NEAR(c.halfWidth(), 12.706 * 0.03, 1e-12);
    EXPECT_TRUE(c.isClear());
    EXPECT_EQ(changeText(c), "+13.9 % (−22.2 to +66.7 %)") << "exp(0.13 ± 0.38118) - 1";
    EXPECT_EQ(timesText(c), "1.14× (0.78 to 1.67×)");
}

TEST(Contrast, PairsBlocksSoThatWhatTheyShareIsNoScatter) {
    // Independent blocks of 100 tokens: differences 0.1 to 0.4 nats a token, whose standard
    // deviation is 0.12910; of their mean 0.12910 / sqrt(4), with three degrees of freedom.
    const BlockSums reference = fourBlocks(0, {1, 5, 2, 9}),
                    arm = fourBlocks(0, {1.1, 5.2, 2.3, 9.4});
    const Contrast c = difference({{7, 0.25, &arm}}, {{7, 0.0, &reference}});
    EXPECT_TRUE(std::isnan(c.seedError)) << "one seed says nothing of others";
    EXPECT_NEAR(c.text.standardError, 0.0645497, 1e-6);
    EXPECT_NEAR(c.halfWidth(), 3.182 * 0.0645497, 1e-5);
    EXPECT_GT(estimate({{7, 4.5, &arm}}).text.standardError, 1.5) << "by itself";
}

TEST(Contrast, AddsBothSourcesOfScatter) {
    const BlockSums reference = fourBlocks(0, {1, 5, 2, 9}),
                    first = fourBlocks(0, {1.1, 5.2, 2.3, 9.4}),
                    second = fourBlocks(0, {1.2, 5.3, 2.4, 9.5});
    const Contrast c = difference({{1, 0.25, &first}, {2, 0.35, &second}},
                                  {{1, 0, &reference}, {2, 0, &reference}});
    EXPECT_NEAR(c.mean, 0.30, 1e-12);
    EXPECT_NEAR(c.seedError, 0.05, 1e-12);
    EXPECT_NEAR(c.standardError(), std::sqrt(0.05 * 0.05 + 0.0645497 * 0.0645497), 1e-6);
    EXPECT_NEAR(c.halfWidth(), std::hypot(12.706 * 0.05, 3.182 * 0.0645497), 1e-5);
}

TEST(Contrast, WithoutEvidenceThereIsNoInterval) {
    const BlockSums four = fourBlocks(0, {1, 5, 2, 9});
    BlockSums other = four;
    other.text = "another text";
    const Contrast unpaired = difference({{1, 0.2, &four}}, {{1, 0.1, &other}});
    EXPECT_NEAR(unpaired.mean, 0.1, 1e-15);
    EXPECT_FALSE(unpaired.hasInterval());
    EXPECT_FALSE(unpaired.isClear());
    EXPECT_EQ(changeText(unpaired), "+10.5 %");
    const Contrast strangers = difference({{1, 0.2}}, {{2, 0.1}});
    EXPECT_EQ(strangers.seeds, 0);
    EXPECT_EQ(changeText(strangers), "–");
    EXPECT_EQ(pointsText(difference({{1, 0.71}, {2, 0.73}}, {{1, 0.70}, {2, 0.70}})),
              "+2.00 points (−10.7 to +14.7 points)");
}

TEST(Contrast, IntervalsHoldTheTruthInNineteenOfTwenty) {
    std::mt19937_64 random(15);
    std::normal_distribution<double> normal;
    for (const double seedScatter : {0.0, 0.01, 0.1}) {
        constexpr int kStudies = 2000, kBlocks = 20;
        constexpr double kTruth = 0.05, kTextScatter = 0.1;
        int held = 0;
        for (int study = 0; study < kStudies; ++study) {
            std::array<double, 2> shift{};
            for (double& one : shift) one = kTruth + seedScatter * normal(random);
            std::array<BlockSums, 2> arms{}, references{};
            std::array<double, 2> means{};
            for (int block = 0; block < kBlocks; ++block) {
                const double text = kTextScatter * normal(random), level = 3 + normal(random);
                for (std::size_t seed = 0; seed < 2; ++seed) {
                    arms[seed].values.push_back(100 * (level + shift[seed] + text));
                    references[seed].values.push_back(100 * level);
                    means[seed] += (shift[seed] + text) / kBlocks;
                    arms[seed].weights.push_back(100);
                    references[seed].weights.push_back(100);
                }
            }
            const Contrast c = difference({{1, means[0], &arms[0]}, {2, means[1], &arms[1]}},
                                          {{1, 0, &references[0]}, {2, 0, &references[1]}});
            held += std::fabs(c.mean - kTruth) <= c.halfWidth() ? 1 : 0;
        }
        EXPECT_GE(held, kStudies * 93 / 100) << "seeds scatter by " << seedScatter;
    }
}

}  // namespace
}  // namespace skd::test
