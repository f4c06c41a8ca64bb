#include "results/recovery_forecast.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/text.h"
#include "results/recorded_answers.h"

namespace skd::test {
namespace {

/// 30 + 9000 t^-0.6 every 4,000 tokens, after a collapse to 400.
std::vector<RecoveryPoint> falling(int count) {
    std::vector<RecoveryPoint> curve{{0, 400}};
    for (int i = 1; i <= count; ++i)
        curve.push_back({4000.0 * i, 30 + 9000 * std::pow(4000.0 * i, -0.6)});
    return curve;
}

AnswerSet setOfStage(const char* stage, std::int64_t round, const char* text = "") {
    return {stage, round, 0, 1, {{"Why?", text, 1, "stop"}}};
}

TEST(RecoveryForecast, IsWhereTheLawMeetsTheLevel) {
    const auto forecast = forecastRecovery(falling(20), 33);
    ASSERT_TRUE(forecast);
    EXPECT_FALSE(forecast->reachedAt);
    EXPECT_EQ(forecast->trained, 80'000);
    // (9000 / 3)^(1 / 0.6)
    EXPECT_NEAR(std::log(forecast->tokens.tokens / 624'025), 0, 0.1);
    EXPECT_LE(forecast->tokens.low, forecast->tokens.tokens);
    EXPECT_GE(forecast->tokens.high, forecast->tokens.tokens);
    EXPECT_NEAR(forecast->floor, 30, 0.5);
}

TEST(RecoveryForecast, SaysWhenTheLevelWasReachedAndWhenItNeverIs) {
    const auto reached = forecastRecovery(falling(20), 60);
    ASSERT_TRUE(reached && reached->reachedAt);
    // 9000 t^-0.6 <= 30 from 13,430 on: the fourth point.
    EXPECT_EQ(*reached->reachedAt, 16'000);
    const auto never = forecastRecovery(falling(20), 28);
    ASSERT_TRUE(never);
    EXPECT_FALSE(never->tokens.isReached());
    EXPECT_FALSE(never->reachedAt);
}

TEST(RecoveryForecast, SaysNothingWithoutACollapseOrALaw) {
    EXPECT_FALSE(forecastRecovery({}, 30));
    EXPECT_FALSE(forecastRecovery(falling(20), 395)) << "400 is no collapse";
    EXPECT_FALSE(forecastRecovery(falling(20), std::nan("")));
    EXPECT_FALSE(forecastRecovery(falling(3), 33)) << "three points have no law";
    EXPECT_TRUE(forecastRecovery({{0, 100}, {10, 20}}, 30)->reachedAt) << "but may be there";
}

TEST(RecordedAnswers, OneOfTheSameStageAndRoundIsReplaced) {
    std::vector<AnswerSet> known;
    for (const AnswerSet& set : {setOfStage("dense", 0), setOfStage("cut", 1), setOfStage("cut", 2),
                                 setOfStage("cut", 1, "new")})
        takeAnswers(known, set);
    ASSERT_EQ(known.size(), 3u);
    EXPECT_EQ(known[1].answers[0].text, "new");
    EXPECT_EQ(answerTitle(known[1], known), "cut, round 1");
    EXPECT_EQ(answerTitle(known[0], known), "dense");
    EXPECT_EQ(answerTitle(known[1], {known[0], known[1]}), "cut");
}

TEST(RecordedAnswers, AnElasticRunsSizesStandSideBySide) {
    std::vector<AnswerSet> known{setOfStage("dense", 0), setOfStage("cut", 1)};
    known[1].removed = 0.35;
    EXPECT_EQ(answersAt(known, 0.35), nullptr) << "a cut is no recovery";
    for (const double removed : {0.65, 0.35, 0.15, 0.35}) {
        AnswerSet set = setOfStage("recovered", 1, strCat("at ", removed).c_str());
        set.removed = removed;
        takeAnswers(known, set);
    }
    const auto shown = shownAnswers(known);
    ASSERT_EQ(shown.size(), 5u);
    EXPECT_EQ(shown[2]->removed, 0.15);
    EXPECT_EQ(shown[4]->removed, 0.65);
    EXPECT_EQ(answerTitle(*shown[3], known), "recovered, 35 % removed");
    EXPECT_EQ(answersAt(known, 0.42)->removed, 0.35);
    EXPECT_EQ(answersAt(known, 0.6)->answers[0].text, "at 0.65");
    EXPECT_EQ(readRecord<AnswerSet>(writeRecord(*shown[4])).removed, 0.65);
    EXPECT_FALSE(writeRecord(known[0]).contains("removed")) << "as earlier versions wrote it";
}

TEST(RecordedAnswers, ARecoveryBeforeTheLastCutIsNotShownBesideIt) {
    std::vector<AnswerSet> known{setOfStage("dense", 0), setOfStage("cut", 1),
                                 setOfStage("recovered", 1)};
    EXPECT_EQ(shownAnswers(known).size(), 3u);
    takeAnswers(known, setOfStage("cut", 2));
    const auto shown = shownAnswers(known);
    ASSERT_EQ(shown.size(), 2u);
    EXPECT_EQ(shown[1]->round, 2);
    EXPECT_EQ(promptsOf(shown), std::vector<std::string>{"Why?"});
    EXPECT_EQ(findAnswer(*shown[0], "How?"), nullptr);
}

}  // namespace
}  // namespace skd::test
