#include <gtest/gtest.h>

#include <cmath>

#include "core/distill/distill_fixture.h"
#include "distill/trainer.h"
#include "distill/training_step.h"
#include "spec/run_spec.h"

namespace skd {
namespace {

using Fixture = test::TrainingFixture;

/// A teacher of another width and depth with the student's vocabulary.
Decoder wideTeacher() {
    return test::tinyDecoder(5, {.vocabulary = Fixture::kVocabulary,
                                 .hidden = 48,
                                 .intermediate = 80,
                                 .layers = 3,
                                 .headDim = 12});
}

Fixture& onlineSpec(Fixture& fixture) {
    fixture.spec.loss = KdLoss::Online;
    fixture.spec.temperature = 1.7;
    return fixture;
}

}  // namespace

TEST(DistillSignal, NeedFollowsAlphaAndLoss) {
    DistillSpec spec;
    EXPECT_EQ(teacherNeed(spec), TeacherNeed::Cache);
    spec.loss = KdLoss::Sampled;
    EXPECT_EQ(teacherNeed(spec), TeacherNeed::Cache);
    spec.loss = KdLoss::Online;
    EXPECT_EQ(teacherNeed(spec), TeacherNeed::Online);
    spec.alpha = 0;
    EXPECT_EQ(teacherNeed(spec), TeacherNeed::None);
}

TEST(DistillSignal, WithoutATeacherOnlyTheCrossEntropyTrains) {
    Fixture fixture;
    fixture.spec.alpha = 0;
    test::Recorder recorder;
    Decoder model = test::trainingStudent(at::kFloat), measured = test::trainingStudent(at::kFloat);
    const auto report = fixture.runWith({}, model, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(recorder.metric("kd.loss"), recorder.metric("kd.ce"));
    EXPECT_TRUE(recorder.metric("kd.kl").empty());
    // A teacher that has no weight is measured and changes nothing beyond rounding.
    TrainingStep alone(model, fixture.corpus, {}, fixture.spec);
    const WindowLoss plain = alone.gradients(std::vector<std::int64_t>{0, 1}).value();
    measured = model.clone();
    TrainingStep watched(measured, fixture.corpus, fixture.cache, fixture.spec);
    const WindowLoss seen = watched.gradients(std::vector<std::int64_t>{0, 1}).value();
    EXPECT_GT(seen.kl, 0);
    EXPECT_EQ(plain.kl, 0);
    EXPECT_NEAR(seen.gradientNorm, plain.gradientNorm, 1e-5 * plain.gradientNorm);
}

TEST(DistillSignal, OnlineGradientsEqualAutogradOverTheWholeModel) {
    Fixture fixture;
    onlineSpec(fixture).spec.alpha = 0.3;
    const Decoder teacher = wideTeacher();
    Decoder model = test::trainingStudent(at::kFloat),
            reference = test::trainingStudent(at::kFloat);
    TrainingStep step(model, fixture.corpus, TeacherSignal(teacher, "t"), fixture.spec);
    const std::vector<std::int64_t> samples{1, 4};
    const WindowLoss window = step.gradients(samples).value();
    reference.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(); });
    at::Tensor total = at::zeros({});
    for (const std::int64_t sample : samples) {
        const std::int64_t length = fixture.corpus.length(sample);
        at::Tensor ids = at::empty({1, length}, at::kLong);
        for (std::int64_t t = 0; t < length; ++t)
            ids[0][t] = static_cast<std::int64_t>(
                fixture.corpus.sample(sample)[static_cast<std::size_t>(t)]);
        const at::Tensor seen = ids.narrow(1, 0, length - 1),
                         labels = ids[0].narrow(0, 1, length - 1);
        const at::Tensor logits = reference.logits(seen).squeeze(0),
                         logP = at::log_softmax(teacher.logits(seen).squeeze(0) / 1.7, -1);
        const at::Tensor kl = (logP.exp() * (logP - at::log_softmax(logits / 1.7, -1))).sum();
        total = total + 0.7 * at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum) +
                0.3 * 1.7 * 1.7 * kl;
    }
    (total / window.tokens).backward();
    EXPECT_NEAR(window.loss, total.item<double>() / static_cast<double>(window.tokens), 1e-4);
    std::size_t index = 0;
    reference.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        EXPECT_LT(test::relativeError(step.optimiser().gradientSum(index++), tensor.grad()), 2e-4)
            << name;
    });
}

