#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <thread>

#include "base/random.h"
#include "core/distill/distill_fixture.h"
#include "distill/trainer.h"
#include "distill/training_step.h"

namespace skd {
namespace {

using Fixture = test::TrainingFixture;
constexpr std::int64_t kLength = Fixture::kLength, kVocabulary = Fixture::kVocabulary;

Decoder student(at::ScalarType type) {
    return test::trainingStudent(type);
}

/// A run that is killed again and again ends with the bits of one that is not.
void expectSameBitsAfterKills(const std::function<void(DistillSpec&)>& change) {
    Fixture straight, fixture;
    for (Fixture* each : {&straight, &fixture}) {
        each->spec.checkpointEvery = 1;
        change(each->spec);
    }
    Decoder expected = student(at::kBFloat16);
    ASSERT_TRUE(straight.run(expected));
    const CounterRandom random(99, 1);
    int kills = 0;
    for (std::uint64_t attempt = 0; attempt < 60; ++attempt) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            Decoder model = student(at::kBFloat16);
            ::_exit(fixture.run(model) ? 0 : 1);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5 + random.below(attempt, 40)));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            ASSERT_EQ(WEXITSTATUS(status), 0);
            break;
        }
        ++kills;
    }
    Decoder model = student(at::kBFloat16);
    const auto report = fixture.run(model);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_GT(kills, 0);
    EXPECT_EQ(report->bestPerplexity, straight.run(expected)->bestPerplexity);
    EXPECT_EQ(test::weightsSha256(model), test::weightsSha256(expected));
}

}  // namespace

TEST(DistillTrainer, GradientsEqualAutogradOverTheWholeModel) {
    Fixture fixture;
    fixture.spec.alpha = 0.5;
    std::vector<bool> leftOut(Fixture::kSamples * kLength);
    for (const std::size_t token : {2, 3, 9}) leftOut.at(kLength + token) = true;  // of sample 1
    fixture.corpus.leaveOut(leftOut);
    Decoder model = student(at::kFloat), reference = student(at::kFloat);
    TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec);
    const std::vector<std::int64_t> samples{1, 4};  // one of them padded
    const WindowLoss window = step.gradients(samples).value();
    EXPECT_EQ(window.tokens, kLength - 1 + kLength / 2 - 1 - 3);

    reference.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(); });
    at::Tensor total = at::zeros({});
    for (const std::int64_t sample : samples) {
        const std::int64_t length = fixture.corpus.length(sample);
        at::Tensor ids = at::empty({1, length}, at::kLong), learned = at::ones({length - 1});
        if (sample == 1)
            for (const std::int64_t token : {2, 3, 9}) learned[token - 1] = 0;
        for (std::int64_t t = 0; t < length; ++t)
            ids[0][t] = static_cast<std::int64_t>(
                fixture.corpus.sample(sample)[static_cast<std::size_t>(t)]);
        const at::Tensor logits = reference.logits(ids.narrow(1, 0, length - 1)).squeeze(0);
        const TeacherRows teacher = fixture.cache.rows(sample, 2.0)->narrow(0, length - 1);
        const at::Tensor logP = teacher.logProbabilities / 2.0 - teacher.logZ.unsqueeze(1),
                         p = logP.exp();
        const at::Tensor logQ =
            at::log_softmax(logits / 2.0, -1).gather(1, teacher.ids.to(at::kLong));
        const at::Tensor tailP = 1 - p.sum(1), tailQ = 1 - logQ.exp().sum(1);
        const at::Tensor kl = (p * (logP - logQ)).sum(1) + tailP * (tailP.log() - tailQ.log());
        const at::Tensor ce = at::cross_entropy_loss(logits, ids[0].narrow(0, 1, length - 1), {},
                                                     at::Reduction::None);
        total = total + ((0.5 * ce + 0.5 * 4 * kl) * learned).sum();
    }
    (total / window.tokens).backward();
    EXPECT_NEAR(window.loss, total.item<double>() / static_cast<double>(window.tokens), 1e-4);
    std::size_t index = 0;
    double squares = 0;
    reference.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        const at::Tensor expected = tensor.grad();
        EXPECT_LT(test::relativeError(step.optimiser().gradientSum(index++), expected), 2e-4)
            << name;
        squares += expected.to(at::kDouble).pow(2).sum().item<double>();
    });
    EXPECT_NEAR(window.gradientNorm, std::sqrt(squares), 1e-4 * std::sqrt(squares));
}

TEST(DistillTrainer, MicroBatchesDoNotChangeTheGradient) {
    Fixture fixture;
    const std::vector<std::int64_t> samples{0, 1, 4, 7};
    std::vector<at::Tensor> gradients;
    for (const std::int64_t micro : {1, 3, 4}) {
        fixture.spec.microBatch = micro;
        Decoder model = student(at::kFloat);
        TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec);
        ASSERT_TRUE(step.gradients(samples));
        gradients.push_back(step.optimiser().gradientSum(0).clone());
    }
    EXPECT_LT(test::relativeError(gradients[1], gradients[0]), 1e-4);
    EXPECT_LT(test::relativeError(gradients[2], gradients[0]), 1e-4);
}

