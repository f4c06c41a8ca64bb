#include <gtest/gtest.h>

#include <c10/core/GradMode.h>

#include <cmath>

#include "distill/fused_head.h"
#include "distill/kept_logits.h"

namespace skd {
namespace {

constexpr double kLossTemperatures[] = {1.0, 1.5, 2.0, 3.0};
constexpr KdLoss kLosses[] = {KdLoss::Bucket, KdLoss::Renormalised, KdLoss::Conditional,
                              KdLoss::Sampled, KdLoss::Online};
constexpr std::int64_t kWidth = 24, kTeacherWidth = 17, kEntries = 16;

/// A head problem with a teacher of another width for every loss.
struct LossProblem {
    HeadInput input;
    at::Tensor student, teacher;  ///< logits, f64
};

/// `noise` is how far the teacher's logits lie from the student's; without it they are equal.
LossProblem problemFor(KdLoss loss, double temperature, double noise = 1, std::int64_t tokens = 30,
                       std::int64_t vocabulary = 301) {
    at::manual_seed(11);
    LossProblem problem;
    HeadInput& input = problem.input;
    input.hidden = at::randn({tokens, kWidth});
    input.head = at::randn({vocabulary, kWidth});
    input.labels = at::randint(0, vocabulary, {tokens}, at::kLong);
    problem.student = at::mm(input.hidden, input.head.t()).to(at::kDouble);
    at::Tensor teacherHidden = at::randn({tokens, kTeacherWidth}),
               teacherHead = at::randn({vocabulary, kTeacherWidth});
    problem.teacher = at::mm(teacherHidden, teacherHead.t()).to(at::kDouble);
    if (noise == 0) {
        teacherHidden = input.hidden;
        teacherHead = input.head;
        problem.teacher = problem.student;
    }
    const at::Tensor logP = at::log_softmax(problem.teacher, -1);
    if (loss == KdLoss::Online) {
        input.teacherHidden = teacherHidden;
        input.teacherHead = teacherHead;
    } else if (loss == KdLoss::Sampled) {
        const TokenDraws draws =
            drawTokens(problem.teacher.to(at::kFloat), {40, temperature, 5}, 0, 0);
        input.teacher = {draws.ids, (draws.counts.to(at::kFloat) / 40).log(),
                         draws.negativeEntropy};
    } else {
        const auto [values, ids] = logP.topk(kEntries, -1);
        input.teacher = {ids.to(at::kInt), values.to(at::kFloat),
                         at::logsumexp(logP / temperature, {-1}).to(at::kFloat)};
    }
    return problem;
}

HeadLossOptions optionsFor(KdLoss loss, double alpha, double temperature, double tokens = 30) {
    return {.alpha = alpha, .temperature = temperature, .tokens = tokens, .loss = loss};
}

struct LossOutcome {
    HeadLoss loss;
    at::Tensor headGradient;
};

LossOutcome runLoss(const HeadInput& input, const HeadLossOptions& options,
                    bool reference = false) {
    LossOutcome outcome{{}, at::zeros(input.head.sizes(), at::kFloat)};
    outcome.loss = reference ? headLossReference(input, options, outcome.headGradient)
                             : headLoss(input, options, outcome.headGradient);
    return outcome;
}

double difference(const at::Tensor& value, const at::Tensor& expected) {
    return ((value.to(at::kDouble) - expected.to(at::kDouble)).norm() /
            expected.to(at::kDouble).norm().clamp_min(1e-30))
        .item<double>();
}

/// Gradient with respect to the logits / T of T^2 KL / T^2, summed over tokens.
at::Tensor logitGradient(const LossProblem& problem, KdLoss loss, double temperature) {
    HeadInput direct = problem.input;
    direct.hidden = problem.student.to(at::kFloat);
    direct.head = at::eye(problem.student.size(1));
    if (direct.isOnline()) {
        direct.teacherHidden = problem.teacher.to(at::kFloat);
        direct.teacherHead = direct.head;
    }
    return runLoss(direct, optionsFor(loss, 1, temperature, 1))
               .loss.hiddenGradient.to(at::kDouble) /
           temperature;
}

at::Tensor shares(const at::Tensor& logits, double temperature) {
    return at::softmax(logits / temperature, -1);
}

class DistillLoss : public testing::TestWithParam<KdLoss> {};

}  // namespace

TEST_P(DistillLoss, EqualsAutograd) {
    for (const double temperature : {1.0, 1.5, 2.0, 3.0, 2.7}) {
        LossProblem problem = problemFor(GetParam(), temperature);
        problem.input.labels[4] = kIgnoredLabel;
        const HeadLossOptions options = optionsFor(GetParam(), 0.4, temperature);
        const LossOutcome fused = runLoss(problem.input, options),
                          reference = runLoss(problem.input, options, true);
        EXPECT_NEAR(fused.loss.ce, reference.loss.ce, 1e-5 * reference.loss.ce);
        EXPECT_NEAR(fused.loss.kl, reference.loss.kl, 1e-4 * std::fabs(reference.loss.kl))
            << "T = " << temperature;
        EXPECT_LT(difference(fused.loss.hiddenGradient, reference.loss.hiddenGradient), 1e-5)
            << "T = " << temperature;
        EXPECT_LT(difference(fused.headGradient, reference.headGradient), 1e-5);
        EXPECT_EQ(fused.loss.scored, 29);
    }
}

TEST_P(DistillLoss, BfloatStaysCloseToAutograd) {
    LossProblem problem = problemFor(GetParam(), 2.0);
    HeadInput& input = problem.input;
    for (at::Tensor* tensor :
         {&input.hidden, &input.head, &input.teacherHidden, &input.teacherHead})
        if (tensor->defined()) *tensor = tensor->to(at::kBFloat16);
    const HeadLossOptions options = optionsFor(GetParam(), 0.5, 2.0);
    const LossOutcome fused = runLoss(input, options), reference = runLoss(input, options, true);
    EXPECT_NEAR(fused.loss.kl, reference.loss.kl, 2e-3 * std::fabs(reference.loss.kl));
    EXPECT_LT(difference(fused.loss.hiddenGradient, reference.loss.hiddenGradient), 1e-2);
    EXPECT_LT(difference(fused.headGradient, reference.headGradient), 1e-2);
}

TEST_P(DistillLoss, ChunksDoNotChangeIt) {  // oracle 3
    const LossProblem problem = problemFor(GetParam(), 2.0, 1, 130, 200);
    HeadLossOptions options = optionsFor(GetParam(), 0.5, 2.0, 130);
    options.chunk = 130;
    const LossOutcome whole = runLoss(problem.input, options);
    for (const std::int64_t chunk : {1, 7, 64}) {
        options.chunk = chunk;
        const LossOutcome parts = runLoss(problem.input, options);
        EXPECT_NEAR(parts.loss.kl, whole.loss.kl, 2e-6 * std::fabs(whole.loss.kl));
        EXPECT_LT(difference(parts.loss.hiddenGradient, whole.loss.hiddenGradient), 3e-6);
        EXPECT_LT(difference(parts.headGradient, whole.headGradient), 3e-6);
    }
}

TEST_P(DistillLoss, AlphaSelectsExactlyOnePart) {  // oracle 9
    const LossProblem problem = problemFor(GetParam(), 2.0);
    HeadInput plain = problem.input, relabelled = problem.input;
    plain.teacher = {};
    plain.teacherHidden = plain.teacherHead = at::Tensor();
    const LossOutcome ceOnly = runLoss(problem.input, optionsFor(GetParam(), 0, 2)),
                      ce = runLoss(plain, optionsFor(GetParam(), 0, 2));
    EXPECT_LT(difference(ceOnly.headGradient, ce.headGradient), 1e-6);
    EXPECT_EQ(ceOnly.loss.klGradientSquares, 0);
    relabelled.labels = (relabelled.labels + 1).remainder(problem.student.size(1));
    const LossOutcome klOnly = runLoss(problem.input, optionsFor(GetParam(), 1, 2)),
                      same = runLoss(relabelled, optionsFor(GetParam(), 1, 2));
    EXPECT_TRUE(at::equal(klOnly.headGradient, same.headGradient));
    EXPECT_EQ(klOnly.loss.ceGradientSquares, 0);
    // The two parts add up.
    const LossOutcome both = runLoss(problem.input, optionsFor(GetParam(), 0.3, 2));
    EXPECT_LT(difference(both.headGradient, 0.7 * ceOnly.headGradient + 0.3 * klOnly.headGradient),
              1e-5);
}

TEST_P(DistillLoss, NormOfTheKlPartIsThatOfItsGradient) {
    const LossProblem problem = problemFor(GetParam(), 2.0);
    HeadInput direct = problem.input;
    direct.hidden = problem.student.to(at::kFloat);
    direct.head = at::eye(direct.hidden.size(1));
    if (direct.isOnline()) {
        direct.teacherHidden = problem.teacher.to(at::kFloat);
        direct.teacherHead = direct.head;
    }
    const HeadLoss loss = runLoss(direct, optionsFor(GetParam(), 1, 2)).loss;
    const double squares = loss.hiddenGradient.to(at::kDouble).pow(2).sum().item<double>();
    EXPECT_NEAR(loss.klGradientSquares, squares, 1e-4 * squares);
}

TEST_P(DistillLoss, GradientsOfARowSumToZero) {
    for (const double temperature : kLossTemperatures) {
        const at::Tensor gradient =
            logitGradient(problemFor(GetParam(), temperature), GetParam(), temperature);
        EXPECT_LT(gradient.sum(1).abs().max().item<double>(), 2e-5);
        EXPECT_GT(gradient.abs().max().item<double>(), 1e-2);
    }
}

TEST_P(DistillLoss, NonFiniteLogitsShow) {
    LossProblem problem = problemFor(GetParam(), 2.0);
    problem.input.hidden[1][0] = std::nan("");
    const HeadLoss loss = runLoss(problem.input, optionsFor(GetParam(), 0.5, 2.0)).loss;
    EXPECT_FALSE(std::isfinite(loss.ce) && std::isfinite(loss.kl));
}

INSTANTIATE_TEST_SUITE_P(All, DistillLoss, testing::ValuesIn(kLosses),
                         [](const auto& each) { return std::string(enumName(each.param)); });

// Oracle 1: which losses are at rest where the student is the teacher.
TEST(DistillLosses, OnlyRenormalisedMovesAStudentThatIsTheTeacher) {
    for (const double temperature : kLossTemperatures)
        for (const KdLoss loss :
             {KdLoss::Bucket, KdLoss::Conditional, KdLoss::Online, KdLoss::Renormalised}) {
            const LossProblem problem = problemFor(loss, temperature, 0);
            const double largest =
                logitGradient(problem, loss, temperature).abs().max().item<double>();
            const double kl = runLoss(problem.input, optionsFor(loss, 1, temperature)).loss.kl;
            if (loss == KdLoss::Renormalised) {
                EXPECT_GT(largest, 1e-2);
                EXPECT_GT(kl, 1e-1);
            } else {
                EXPECT_LT(largest, 3e-6) << enumName(loss) << " at T = " << temperature;
                EXPECT_NEAR(kl, 0, 2e-4);
            }
        }
}

// Each gradient against its formula, in f64 from whole distributions.
TEST(DistillLosses, RenormalisedGradientHasItsFormula) {
    for (const double temperature : kLossTemperatures) {
        const LossProblem problem = problemFor(KdLoss::Renormalised, temperature);
        const at::Tensor ids = problem.input.teacher.ids.to(at::kLong);
        const at::Tensor entries = shares(problem.teacher, temperature).gather(1, ids),
                         q = shares(problem.student, temperature);
        const at::Tensor expected = q.scatter_add(1, ids, -entries / entries.sum(1, true));
        EXPECT_LT((logitGradient(problem, KdLoss::Renormalised, temperature) - expected)
                      .abs()
                      .max()
                      .item<double>(),
                  1e-5);
    }
}

TEST(DistillLosses, ConditionalGradientIsZeroOutsideTheEntries) {
    for (const double temperature : kLossTemperatures) {
        const LossProblem problem = problemFor(KdLoss::Conditional, temperature);
        const at::Tensor ids = problem.input.teacher.ids.to(at::kLong);
        const at::Tensor p = shares(problem.teacher, temperature).gather(1, ids),
                         q = shares(problem.student, temperature).gather(1, ids);
        const at::Tensor expected = at::zeros_like(problem.student)
                                        .scatter(1, ids, q / q.sum(1, true) - p / p.sum(1, true));
        const at::Tensor gradient = logitGradient(problem, KdLoss::Conditional, temperature);
        EXPECT_LT((gradient - expected).abs().max().item<double>(), 1e-5);
        EXPECT_EQ((gradient * expected.eq(0)).abs().max().item<double>(), 0);
    }
}

TEST(DistillLosses, OnlineEqualsTheFullKl) {
    for (const double temperature : {1.0, 2.0, 0.7, 5.5}) {
        const LossProblem problem = problemFor(KdLoss::Online, temperature);
        const at::Tensor p = shares(problem.teacher, temperature),
                         q = shares(problem.student, temperature);
        EXPECT_LT((logitGradient(problem, KdLoss::Online, temperature) - (q - p))
                      .abs()
                      .max()
                      .item<double>(),
                  1e-5);
        const double kl = (p * (p.log() - q.log())).sum().item<double>();
        EXPECT_NEAR(runLoss(problem.input, optionsFor(KdLoss::Online, 1, temperature)).loss.kl, kl,
                    1e-5 * kl);
    }
}

TEST(DistillLosses, OnlineRefusesAnotherVocabulary) {
    LossProblem problem = problemFor(KdLoss::Online, 2);
    problem.input.teacherHead = problem.input.teacherHead.narrow(0, 0, 300);
    EXPECT_THROW(runLoss(problem.input, optionsFor(KdLoss::Online, 1, 2)), c10::Error);
}

TEST(DistillLosses, ConditionalStaysFiniteWhereTheStudentHasNoMass) {
    LossProblem problem = problemFor(KdLoss::Conditional, 1);
    const at::Tensor ids = problem.input.teacher.ids.to(at::kLong);
    problem.student =
        problem.student.scatter_add(1, ids, at::full(ids.sizes(), -300.0, at::kDouble));
    const at::Tensor p = shares(problem.teacher, 1).gather(1, ids),
                     q = at::softmax(problem.student.gather(1, ids), 1);
    const at::Tensor gradient = logitGradient(problem, KdLoss::Conditional, 1).gather(1, ids);
    EXPECT_LT((gradient - (q - p / p.sum(1, true))).abs().max().item<double>(), 1e-4);
}

}  // namespace skd
