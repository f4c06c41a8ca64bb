#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/random.h"
#include "core/distill/distill_fixture.h"
#include "distill/trainer.h"
#include "distill/training_rules.h"
#include "distill/training_step.h"
#include "model/memory_error.h"

namespace skd {
namespace {

using Fixture = test::TrainingFixture;

/// Lets micro-steps fail while it lives.
struct FaultScope {
    explicit FaultScope(MemoryFault fault) { setMemoryFaultForTesting(std::move(fault)); }
    ~FaultScope() { setMemoryFaultForTesting(nullptr); }
    FaultScope(const FaultScope&) = delete;
    FaultScope& operator=(const FaultScope&) = delete;
};

/// Fails the nth micro-step, once.
MemoryFault failing(int nth) {
    return [left = nth](std::int64_t) mutable { return --left == 0; };
}

std::string trained(const std::function<void(Fixture&)>& prepare,
                    at::ScalarType type = at::kBFloat16) {
    Fixture fixture;
    fixture.spec.batch = 4;
    prepare(fixture);
    Decoder model = test::trainingStudent(type);
    const auto report = fixture.run(model);
    EXPECT_TRUE(report) << report.error().message;
    return test::weightsSha256(model);
}

}  // namespace

TEST(DistillMemoryFault, HalvesTheMicroBatchAndKeepsTheBatch) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        Fixture fixture;
        fixture.spec.batch = 4;
        fixture.spec.microBatch = 4;
        test::Recorder recorder;
        Decoder model = test::trainingStudent(type);
        const FaultScope scope([](std::int64_t samples) { return samples > 1; });
        const auto report = fixture.run(model, test::StoppingContext(&recorder).context);
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->steps, 12);
        EXPECT_EQ(report->microBatch, 1);
        EXPECT_EQ(recorder.lines("memory ran out in a micro-batch of 4 samples"), 1);
        EXPECT_EQ(recorder.lines("continuing with 1, the batch of a step stays 4"), 1);
        EXPECT_EQ(recorder.metric("kd.micro_batch"), std::vector<double>{1});
        EXPECT_EQ(recorder.metric("kd.loss").size(), 12u);
        // What failed has left nothing behind: as if it had begun so.
        setMemoryFaultForTesting(nullptr);
        EXPECT_EQ(test::weightsSha256(model),
                  trained([](Fixture& other) { other.spec.microBatch = 1; }, type));
    }
}

TEST(DistillMemoryFault, TheReducedMicroBatchSurvivesAResume) {
    Fixture straight, fixture;
    for (Fixture* each : {&straight, &fixture}) {
        each->spec.batch = 4;
        each->spec.microBatch = 4;
    }
    Decoder expected = test::trainingStudent(at::kFloat), first = test::trainingStudent(at::kFloat),
            second = test::trainingStudent(at::kFloat);
    {
        const FaultScope scope(failing(3));
        ASSERT_TRUE(straight.run(expected));
    }
    {
        const FaultScope scope(failing(3));
        const auto cancelled = fixture.run(first, test::StoppingContext(nullptr, 9).context);
        ASSERT_TRUE(cancelled && cancelled->cancelled);
        EXPECT_GT(cancelled->steps, 3);
        EXPECT_LT(cancelled->steps, 12);
    }
    const auto resumed = fixture.run(second);
    ASSERT_TRUE(resumed);
    EXPECT_EQ(resumed->microBatch, 2);
    EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
}

TEST(DistillMemoryFault, GivesUpWithTheNumbersAtOneSample) {
    Fixture fixture;
    fixture.spec.checkpointEvery = 1;
    Decoder model = test::trainingStudent(at::kFloat);
    int steps = 0;
    const FaultScope scope(
        [&](std::int64_t) { return ++steps > 7; });  // in the third step of three
    const auto report = fixture.run(model);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::OutOfMemory);
    for (const char* part : {"step 2", "one sample of 24 tokens", "the estimate was", "are free",
                             "the checkpoint of step 2 is kept"})
        EXPECT_NE(report.error().message.find(part), std::string::npos) << report.error().message;
    setMemoryFaultForTesting(nullptr);
    Decoder resumed = test::trainingStudent(at::kFloat);
    EXPECT_EQ(fixture.run(resumed)->resumedFrom, 2);
}