TEST(DistillTrainer, LearnsAndKeepsTheBestWeights) {
    Fixture fixture;
    fixture.spec.steps = 40;
    test::Recorder recorder;
    Decoder model = student(at::kBFloat16);
    const double before = fixture.nll(model);
    const auto report = fixture.run(model, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->steps, 40);
    EXPECT_LT(report->bestPerplexity, 0.7 * before);
    EXPECT_EQ(fixture.nll(model), report->bestPerplexity);
    const auto live = recorder.metric("ppl.live");
    EXPECT_EQ(live.size(), 11u);
    EXPECT_EQ(*std::min_element(live.begin(), live.end()), report->bestPerplexity);
    for (const char* name :
         {"kd.ce", "kd.kl", "kd.loss", "kd.lr", "kd.grad_norm", "kd.tokens_per_second"})
        EXPECT_EQ(recorder.metric(name).size(), 40u);
    const auto loss = recorder.metric("kd.loss");
    EXPECT_LT(loss.back(), loss.front());
    model.visitParameters(
        [](const std::string&, at::Tensor& tensor) { EXPECT_FALSE(tensor.requires_grad()); });
}

TEST(DistillTrainer, StopsByRuleAndReturnsToTheMinimum) {
    Fixture fixture;
    fixture.spec.steps = 100;
    fixture.spec.evalEvery = 2;
    fixture.spec.stopOnRise = true;
    fixture.spec.patience = 2;
    std::map<std::int64_t, std::string> weights;
    fixture.environment.evaluate = [&](const Decoder& model, std::int64_t step) -> Result<double> {
        Decoder copy = model;
        weights[step] = test::weightsSha256(copy);
        return step <= 6 ? 20.0 - static_cast<double>(step) : 15.0 + static_cast<double>(step);
    };
    Decoder model = student(at::kBFloat16);
    const auto report = fixture.run(model);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->steps, 10);
    EXPECT_EQ(report->bestStep, 6);
    EXPECT_NE(report->stopReason.find("rose"), std::string::npos);
    EXPECT_EQ(test::weightsSha256(model), weights[6]);
}

TEST(DistillTrainer, ResumesBitExactlyAfterCancelling) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        Fixture straight;
        Decoder expected = student(type);
        const auto whole = straight.run(expected);
        ASSERT_TRUE(whole) << whole.error().message;
        // Three looks at the stop token in a step: before it, and between its micro-batches.
        for (const int polls : {2, 3, 16, 31}) {
            Fixture fixture;
            Decoder first = student(type);
            const test::StoppingContext stopping(nullptr, polls);
            const auto cancelled = fixture.run(first, stopping.context);
            ASSERT_TRUE(cancelled) << cancelled.error().message;
            EXPECT_TRUE(cancelled->cancelled);
            EXPECT_EQ(cancelled->steps, polls / 3);
            Decoder second = student(type);
            const auto resumed = fixture.run(second);
            ASSERT_TRUE(resumed) << resumed.error().message;
            EXPECT_EQ(resumed->resumedFrom, polls / 3);
            EXPECT_EQ(resumed->bestStep, whole->bestStep);
            EXPECT_EQ(resumed->bestPerplexity, whole->bestPerplexity);
            EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
        }
    }
}

TEST(DistillTrainer, FinishedRunIsNotRepeated) {
    Fixture fixture;
    Decoder first = student(at::kBFloat16), second = student(at::kBFloat16);
    ASSERT_TRUE(fixture.run(first));
    test::Recorder recorder;
    const auto again = fixture.run(second, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->steps, 12);
    EXPECT_TRUE(recorder.metric("kd.loss").empty());
    EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(first));
}

TEST(DistillTrainer, RefusesCheckpointsOfAnotherSpec) {
    Fixture fixture;
    Decoder model = student(at::kBFloat16);
    ASSERT_TRUE(fixture.run(model));
    fixture.environment.specSha256 = "other";
    EXPECT_EQ(fixture.run(model).error().code, ErrorCode::InvalidInput);
}

TEST(DistillTrainer, SkipsNonFiniteStepsAndEndsAfterTooMany) {
    Fixture fixture;
    Decoder model = student(at::kFloat);
    fixture.environment.evaluate = nullptr;
    fixture.spec.maxBadSteps = 3;
    model.finalNorm.fill_(std::nan(""));
    test::Recorder recorder;
    const auto report = fixture.run(model, test::StoppingContext(&recorder).context);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::Numeric);
    EXPECT_EQ(recorder.lines("the step is skipped"), 3);
    EXPECT_EQ(recorder.metric("kd.skipped"), (std::vector<double>{1, 2, 3}));
}

TEST(DistillTrainer, AlphaOneOnAnIdenticalTeacherDoesNotMove) {
    Fixture fixture;
    fixture.spec.alpha = 1;
    fixture.spec.weightDecay = 0;
    Decoder model = test::tinyDecoder(
        3, {.vocabulary = kVocabulary, .hidden = 64, .intermediate = 96, .headDim = 16});
    TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec);
    const WindowLoss same = step.gradients(std::vector<std::int64_t>{0, 1}).value();
    Decoder other = student(at::kFloat);
    TrainingStep otherStep(other, fixture.corpus, fixture.cache, fixture.spec);
    const WindowLoss different = otherStep.gradients(std::vector<std::int64_t>{0, 1}).value();
    EXPECT_NEAR(same.kl, 0, 1e-6);
    EXPECT_LT(same.gradientNorm, 1e-3 * different.gradientNorm);  // what rounding to 16 bits leaves
}

TEST(DistillTrainer, ResumesBitExactlyAfterKill) {
    expectSameBitsAfterKills([](DistillSpec&) {});
}

TEST(DistillTrainer, ResumesBitExactlyAfterKillWhileAveraging) {
    expectSameBitsAfterKills([](DistillSpec& spec) { spec.average = 0.8; });
}

TEST(DistillTrainer, ResumesBitExactlyAfterKillInOrAfterARamp) {
    expectSameBitsAfterKills([](DistillSpec& spec) {
        spec.learningRate = AutoNumber::automatic();
        spec.rampSteps = 10;
    });
}

}  // namespace skd
