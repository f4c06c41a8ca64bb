#include "study/demo_plan.h"

#include <gtest/gtest.h>

namespace skd::test {
namespace {

RunSpec preset() {
    const auto spec = readRunSpec(SKD_SOURCE_DIR "/resources/presets/demo.json");
    EXPECT_TRUE(spec) << spec.error().message;
    return spec.value_or(RunSpec());
}

/// The same in steps instead of a budget.
RunSpec inSteps() {
    RunSpec spec = preset();
    spec.distill.budget = 0;
    spec.distill.batch = 4;
    spec.distill.steps = 90;
    spec.corpus.samples = 360;
    return spec;
}

double secondsOf(const RunSpec& spec, const MachineSpeed& speed) {
    return StudyCost(speed).seconds(spec);
}

TEST(DemoPlan, AFastMachineDoesAllOfIt) {
    const MachineSpeed fast{3, 3};
    EXPECT_EQ(fittedTo(preset(), kDemoSeconds, fast), preset());
}

TEST(DemoPlan, ASlowerOneEndsWithinTheTime) {
    std::int64_t before = inSteps().distill.steps;
    for (const double speed : {0.6, 0.5, 0.35, 0.25}) {
        const MachineSpeed machine{speed, speed};
        const RunSpec fitted = fittedTo(inSteps(), kDemoSeconds, machine);
        EXPECT_LE(secondsOf(fitted, machine), kDemoSeconds) << speed;
        EXPECT_GT(secondsOf(inSteps(), machine), kDemoSeconds) << speed;
        EXPECT_TRUE(validate(fitted)) << speed;
        EXPECT_LE(fitted.distill.steps, before);
        EXPECT_GE(fitted.distill.steps, 24);
        // The corpus is passed once, as in the spec.
        EXPECT_EQ(fitted.corpus.samples, fitted.distill.steps * fitted.distill.batch);
        // What is shown of it stays the same.
        EXPECT_EQ(fitted.prune.target, inSteps().prune.target);
        EXPECT_EQ(fitted.eval.protocol, inSteps().eval.protocol);
        EXPECT_EQ(fitted.distill.learningRate, inSteps().distill.learningRate);
        before = fitted.distill.steps;
    }
}

TEST(DemoPlan, NoMachineIsSlowEnoughForFewerStepsThanShowARecovery) {
    const RunSpec fitted = fittedTo(inSteps(), kDemoSeconds, {0.01, 0.01});
    EXPECT_EQ(fitted.distill.steps, 24);
    EXPECT_TRUE(validate(fitted));
}

TEST(DemoPlan, ABudgetShrinksToTheTime) {
    const RunSpec spec = preset();
    EXPECT_EQ(spec.distill.budget, 150'000);
    EXPECT_EQ(fittedTo(spec, kDemoSeconds, {2, 2}), spec);
    const RunSpec fitted = fittedTo(spec, kDemoSeconds, {0.5, 0.5});
    EXPECT_LT(fitted.distill.budget, 150'000);
    EXPECT_GT(fitted.distill.budget, 60'000);
    EXPECT_LE(secondsOf(fitted, {0.5, 0.5}), kDemoSeconds);
    EXPECT_EQ(fitted.distill.steps, spec.distill.steps) << "a proportion";
    EXPECT_EQ(fittedTo(spec, kDemoSeconds, {0.01, 0.01}).distill.budget, 60'000);
}

TEST(DemoPlan, SaysWhatItDoesAndHowLongEachStageTakes) {
    const auto plan = demoPlan(false), full = demoPlan(true);
    ASSERT_TRUE(plan && full) << plan.error().message;
    EXPECT_TRUE(full->changes.empty());
    EXPECT_EQ(full->spec, preset());
    EXPECT_NEAR(full->seconds(), full->fullSeconds, 1e-9);
    EXPECT_LE(plan->seconds(), plan->fullSeconds) << "of the same measurement of the machine";
    const std::string text = describe(*plan);
    for (const StageCost& stage : plan->stages)
        EXPECT_NE(text.find(stage.stage), std::string::npos) << text;
    EXPECT_EQ(text.find("--full") != std::string::npos, !plan->changes.empty());
    EXPECT_EQ(toJson(*plan)["stages"].size(), plan->stages.size());
}

}  // namespace
}  // namespace skd::test