TEST(DistillMemoryFault, RealFailuresAreRecognisedAndOthersAreNot) {
    const auto recognised = [](const auto& action) {
        try {
            action();
        } catch (const std::exception& error) {
            return isOutOfMemory(error);
        }
        return false;
    };
    EXPECT_TRUE(recognised([] { at::empty({std::int64_t{1} << 50}); }));
    EXPECT_TRUE(recognised([] { throw std::bad_alloc(); }));
    EXPECT_FALSE(recognised([] { TORCH_CHECK(false, "shapes do not fit"); }));
    EXPECT_FALSE(recognised([] { throw std::runtime_error("something else"); }));
}

TEST(DistillMemoryFault, OtherExceptionsPass) {
    Fixture fixture;
    Decoder model = test::trainingStudent(at::kFloat);
    const FaultScope scope([](std::int64_t) -> bool { throw std::logic_error("ours"); });
    EXPECT_THROW(static_cast<void>(fixture.run(model)), std::logic_error);
}

TEST(DistillSpikes, MedianIsThatOfTheLastNorms) {
    const CounterRandom random(5, 6);
    SpikeGuard guard(1.5);
    std::deque<double> window;
    for (std::uint64_t i = 0; i < 300; ++i) {
        const double norm = 1 + random.uniform(i);
        std::vector<double> sorted(window.begin(), window.end());
        std::sort(sorted.begin(), sorted.end());
        const double median = sorted.size() < kSpikeMinimum ? 0 : sorted[sorted.size() / 2];
        ASSERT_EQ(guard.median(), median);
        ASSERT_EQ(guard.isSpike(norm), median > 0 && norm > 1.5 * median) << i;
        window.push_back(norm);
        if (window.size() > kSpikeWindow) window.pop_front();
        if (i % 37 == 0) {
            SpikeGuard copy(1.5);
            ASSERT_TRUE(copy.fromJson(parseJson(dumpJson(guard.toJson())).value()));
            guard = copy;
        }
    }
    EXPECT_EQ(guard.fromJson(Json::object()).error().code, ErrorCode::Corrupt);
}

TEST(DistillSpikes, ALastingRiseIsTakenForNormalAfterHalfAWindow) {
    SpikeGuard guard(3);
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(guard.isSpike(1));
    int skipped = 0;
    while (guard.isSpike(10)) ++skipped;
    EXPECT_EQ(skipped, static_cast<int>(kSpikeWindow / 2));
}

