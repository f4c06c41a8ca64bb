#include "recover/run_rounds.h"

#include <gtest/gtest.h>

#include "results/run_summary.h"

namespace skd::test {
namespace {

/// `gate`: the trials of each round.
RunCurves curvesOf(const std::vector<std::vector<double>>& gate, const std::vector<double>& cuts,
                   RunStatus status = RunStatus::Completed) {
    RunCurves curves;
    curves.details.row.status = status;
    curves.details.spec = {{"prune", {{"target", 0.5}}},
                           {"distill", {{"steps", 40}}},
                           {"schedule",
                            {{"gate_kl", 6.0},
                             {"rounds",
                              {{{"target", 0.1}, {"steps", 10}},
                               {{"target", 0.2}, {"steps", 0}},
                               {{"target", 0.3}, {"steps", 30}}}}}}};
    for (std::size_t round = 0; round < gate.size(); ++round)
        for (std::size_t trial = 0; trial < gate[round].size(); ++trial)
            for (const char* name : {"gate.kl", "gate.original_kl"})
                curves.series[name].append(
                    static_cast<double>(
                        round * static_cast<std::size_t>(RoundSummary::kGateTrials) + trial + 1),
                    gate[round][trial] + (std::string_view(name) == "gate.kl" ? 0 : 1));
    for (double step : cuts)
        curves.series["ppl.post_prune"].steps.push_back(step),
            curves.series["ppl.post_prune"].values.push_back(50);
    curves.series["ppl.live"].replace({{0, 10, 50}, {50, 45, 40}});
    return curves;
}

TEST(RunRounds, AcceptedCutsCarryTheirVerdict) {
    const auto rounds = roundsOf(curvesOf({{0.4}, {5.9}}, {0, 10}));
    ASSERT_EQ(rounds.size(), 2u);
    EXPECT_EQ(rounds[0].number, 1);
    EXPECT_DOUBLE_EQ(rounds[1].step, 10);
    EXPECT_DOUBLE_EQ(rounds[1].target, 0.2);
    EXPECT_DOUBLE_EQ(rounds[1].gateKl, 5.9);
    EXPECT_EQ(gateText(rounds[1]), "gate 5.90 ✓");
}

TEST(RunRounds, ARefusedCutAtTheEndIsARoundThatWasRolledBack) {
    const auto rounds = roundsOf(curvesOf({{0.4}, {7.5}}, {0}));
    ASSERT_EQ(rounds.size(), 2u);
    EXPECT_TRUE(rounds[1].rolledBack);
    EXPECT_DOUBLE_EQ(rounds[1].step, 50) << "where the curve ends";
    EXPECT_EQ(gateText(rounds[1]), "gate 7.50 > 6 ✗");
    EXPECT_EQ(roundsOf(curvesOf({{std::nan("")}}, {})).front().rolledBack, true)
        << "a KL that is no number is past every limit";
}

TEST(RunRounds, RefusalsBeforeAnAcceptedCutBelongToItsRound) {
    const auto rounds = roundsOf(curvesOf({{0.4}, {9, 7, 5}}, {0, 10}));
    ASSERT_EQ(rounds.size(), 2u);
    EXPECT_EQ(rounds[1].refusals, 2);
    EXPECT_DOUBLE_EQ(rounds[1].gateKl, 5);
    EXPECT_FALSE(rounds[1].rolledBack);
}

TEST(RunRounds, ARefusalOnTheWayBackUpLeavesWhatPassed) {
    const auto rounds = roundsOf(curvesOf({{0.4}, {9, 3, 7, 5}, {8, 2, 6.5}}, {0, 10, 50}));
    ASSERT_EQ(rounds.size(), 3u);
    EXPECT_DOUBLE_EQ(rounds[1].gateKl, 5) << "the last that passed";
    EXPECT_EQ(rounds[1].refusals, 2);
    EXPECT_DOUBLE_EQ(rounds[2].gateKl, 2);
    EXPECT_FALSE(rounds[2].rolledBack);
}

TEST(RunRounds, TheLimitIsOnTheDistanceThatTheSpecNames) {
    RunCurves curves = curvesOf({{0.4}, {5.9}}, {0});
    curves.details.spec["schedule"]["gate_reference"] = "original";
    const auto rounds = roundsOf(curves);  // one more than to the model before
    ASSERT_EQ(rounds.size(), 2u);
    EXPECT_DOUBLE_EQ(rounds[0].gateKl, 1.4);
    EXPECT_DOUBLE_EQ(rounds[1].gateKl, 6.9);
    EXPECT_TRUE(rounds[1].rolledBack);
}

TEST(RunRounds, WhileARunGoesOnTheNextTrialMayStillPass) {
    EXPECT_EQ(roundsOf(curvesOf({{0.4}, {9}}, {0}, RunStatus::Running)).size(), 1u);
}

TEST(RunRounds, WithoutAGateThereIsNoVerdict) {
    const auto rounds = roundsOf(curvesOf({}, {0, 10, 50}));
    ASSERT_EQ(rounds.size(), 3u);
    EXPECT_EQ(gateText(rounds[2]), "");
    EXPECT_TRUE(roundsOf(RunCurves()).empty());
}

TEST(RunRounds, StepsOfABudgetAreThoseItCameTo) {
    RunCurves curves = curvesOf({}, {});
    curves.details.spec["distill"]["budget"] = 150'000;
    EXPECT_DOUBLE_EQ(plannedStepsOf(curves), 0) << "not settled yet";
    curves.series["kd.planned_steps"].replace({{0}, {123}});
    EXPECT_DOUBLE_EQ(plannedStepsOf(curves), 123);
}

TEST(RunRounds, StepsOfARoundThatSaysNoneAreThoseOfDistillation) {
    const RunCurves curves = curvesOf({}, {});
    EXPECT_DOUBLE_EQ(plannedSteps(curves.details.spec), 10 + 40 + 30);
    EXPECT_EQ(plannedRounds(curves.details.spec), 3);
    EXPECT_DOUBLE_EQ(plannedSteps({{"distill", {{"steps", 90}}}}), 90);
    EXPECT_DOUBLE_EQ(plannedSteps(Json()), 0);
    EXPECT_DOUBLE_EQ(plannedStepsOf(curves), 80);
    EXPECT_EQ(plannedRounds(Json()), 1);
    const Json shared{{"distill", {{"steps", 80}}},
                      {"schedule", {{"rounds", {{{"share", 0.25}}, {{"share", 0.75}}}}}}};
    EXPECT_DOUBLE_EQ(plannedSteps(shared), 80);
}

TEST(RunRounds, WhatIsToBeUndoneIsTheLastCutThatStands) {
    RunCurves curves = curvesOf({{0.4}, {5.9}}, {0, 10});
    curves.series["ppl.live"].replace({{0, 5, 10, 15, 20}, {90, 40, 120, 70, 75}});
    EXPECT_DOUBLE_EQ(lastCollapse(curves), 120);
    ASSERT_TRUE(bestSinceCut(curves));
    EXPECT_EQ(*bestSinceCut(curves), std::pair(15.0, 70.0)) << "40 was a larger model's";

    curves.series["ppl.pruned_live"].replace({{0, 10}, {95, 400}});
    EXPECT_DOUBLE_EQ(lastCollapse(curves), 400) << "before blocks were refined";

    RunCurves refused = curvesOf({{0.4}, {7.5}}, {0});  // the second cut was rolled back
    refused.series["ppl.live"].replace({{0, 5}, {90, 40}});
    EXPECT_DOUBLE_EQ(lastCollapse(refused), 90);
    EXPECT_TRUE(std::isnan(lastCollapse(RunCurves{})));
    EXPECT_FALSE(bestSinceCut(RunCurves{}));
}

}  // namespace
}  // namespace skd::test