TEST(DistillSignal, OnlineResumesBitExactlyAndOnlyWithItsTeacher) {
    const Decoder teacher = wideTeacher();
    Fixture straight, fixture;
    onlineSpec(straight);
    onlineSpec(fixture);
    Decoder expected = test::trainingStudent(at::kFloat), first = test::trainingStudent(at::kFloat),
            second = test::trainingStudent(at::kFloat);
    ASSERT_TRUE(straight.runWith({teacher, "t"}, expected));
    ASSERT_TRUE(fixture.runWith({teacher, "t"}, first, test::StoppingContext(nullptr, 8).context)
                    ->cancelled);
    EXPECT_EQ(fixture.runWith({teacher, "other"}, second).error().code, ErrorCode::InvalidInput);
    ASSERT_TRUE(fixture.runWith({teacher, "t"}, second));
    EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
}

TEST(DistillSignal, CheckpointsBelongToTheirSignal) {
    Fixture fixture;
    Decoder model = test::trainingStudent(at::kFloat);
    fixture.spec.alpha = 0;
    ASSERT_TRUE(fixture.runWith({}, model));
    EXPECT_EQ(fixture.run(model).error().code, ErrorCode::InvalidInput);
    EXPECT_TRUE(fixture.runWith({}, model));
}

TEST(DistillSignal, EveryLossTrains) {
    for (const KdLoss loss : {KdLoss::Renormalised, KdLoss::Conditional, KdLoss::Sampled}) {
        Fixture fixture;
        fixture.spec.loss = loss;
        fixture.spec.steps = 30;
        fixture.spec.alpha = 1;
        const TeacherCache cache = fixture.cacheForSpec();
        test::Recorder recorder;
        Decoder model = test::trainingStudent(at::kBFloat16);
        const auto report = fixture.runWith(cache, model, test::StoppingContext(&recorder).context);
        ASSERT_TRUE(report) << report.error().message;
        const auto kl = recorder.metric("kd.kl");
        EXPECT_LT(kl.back(), 0.8 * kl.front()) << enumName(loss);
    }
}

TEST(DistillSignal, RefusesWhatDoesNotServe) {
    Fixture fixture;
    Decoder model = test::trainingStudent(at::kFloat);
    const Decoder small = test::tinyDecoder(5, {.vocabulary = 100});
    const auto refusal = [&](const TeacherSignal& signal) {
        const auto report = fixture.runWith(signal, model);
        EXPECT_EQ(report.error().code, ErrorCode::InvalidInput);
        return report ? std::string() : report.error().message;
    };
    const auto contains = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    EXPECT_TRUE(contains(refusal({}), "there is no teacher"));
    EXPECT_TRUE(contains(refusal({fixture.teacher, "t"}), "cached probabilities"));
    fixture.spec.temperature = 2.5;
    EXPECT_TRUE(contains(refusal(fixture.cache), "1, 1.5, 2 and 3"));
    fixture.spec.temperature = 2;
    fixture.spec.loss = KdLoss::Sampled;
    EXPECT_TRUE(contains(refusal(fixture.cache), "drawn tokens"));
    const TeacherCache drawn = fixture.cacheForSpec();
    fixture.spec.temperature = 3;
    EXPECT_TRUE(contains(refusal(drawn), "drawn at 2"));
    fixture.spec.loss = KdLoss::Bucket;
    EXPECT_TRUE(contains(refusal(drawn), "most probable tokens"));
    fixture.spec.loss = KdLoss::Online;
    EXPECT_TRUE(contains(refusal(fixture.cache), "the teacher itself"));
    EXPECT_TRUE(contains(refusal({small, "t"}), "100 tokens"));
}

TEST(DistillSignal, RunSpecsNameTheGridOfTemperatures) {
    RunSpec spec;
    spec.model.path = "m";
    spec.corpus.shares = {CorpusShare{}};
    spec.corpus.shares[0].path = "resource:x";
    spec.eval.text = "resource:x";
    spec.distill.temperature = 2.5;
    for (const KdLoss loss :
         {KdLoss::Bucket, KdLoss::Renormalised, KdLoss::Conditional, KdLoss::Sampled}) {
        spec.distill.loss = loss;
        const Status status = validate(spec);
        ASSERT_FALSE(status);
        EXPECT_NE(status.error().message.find("1, 1.5, 2, 3"), std::string::npos)
            << status.error().message;
    }
    spec.distill.loss = KdLoss::Online;
    EXPECT_TRUE(validate(spec)) << validate(spec).error().message;
}

}  // namespace skd
