#include "run/budget_plan.h"

#include <gtest/gtest.h>

#include <numeric>

namespace skd::test {
namespace {

/// 1 ms a token-equivalent, 100 s in all.
constexpr std::int64_t kBudget = 100'000;
BudgetCosts someCosts() {
    return {.secondsPerToken = 1e-3,
            .spent = 20,
            .reserved = 10,
            .step = 0.5,
            .teacherSample = 0.05,
            .samples = 1'000'000};
}

TEST(BudgetPlanTest, WhatIsLeftBecomesStepsAndTheSamplesTheyRead) {
    // 70 s are left; a step of 4 samples costs 0.5 + 4 x 0.05 s.
    const auto plan = planBudget(kBudget, someCosts(), 4, 1);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->steps, 100);
    EXPECT_EQ(plan->samples, 400);
}

TEST(BudgetPlanTest, ASecondPassHasItsTeacherAlready) {
    BudgetCosts costs = someCosts();
    costs.samples = 200;
    // (70 - 200 x 0.05) / 0.5
    const auto plan = planBudget(kBudget, costs, 4, 1);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->steps, 120);
    EXPECT_EQ(plan->samples, 200);
    // Exactly one pass: both formulas agree.
    costs.samples = 400;
    EXPECT_EQ(planBudget(kBudget, costs, 4, 1)->steps, 100);
}

TEST(BudgetPlanTest, WithoutATeacherAllOfItIsSteps) {
    BudgetCosts costs = someCosts();
    costs.teacherSample = 0;
    EXPECT_EQ(planBudget(kBudget, costs, 4, 1)->steps, 140);
}

/// The same run on a machine of half the speed: every second is two.
TEST(BudgetPlanTest, ASlowerMachineTakesTheSameSteps) {
    BudgetCosts slow = someCosts();
    for (double* seconds :
         {&slow.secondsPerToken, &slow.spent, &slow.reserved, &slow.step, &slow.teacherSample})
        *seconds *= 2;
    EXPECT_EQ(planBudget(kBudget, slow, 4, 1)->steps,
              planBudget(kBudget, someCosts(), 4, 1)->steps);
}

TEST(BudgetPlanTest, TooLittleIsRefusedWithItsNumbers) {
    BudgetCosts costs = someCosts();
    costs.spent = 89.5;
    const auto plan = planBudget(kBudget, costs, 4, 1);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(plan.error().message.find("100,000"), std::string::npos) << plan.error().message;
    EXPECT_NE(plan.error().message.find("89,500"), std::string::npos) << plan.error().message;
    costs.spent = 88;
    EXPECT_EQ(planBudget(kBudget, costs, 4, 1)->steps, 2);
    EXPECT_TRUE(planBudget(kBudget, costs, 4, 2));
    EXPECT_FALSE(planBudget(kBudget, costs, 4, 3)) << "three rounds need three steps";
}

TEST(BudgetPlanTest, RoundsShareTheStepsByTheirOwn) {
    EXPECT_EQ(sharedSteps(103, {{0.2, 20}, {0.35, 20}, {0.5, 60}}),
              (std::vector<std::int64_t>{21, 21, 61}));
    EXPECT_EQ(sharedSteps(2, {{0.2, 1}, {0.5, 1'000'000}}), (std::vector<std::int64_t>{1, 1}));
    EXPECT_EQ(sharedSteps(77, {{0.2, 9}}), std::vector<std::int64_t>{77});
}

TEST(BudgetPlanTest, EverythingCountedInStepsIsMultiplied) {
    RunSpec spec;
    spec.distill.steps = 60;
    spec.distill.warmup = 6;
    spec.distill.evalEvery = 10;
    spec.distill.checkpointEvery = 20;
    const DistillSpec whole = budgetedDistill(spec, 300, 0);
    EXPECT_EQ(whole.steps, 300);
    EXPECT_EQ(whole.warmup, 30);
    EXPECT_EQ(whole.evalEvery, 50);
    EXPECT_EQ(whole.checkpointEvery, 100);
    spec.schedule.rounds = {{0.2, 30}, {0.35, 0}};  // 30 and 60
    const DistillSpec first = budgetedDistill(spec, 182, 0), second = budgetedDistill(spec, 182, 1);
    EXPECT_EQ(first.steps, 61);
    EXPECT_EQ(second.steps, 121);
    EXPECT_EQ(first.evalEvery, 20);
    EXPECT_EQ(second.warmup, 12);
    // No warm-up is longer than its round.
    EXPECT_EQ(budgetedDistill(spec, 2, 0).warmup, 1);
}

/// The pauses of the plain schedule and of the multiplied one are the same in number.
TEST(BudgetPlanTest, PausesDoNotDependOnTheBudget) {
    RunSpec spec;
    spec.distill.steps = 60;
    spec.distill.evalEvery = 10;
    spec.distill.checkpointEvery = 25;
    const TrainingPauses pauses = pausesOf(spec);
    EXPECT_EQ(pauses.evaluations, 7) << "0, 10 .. 60";
    EXPECT_EQ(pauses.checkpoints, 3) << "25, 50, 60";
    spec.distill = budgetedDistill(spec, 600, 0);
    EXPECT_EQ(pausesOf(spec).evaluations, 7);
    EXPECT_EQ(pausesOf(spec).checkpoints, 3);
    EXPECT_EQ(pausesOf(spec).perplexities, 7);
    spec.elastic.smallest = 0.65;
    EXPECT_EQ(pausesOf(spec).perplexities, 23) << "two each, and three times three more of five";
}

}  // namespace
}  // namespace skd::test
