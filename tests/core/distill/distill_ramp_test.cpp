// The ramp that finds a learning rate: what it measures, what it leaves behind, and resuming.

#include <gtest/gtest.h>

#include <cmath>

#include "core/distill/distill_fixture.h"
#include "distill/rate_ramp.h"

namespace skd {
namespace {

struct RampFixture : test::TrainingFixture {
    RampFixture() {
        spec.learningRate = AutoNumber::automatic();
        spec.rampSteps = 10;
    }
};

struct RampRun {
    test::Recorder events;
    Result<DistillReport> report = DistillReport();
    std::string weights;

    RampRun(test::TrainingFixture& fixture, at::ScalarType type, int polls = -1) {
        Decoder model = test::trainingStudent(type);
        report = fixture.run(model, test::StoppingContext(&events, polls).context);
        EXPECT_TRUE(report) << report.error().message;
        weights = test::weightsSha256(model);
    }
    [[nodiscard]] std::size_t ramped() const { return events.metric("kd.ramp_loss").size(); }
};

}  // namespace

/// Steps of its own on the same samples, with rates of the definition.
TEST(DistillRamp, LossesAreThoseOfStepsOnRisingRates) {
    RampFixture fixture;
    fixture.spec.rampSteps = 15;
    const RampRun run(fixture, at::kFloat);
    ASSERT_TRUE(run.report->rateChoice);
    Decoder model = test::trainingStudent(at::kFloat);
    TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec);
    SampleOrder order(fixture.corpus.samples(), 42);
    std::vector<double> losses;
    for (std::int64_t i = 0; i < 15; ++i) {
        const std::vector<std::int64_t> samples{order.at(3 * i), order.at(3 * i + 1),
                                                order.at(3 * i + 2)};
        const WindowLoss loss = step.gradients(samples).value();
        losses.push_back(loss.loss);
        step.apply(loss, rampRate(i, 15));
    }
    EXPECT_EQ(run.events.metric("kd.ramp_loss"), losses);
    EXPECT_EQ(run.report->rateChoice->losses, losses);
    EXPECT_EQ(run.events.metric("kd.ramp_smoothed"), smoothed(losses));
    EXPECT_EQ(run.events.metric("kd.ramp_rate").front(), 1e-6);
    EXPECT_EQ(run.report->rateChoice->rate, chooseRate(losses, 15, 5e-5).rate);
    EXPECT_EQ(run.events.metric("kd.ramp_chosen"),
              std::vector<double>{run.report->rateChoice->rate});
    EXPECT_EQ(run.events.lines("from a ramp of 15 steps") +
                  run.events.lines("because the ramp of 15 steps told nothing"),
              1);
}

/// Weights, moments and the order of samples are as if there had been no ramp.
TEST(DistillRamp, LeavesNothingBehindButItsRate) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        RampFixture fixture;
        const RampRun automatic(fixture, type);
        ASSERT_TRUE(automatic.report->rateChoice);
        test::TrainingFixture plain;
        plain.spec.learningRate = automatic.report->rateChoice->rate;
        const RampRun fixed(plain, type);
        EXPECT_EQ(fixed.ramped(), 0u);
        EXPECT_FALSE(fixed.report->rateChoice);
        EXPECT_EQ(automatic.ramped(), 10u);
        EXPECT_EQ(automatic.events.metric("kd.loss"), fixed.events.metric("kd.loss"));
        EXPECT_EQ(automatic.events.metric("kd.lr"), fixed.events.metric("kd.lr"));
        EXPECT_EQ(automatic.weights, fixed.weights);
        EXPECT_EQ(automatic.events.metric("kd.ramp_loss")[0], fixed.events.metric("kd.loss")[0]);
    }
}

TEST(DistillRamp, ResumesWithoutClimbingAgain) {
    RampFixture straight;
    const RampRun whole(straight, at::kBFloat16);
    // Three looks at the stop token in a step: in the ramp's third step, and in the run's second.
    for (const bool inRamp : {true, false}) {
        RampFixture fixture;
        const RampRun cancelled(fixture, at::kBFloat16, inRamp ? 8 : 30 + 5);
        EXPECT_TRUE(cancelled.report->cancelled);
        EXPECT_EQ(cancelled.report->steps, inRamp ? 0 : 1);
        EXPECT_EQ(cancelled.ramped(), inRamp ? 0u : 10u);
        const RampRun resumed(fixture, at::kBFloat16);
        EXPECT_EQ(resumed.ramped(), inRamp ? 10u : 0u);
        EXPECT_EQ(resumed.report->rateChoice, whole.report->rateChoice);
        EXPECT_EQ(resumed.weights, whole.weights);
    }
}

/// A run that ends after its ramp, but before any checkpoint.
TEST(DistillRamp, ItsChoiceIsKeptBeforeTheFirstCheckpoint) {
    RampFixture fixture;
    const DistillEvaluate evaluate = fixture.environment.evaluate;
    fixture.environment.evaluate = [](const Decoder&, std::int64_t) -> Result<double> {
        return fail(ErrorCode::Numeric, "the end");
    };
    Decoder model = test::trainingStudent(at::kFloat);
    EXPECT_FALSE(fixture.run(model, test::StoppingContext().context));
    fixture.environment.evaluate = evaluate;
    const RampRun again(fixture, at::kFloat);
    EXPECT_EQ(again.ramped(), 0u);
    RampFixture fresh;
    EXPECT_EQ(again.weights, RampRun(fresh, at::kFloat).weights);
    EXPECT_FALSE(readChoice(fixture.environment.checkpointFolder, {{"another", "run"}}));
}

TEST(DistillRamp, ADamagedChoiceIsNotTaken) {
    const test::TemporaryFolder folder;
    const Json identity{{"run", 1}};
    const RateChoice choice{0.5, "it descends", true, {3, 2}};
    ASSERT_TRUE(writeChoice(folder.path(), identity, choice));
    EXPECT_EQ(readChoice(folder.path(), identity), choice);
    const std::string sound = test::readBytes(folder / "learning-rate.json");
    for (std::size_t at = 0; at < sound.size(); ++at) {
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ 1);
        for (const std::string& bytes : {flipped, sound.substr(0, at)}) {
            folder.write("learning-rate.json", bytes);
            EXPECT_FALSE(readChoice(folder.path(), identity)) << bytes;
        }
    }
}

TEST(DistillRamp, WarnsAndTakesTheDefaultWhereItFails) {
    RampFixture fixture;
    fixture.environment.evaluate = nullptr;
    fixture.spec.maxBadSteps = 1000;
    fixture.spec.warmup = 0;
    Decoder model = test::trainingStudent(at::kFloat);
    model.finalNorm.fill_(std::nan(""));
    test::Recorder events;
    const auto report = fixture.run(model, test::StoppingContext(&events).context);
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->rateChoice);
    EXPECT_FALSE(report->rateChoice->isFound);
    EXPECT_EQ(events.metric("kd.lr")[0], kDefaultLearningRate);
    EXPECT_EQ(events.lines("told nothing"), 1);
    EXPECT_EQ(report->toJson()["learning_rate_found"], false);
}

TEST(DistillRamp, CurvesOfRoundsFollowEachOther) {
    RampFixture fixture;
    fixture.environment.round = 2;
    fixture.environment.firstStep = 7;
    const RampRun run(fixture, at::kFloat);
    EXPECT_EQ(run.events.stepsOf("kd.ramp_loss").front(), 20);
    EXPECT_EQ(run.events.stepsOf("kd.ramp_loss").back(), 29);
    EXPECT_EQ(run.events.stepsOf("kd.loss").front(), 7);
}

}  // namespace skd