TEST(DistillSpikes, AreSkippedAndToldButEndNoRun) {
    Fixture fixture;
    fixture.spec.steps = 40;
    fixture.spec.learningRate = 1e-4;  // slow, so that norms vary with the samples alone
    fixture.spec.spikeFactor = 1.0;    // about half of the steps
    fixture.spec.maxBadSteps = 1;
    test::Recorder recorder;
    Decoder model = test::trainingStudent(at::kFloat);
    const auto report = fixture.run(model, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(report) << report.error().message;
    const auto norms = recorder.metric("kd.grad_norm");
    std::vector<std::int64_t> expected;
    SpikeGuard guard(1.0);
    for (std::size_t i = 0; i < norms.size(); ++i)
        if (guard.isSpike(norms[i])) expected.push_back(static_cast<std::int64_t>(i));
    ASSERT_GT(expected.size(), 0u);
    EXPECT_LT(expected.size(), 40u);
    EXPECT_EQ(recorder.stepsOf("kd.skipped"), expected);
    EXPECT_EQ(recorder.metric("kd.skipped").back(), static_cast<double>(expected.size()));
    EXPECT_EQ(recorder.lines("times its running median"), static_cast<int>(expected.size()));
    EXPECT_EQ(report->skippedSteps, static_cast<std::int64_t>(expected.size()));
}

TEST(DistillSpikes, ASkippedStepMovesNothing) {
    Fixture fixture;
    fixture.spec.steps = 12;
    fixture.spec.spikeFactor = 1e-9;  // from the ninth step on every one
    fixture.spec.evalEvery = 1;
    std::map<std::int64_t, std::string> weights;
    fixture.environment.evaluate = [&](const Decoder& model, std::int64_t step) -> Result<double> {
        Decoder copy = model;
        weights[step] = test::weightsSha256(copy);
        return 20.0;
    };
    Decoder model = test::trainingStudent(at::kFloat);
    ASSERT_TRUE(fixture.run(model));
    EXPECT_NE(weights[7], weights[8]);
    EXPECT_EQ(weights[8], weights[9]);
    EXPECT_EQ(weights[8], weights[12]);
}

TEST(DistillSpikes, ResumeIsBitExact) {
    const auto prepare = [](Fixture& fixture) {
        fixture.spec.steps = 24;
        fixture.spec.learningRate = 1e-4;
        fixture.spec.spikeFactor = 1.0;
    };
    Fixture straight;
    prepare(straight);
    Decoder expected = test::trainingStudent(at::kBFloat16);
    const auto whole = straight.run(expected);
    ASSERT_TRUE(whole);
    ASSERT_GT(whole->skippedSteps, 2);
    for (const int polls : {31, 44}) {
        Fixture fixture;
        prepare(fixture);
        Decoder first = test::trainingStudent(at::kBFloat16),
                second = test::trainingStudent(at::kBFloat16);
        ASSERT_TRUE(fixture.run(first, test::StoppingContext(nullptr, polls).context)->cancelled);
        const auto resumed = fixture.run(second);
        ASSERT_TRUE(resumed);
        EXPECT_EQ(resumed->skippedSteps, whole->skippedSteps);
        EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
    }
}

TEST(DistillCancel, InsideAStepDropsItsGradients) {
    Fixture fixture;
    Decoder model = test::trainingStudent(at::kFloat);
    TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec);
    const std::vector<std::int64_t> samples{0, 1, 2};
    const test::StoppingContext stopping(nullptr, 1);
    const auto cancelled = step.gradients(samples, stopping.context);
    ASSERT_TRUE(cancelled);
    EXPECT_TRUE(cancelled->cancelled);
    EXPECT_EQ(step.optimiser().gradientNorm(), 0);
    model.visitParameters([](const std::string& name, at::Tensor& tensor) {
        EXPECT_FALSE(tensor.grad().defined()) << name;
    });
    const WindowLoss again = step.gradients(samples).value();
    Decoder fresh = test::trainingStudent(at::kFloat);
    TrainingStep other(fresh, fixture.corpus, fixture.cache, fixture.spec);
    EXPECT_EQ(again.gradientNorm, other.gradients(samples)->gradientNorm);
}

TEST(DistillPhases, MetricsAndSamplesGoOnWhereTheScheduleBeginsAnew) {
    Fixture first, later;
    later.environment.firstStep = 100;
    test::Recorder begin, after;
    Decoder model = test::trainingStudent(at::kFloat), other = test::trainingStudent(at::kFloat);
    ASSERT_TRUE(first.run(model, test::StoppingContext(&begin).context));
    const auto report = later.run(other, test::StoppingContext(&after).context);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->steps, 12);
    for (const char* name : {"kd.loss", "kd.lr", "ppl.live"}) {
        std::vector<std::int64_t> expected = begin.stepsOf(name);
        for (std::int64_t& step : expected) step += 100;
        EXPECT_EQ(after.stepsOf(name), expected) << name;
    }
    EXPECT_EQ(after.metric("kd.lr"), begin.metric("kd.lr"));
    EXPECT_NE(after.metric("kd.ce")[0], begin.metric("kd.ce")[0]);  // other samples
    for (const Event& event : after.events)
        if (const auto* saved = std::get_if<CheckpointSaved>(&event)) {
            EXPECT_GE(saved->step, 100);
        }
    later.environment.firstStep = 50;
    EXPECT_EQ(later.run(other).error().code, ErrorCode::InvalidInput);
}

TEST(DistillPhases, ResumeBitExactly) {
    Fixture straight, fixture;
    straight.environment.firstStep = fixture.environment.firstStep = 7;
    Decoder expected = test::trainingStudent(at::kFloat), model = test::trainingStudent(at::kFloat),
            second = test::trainingStudent(at::kFloat);
    ASSERT_TRUE(straight.run(expected));
    ASSERT_TRUE(fixture.run(model, test::StoppingContext(nullptr, 13).context)->cancelled);
    test::Recorder recorder;
    ASSERT_TRUE(fixture.run(second, test::StoppingContext(&recorder).context));
    EXPECT_EQ(recorder.stepsOf("kd.loss").front(), 7 + 4);
    EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
}

}  // namespace skd
