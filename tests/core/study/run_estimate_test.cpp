#include "study/run_estimate.h"

#include <gtest/gtest.h>

#include "distill/memory_shape.h"
#include "requests/tools.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

RunSpec tinySpec() {
    RunSpec spec;
    spec.model.path = (std::filesystem::path(SKD_FIXTURES) / "models" / "workbench").string();
    spec.corpus.samples = 8;
    spec.corpus.sequenceLength = 32;
    return spec;
}

class RunEstimateTest : public testing::Test {
protected:
    const TemporaryFolder folder;
    const RunPaths paths{folder / "w.files"};
    RunEstimate of(const RunSpec& spec) const { return estimateRun(spec, paths); }
};

TEST_F(RunEstimateTest, CountsTheModelAndTheMachine) {
    const RunEstimate estimate = of(tinySpec());
    EXPECT_EQ(estimate.modelProblem, "");
    EXPECT_GT(estimate.parameters, 10'000);
    EXPECT_LT(estimate.parameters, 1'000'000);
    EXPECT_GT(estimate.freeMemory, 0u);
    EXPECT_GT(estimate.freeDisk, 0u);
    EXPECT_GT(estimate.diskBytes, estimate.keptBytes);
    EXPECT_TRUE(estimate.warnings().empty());
}

TEST_F(RunEstimateTest, AMissingModelIsSaidAndTimeStays) {
    RunSpec spec = tinySpec();
    spec.model.path = "no such model";
    const RunEstimate estimate = of(spec);
    EXPECT_NE(estimate.modelProblem.find("no such model"), std::string::npos);
    EXPECT_EQ(estimate.parameters, 0);
    EXPECT_DOUBLE_EQ(estimate.seconds, StudyCost(machineSpeed(spec.model)).seconds(spec));
    EXPECT_DOUBLE_EQ(estimate.seconds, totalSeconds(estimate.stages));
}

TEST_F(RunEstimateTest, GrowsWithWhatCostsMore) {
    const RunEstimate base = of(tinySpec());
    const auto with = [&](auto change) {
        RunSpec spec = tinySpec();
        change(spec);
        return of(spec);
    };
    EXPECT_GT(with([](RunSpec& s) { s.distill.steps *= 10; }).seconds, base.seconds);
    EXPECT_GT(with([](RunSpec& s) { s.model.dtype = DTypeChoice::F32; }).memoryBytes,
              with([](RunSpec& s) { s.model.dtype = DTypeChoice::Bf16; }).memoryBytes);
    EXPECT_GT(with([](RunSpec& s) { s.corpus.sequenceLength = 2048; }).memoryBytes,
              base.memoryBytes);
    EXPECT_GT(with([](RunSpec& s) { s.distill.loss = KdLoss::Online; }).memoryBytes,
              base.memoryBytes);
    const RunEstimate channels = with([](RunSpec& s) { s.prune.mlpArm = MlpArm::Either; });
    EXPECT_GE(channels.memoryBytes, base.memoryBytes);
    EXPECT_GT(channels.diskBytes, base.diskBytes);
    EXPECT_EQ(with([](RunSpec& s) { s.keep = Keep::Nothing; }).diskBytes, base.diskBytes);
    EXPECT_LT(with([](RunSpec& s) { s.keep = Keep::Model; }).keptBytes, base.keptBytes);
    EXPECT_LT(with([](RunSpec& s) { s.keep = Keep::Nothing; }).keptBytes,
              with([](RunSpec& s) { s.keep = Keep::Model; }).keptBytes);
    EXPECT_LT(with([](RunSpec& s) { s.distill.steps = 0; }).diskBytes, base.diskBytes);
    EXPECT_GT(with([](RunSpec& s) { s.distill.average = 0.3; }).diskBytes, base.diskBytes);
    const auto ramped = [&](std::int64_t steps) {
        return with([steps](RunSpec& s) {
                   s.distill.learningRate = AutoNumber::automatic();
                   s.distill.rampSteps = steps;
               })
            .seconds;
    };
    const RunEstimate refined = with([](RunSpec& s) { s.refine.passes = 5; });
    EXPECT_GT(refined.seconds, base.seconds);
    EXPECT_GT(refined.diskBytes, base.diskBytes);
    EXPECT_GT(with([](RunSpec& s) {
                  s.refine.passes = 5;
                  s.distill.steps = 0;
              }).memoryBytes,
              with([](RunSpec& s) { s.distill.steps = 0; }).memoryBytes);
    EXPECT_GT(with([](RunSpec& s) { s.refine.passes = 50; }).seconds, refined.seconds);
    EXPECT_GT(ramped(40), base.seconds);
    EXPECT_GT(ramped(400), ramped(40));
}

/// Six bytes an entry and sixteen a token: distill/teacher_block.h.
TEST_F(RunEstimateTest, TheTeacherCacheTakesWhatItsFormatSays) {
    RunSpec spec = tinySpec();
    const std::int64_t with = of(spec).diskBytes;
    spec.distill.alpha = 0;
    const std::int64_t bytes = with - of(spec).diskBytes, rows = 8 * 31;
    EXPECT_NEAR(static_cast<double>(bytes), static_cast<double>(rows * (32 * 6 + 16)), 300);
}

/// Both hold 32 entries a token.
TEST_F(RunEstimateTest, ASampledCacheOfEqualBytes) {
    RunSpec spec = tinySpec();
    const double top = teacherBytesPerToken(spec);
    EXPECT_NEAR(top, (31 * (32 * 6 + 16) + 16) / 32.0, 1e-9);
    spec.distill.loss = KdLoss::Sampled;
    spec.distill.sampleRounds = 32;
    EXPECT_EQ(teacherBytesPerToken(spec), top);
    spec.distill.sampleRounds = 50;
    EXPECT_GT(teacherBytesPerToken(spec), top);
    spec.control = Control::DenseCe;
    EXPECT_EQ(teacherBytesPerToken(spec), 0);
}

TEST_F(RunEstimateTest, ABudgetIsTheTimeOfAllStagesAfterLoading) {
    RunSpec spec = tinySpec();
    spec.distill.budget = 480'000;  // a thousand seconds at the rate of StudyCost
    const auto secondsOfStages = [](const RunSpec& given) {
        std::int64_t steps = 0;
        double seconds = 0;
        for (const StageCost& stage : StudyCost().stages(given)) {
            steps += stage.steps;
            if (stage.stage != "load" && stage.stage != "speed of dense training")
                seconds += stage.seconds;
        }
        return std::pair(seconds, steps);
    };
    const auto [seconds, steps] = secondsOfStages(spec);
    EXPECT_NEAR(seconds, 1000, 1e-6);
    EXPECT_GT(steps, 0);
    spec.distill.alpha = 0;
    EXPECT_NEAR(secondsOfStages(spec).first, 1000, 1e-6);
    EXPECT_GT(secondsOfStages(spec).second, steps) << "no teacher, more steps";
    spec.control = Control::DenseCe;
    EXPECT_NEAR(secondsOfStages(spec).first, 1000, 1e-6);
    spec.distill.budget = 10;
    EXPECT_EQ(secondsOfStages(spec).second, 0);
}

TEST_F(RunEstimateTest, SaysWhatDoesNotFit) {
    RunEstimate estimate;
    estimate.memoryBytes = 8ll << 30;
    estimate.freeMemory = 4ull << 30;
    estimate.diskBytes = 10;
    estimate.freeDisk = 5;
    ASSERT_EQ(estimate.warnings().size(), 2u);
    EXPECT_NE(estimate.warnings()[0].find("8.0 GiB"), std::string::npos) << estimate.warnings()[0];
}

TEST_F(RunEstimateTest, EarlierRunsCorrectTheTime) {
    RunSpec spec = tinySpec();
    spec.distill.steps =
        1'000'000;  // a shorter run says nothing: most of its time is the same for every run
    const double expected = of(spec).seconds;
    ASSERT_GT(expected, 20);
    RunDetails run;
    run.environment = environmentRecord();
    RunDetails shortRun = run;
    run.spec = toJson(spec);
    shortRun.spec = toJson(tinySpec());
    RunDetails elsewhere = run;  // counts for nothing here
    elsewhere.environment["processor"] = "another one";
    const SpeedRecord speed = speedOf({{run, 3 * expected},
                                       {run, 5 * expected},
                                       {run, 0},
                                       {shortRun, 10},
                                       {elsewhere, 900 * expected}},
                                      paths);
    EXPECT_EQ(speed.runs, 2);
    EXPECT_NEAR(speed.factor, 4, 1e-9);
    EXPECT_NEAR(estimateRun(spec, paths, speed).seconds, 4 * expected, 1e-6 * expected);
}

TEST_F(RunEstimateTest, APlanTakesTheModelOfEachRun) {
    StudySpec study;
    study.base["model.path"] = tinySpec().model.path;
    study.seeds = {1};
    study.variants.resize(2);
    study.variants[0].name = "first";
    study.variants[1].name = "second";
    study.variants[1].overrides["model.path"] = "variant:first";
    const auto plan = planStudy(study);
    ASSERT_TRUE(plan) << plan.error().message;
    const std::vector<double> plain = expectedSeconds(*plan, machineSpeed(tinySpec().model)),
                              seconds = estimatePlan(*plan, paths);
    ASSERT_EQ(seconds.size(), 2u);
    const double ratio = static_cast<double>(of(tinySpec()).parameters) / 134.5e6;
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(seconds[i], plain[i] * ratio, 1e-9);
}

TEST(DistillMemoryShape, AMicroBatchOnTheCpuHas512Tokens) {
    DistillSpec spec;
    spec.batch = 8;
    EXPECT_EQ(microBatchFor(spec, true, 257), 2);
    EXPECT_EQ(microBatchFor(spec, true, 256), 2);
    EXPECT_EQ(microBatchFor(spec, true, 4097), 1);
    EXPECT_EQ(microBatchFor(spec, true, 2), 8);
    EXPECT_EQ(microBatchFor(spec, false, 4097), 8);
    spec.microBatch = 5;
    EXPECT_EQ(microBatchFor(spec, true, 257), 5);
}

/// AdamW in bf16 holds masters and two moments in f32 and a gradient, and sums where a step has
/// several micro-batches: resources/help/method.md, The loss.
TEST(DistillMemoryShape, CountsTheOptimiser) {
    DecoderShape shape;
    shape.elements = 1000;
    shape.vocabularySize = 10;
    shape.hiddenSize = 4;
    shape.heads = 2;
    shape.layers.resize(3);
    DistillSpec spec;
    spec.batch = 4;
    EXPECT_EQ(distillMemory(shape, nullptr, spec, 1, 16).optimiser(), 1000 * (12 + 4 + 2));
    EXPECT_EQ(distillMemory(shape, nullptr, spec, 4, 16).optimiser(), 1000 * (12 + 2) + 10 * 4 * 4);
    EXPECT_EQ(distillMemory(shape, &shape, spec, 4, 16).teacher, 2000);
    shape.width = 4;  // masters are the weights themselves, gradients add up in place
    EXPECT_EQ(distillMemory(shape, nullptr, spec, 1, 16).optimiser(), 1000 * (8 + 4) + 10 * 4 * 4);
}

}  // namespace
}  // namespace skd::test
