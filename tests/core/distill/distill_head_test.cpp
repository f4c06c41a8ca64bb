#include <gtest/gtest.h>

#include <cmath>

#include "distill/fused_head.h"

namespace skd {
namespace {

constexpr double kTemperatures[] = {1.0, 1.5, 2.0, 3.0};

struct Problem {
    HeadInput input;
    at::Tensor teacherLogits;
};

/// Random head problem; the teacher is the student's own logits plus `noise`.
Problem makeProblem(std::int64_t tokens, std::int64_t vocabulary, std::int64_t k,
                    double temperature, double noise) {
    const std::int64_t width = 24;
    at::manual_seed(7);
    Problem problem;
    problem.input.hidden = at::randn({tokens, width});
    problem.input.head = at::randn({vocabulary, width});
    problem.input.labels = at::randint(0, vocabulary, {tokens}, at::kLong);
    const at::Tensor logits = at::mm(problem.input.hidden, problem.input.head.t());
    problem.teacherLogits = logits + at::randn_like(logits) * noise;
    const at::Tensor logP = at::log_softmax(problem.teacherLogits.to(at::kDouble), -1);
    const auto [values, ids] = logP.topk(k, -1);
    problem.input.teacher = {ids.to(at::kInt), values.to(at::kFloat),
                             at::logsumexp(logP / temperature, {-1}).to(at::kFloat)};
    return problem;
}

/// scoreTokens in plain operators, whole.
at::Tensor scoreTokensReference(const at::Tensor& hidden, const at::Tensor& head,
                                const at::Tensor& labels) {
    const at::Tensor logits = at::mm(hidden, head.t().to(hidden.scalar_type())).to(at::kFloat);
    return at::cross_entropy_loss(logits, labels, {}, at::Reduction::None, kIgnoredLabel)
        .to(at::kCPU, at::kDouble);
}

double relativeError(const at::Tensor& value, const at::Tensor& expected) {
    return ((value - expected).to(at::kDouble).norm() /
            expected.to(at::kDouble).norm().clamp_min(1e-30))
        .item<double>();
}

HeadLossOptions optionsFor(const Problem& problem, double alpha, double temperature) {
    return {.alpha = alpha,
            .temperature = temperature,
            .tokens = static_cast<double>(problem.input.hidden.size(0))};
}

struct HeadOutcome {
    HeadLoss loss;
    at::Tensor headGradient;
};

HeadOutcome run(const HeadInput& input, const HeadLossOptions& options, bool reference = false) {
    HeadOutcome outcome;
    outcome.headGradient = at::zeros(input.head.sizes(), at::kFloat);
    outcome.loss = reference ? headLossReference(input, options, outcome.headGradient)
                             : headLoss(input, options, outcome.headGradient);
    return outcome;
}

/// Gradient with respect to the logits, found by taking the identity for the head.
at::Tensor logitGradient(const at::Tensor& logits, const HeadInput& input,
                         const HeadLossOptions& options) {
    HeadInput direct = input;
    direct.hidden = logits.to(at::kFloat);
    direct.head = at::eye(logits.size(1));
    return run(direct, options).loss.hiddenGradient;
}

}  // namespace

TEST(DistillHead, EqualsAutogradInFloat) {
    for (const double temperature : kTemperatures) {
        const Problem problem = makeProblem(33, 517, 16, temperature, 1.0);
        const HeadLossOptions options = optionsFor(problem, 0.4, temperature);
        const HeadOutcome fused = run(problem.input, options),
                          reference = run(problem.input, options, true);
        EXPECT_NEAR(fused.loss.ce, reference.loss.ce, 1e-5 * reference.loss.ce);
        EXPECT_NEAR(fused.loss.kl, reference.loss.kl, 1e-4 * reference.loss.kl)
            << "T = " << temperature;
        EXPECT_LT(relativeError(fused.loss.hiddenGradient, reference.loss.hiddenGradient), 1e-5);
        EXPECT_LT(relativeError(fused.headGradient, reference.headGradient), 1e-5);
        EXPECT_EQ(fused.loss.scored, 33);
    }
}

TEST(DistillHead, EqualsAutogradAtATemperatureOutsideTheGrid) {
    const Problem problem = makeProblem(9, 300, 8, 2.5, 1.0);
    const HeadLossOptions options = optionsFor(problem, 0.7, 2.5);
    const HeadOutcome fused = run(problem.input, options),
                      reference = run(problem.input, options, true);
    EXPECT_LT(relativeError(fused.loss.hiddenGradient, reference.loss.hiddenGradient), 1e-5);
}

TEST(DistillHead, BfloatStaysCloseToFloat) {
    Problem problem = makeProblem(64, 2000, 32, 2.0, 1.0);
    problem.input.hidden = problem.input.hidden.to(at::kBFloat16);
    problem.input.head = problem.input.head.to(at::kBFloat16);
    const HeadLossOptions options = optionsFor(problem, 0.5, 2.0);
    const HeadOutcome fused = run(problem.input, options),
                      reference = run(problem.input, options, true);
    EXPECT_EQ(fused.loss.hiddenGradient.scalar_type(), at::kBFloat16);
    EXPECT_NEAR(fused.loss.ce, reference.loss.ce, 1e-4 * reference.loss.ce);
    EXPECT_NEAR(fused.loss.kl, reference.loss.kl, 1e-3 * reference.loss.kl);
    EXPECT_LT(relativeError(fused.loss.hiddenGradient, reference.loss.hiddenGradient), 1e-2);
    EXPECT_LT(relativeError(fused.headGradient, reference.headGradient), 1e-2);
}

TEST(DistillHead, BucketGradientVanishesForAnIdenticalTeacher) {  // oracle 1
    for (const double temperature : kTemperatures) {
        const Problem problem = makeProblem(5, 400, 16, temperature, 0.0);
        HeadLossOptions options = optionsFor(problem, 1.0, temperature);
        options.tokens = 1;
        const at::Tensor gradient = logitGradient(problem.teacherLogits, problem.input, options);
        EXPECT_LT(gradient.abs().max().item<double>(), 3e-6) << "T = " << temperature;
        const HeadOutcome outcome = run(problem.input, options);
        EXPECT_NEAR(outcome.loss.kl, 0, 1e-4);
    }
}

TEST(DistillHead, BucketGradientEqualsFullKlOnEntries) {  // oracle 2
    for (const double temperature : kTemperatures) {
        const Problem problem = makeProblem(6, 400, 16, temperature, 1.0);
        HeadLossOptions options = optionsFor(problem, 1.0, temperature);
        options.tokens = 1;
        const at::Tensor student = at::mm(problem.input.hidden, problem.input.head.t());
        const at::Tensor gradient = logitGradient(student, problem.input, options);
        const at::Tensor q = at::softmax(student.to(at::kDouble) / temperature, -1);
        const at::Tensor p = at::softmax(problem.teacherLogits.to(at::kDouble) / temperature, -1);
        const at::Tensor full = (q - p) * temperature;  // T^2 / T
        const at::Tensor ids = problem.input.teacher.ids.to(at::kLong);
        EXPECT_LT((gradient.gather(1, ids) - full.gather(1, ids)).abs().max().item<double>(), 1e-5);
        const at::Tensor tailP = 1 - p.gather(1, ids).sum(1, true),
                         tailQ = 1 - q.gather(1, ids).sum(1, true);
        at::Tensor expected = q * (1 - tailP / tailQ) * temperature;
        expected.scatter_(1, ids, full.gather(1, ids));
        EXPECT_LT((gradient - expected).abs().max().item<double>(), 1e-5);
    }
}

TEST(DistillHead, ChunksDoNotChangeTheResult) {  // oracle 3
    Problem problem = makeProblem(130, 700, 16, 2.0, 1.0);
    problem.input.labels[3] = kIgnoredLabel;
    HeadLossOptions options = optionsFor(problem, 0.5, 2.0);
    options.chunk = 130;
    const HeadOutcome whole = run(problem.input, options);
    EXPECT_EQ(whole.loss.scored, 129);
    for (const std::int64_t chunk : {1, 7, 64}) {
        options.chunk = chunk;
        const HeadOutcome parts = run(problem.input, options);
        EXPECT_NEAR(parts.loss.ce, whole.loss.ce, 1e-6 * whole.loss.ce);
        EXPECT_NEAR(parts.loss.kl, whole.loss.kl, 1e-6 * whole.loss.kl);
        EXPECT_LT(relativeError(parts.loss.hiddenGradient, whole.loss.hiddenGradient), 2e-6);
        EXPECT_LT(relativeError(parts.headGradient, whole.headGradient), 2e-6);
    }
}

TEST(DistillHead, AlphaSelectsExactlyOnePart) {  // oracle 9
    const Problem problem = makeProblem(20, 500, 16, 2.0, 1.0);
    HeadInput withoutTeacher = problem.input;
    withoutTeacher.teacher = {};
    const HeadOutcome ceOnly = run(problem.input, optionsFor(problem, 0.0, 2.0));
    const HeadOutcome plain = run(withoutTeacher, optionsFor(problem, 0.0, 2.0));
    EXPECT_LT(relativeError(ceOnly.headGradient, plain.headGradient), 1e-6);
    EXPECT_EQ(ceOnly.loss.klGradientSquares, 0);
    Problem other = problem;
    other.input.labels = (problem.input.labels + 1).remainder(500);
    const HeadOutcome klOnly = run(problem.input, optionsFor(problem, 1.0, 2.0));
    const HeadOutcome sameKl = run(other.input, optionsFor(problem, 1.0, 2.0));
    EXPECT_EQ(relativeError(klOnly.headGradient, sameKl.headGradient), 0);
    EXPECT_EQ(klOnly.loss.ceGradientSquares, 0);
}

TEST(DistillHead, NormsOfThePartsAreThoseOfTheirGradients) {
    const Problem problem = makeProblem(12, 300, 8, 2.0, 1.0);
    const at::Tensor logits = at::mm(problem.input.hidden, problem.input.head.t());
    HeadInput direct = problem.input;
    direct.hidden = logits;
    direct.head = at::eye(300);
    for (const double alpha : {0.0, 1.0}) {
        const HeadOutcome outcome = run(direct, optionsFor(problem, alpha, 2.0));
        const double squares =
            outcome.loss.hiddenGradient.to(at::kDouble).pow(2).sum().item<double>();
        const double reported =
            alpha == 0 ? outcome.loss.ceGradientSquares : outcome.loss.klGradientSquares;
        EXPECT_NEAR(reported, squares, 1e-4 * squares);
    }
}

TEST(DistillHead, IgnoredTokensHaveNoGradient) {
    Problem problem = makeProblem(8, 200, 8, 2.0, 1.0);
    problem.input.labels.fill_(kIgnoredLabel);
    const HeadOutcome outcome = run(problem.input, optionsFor(problem, 0.5, 2.0));
    EXPECT_EQ(outcome.loss.ce, 0);
    EXPECT_EQ(outcome.loss.kl, 0);
    EXPECT_EQ(outcome.headGradient.abs().max().item<double>(), 0);
}

TEST(DistillHead, NonFiniteLogitsShowInTheLoss) {
    for (const double bad : {std::nan(""), HUGE_VAL}) {
        Problem problem = makeProblem(3, 100, 8, 2.0, 1.0);
        problem.input.hidden[1][0] = bad;
        EXPECT_FALSE(std::isfinite(run(problem.input, optionsFor(problem, 0.5, 2.0)).loss.ce));
    }
}

TEST(DistillHead, SharpTeacherAndStudentStayFinite) {
    Problem problem = makeProblem(4, 300, 8, 1.0, 0.0);
    problem.input.hidden = problem.input.hidden * 40;
    const at::Tensor logP =
        at::log_softmax(at::mm(problem.input.hidden, problem.input.head.t()).to(at::kDouble), -1);
    const auto [values, ids] = logP.topk(8, -1);
    problem.input.teacher = {ids.to(at::kInt), values.to(at::kFloat), at::zeros({4})};
    const HeadOutcome outcome = run(problem.input, optionsFor(problem, 1.0, 1.0));
    EXPECT_NEAR(outcome.loss.kl, 0, 1e-5);
    EXPECT_TRUE(at::isfinite(outcome.headGradient).all().item<bool>());
}

TEST(DistillHead, RefusesIdsOutsideTheVocabulary) {
    Problem problem = makeProblem(3, 100, 8, 2.0, 1.0);
    problem.input.labels[0] = 100;
    EXPECT_THROW(run(problem.input, optionsFor(problem, 0.5, 2.0)), c10::Error);
}

TEST(HeadScoring, EqualsLogSoftmax) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        Problem problem = makeProblem(70, 900, 8, 1.0, 0.0);
        problem.input.labels[5] = kIgnoredLabel;
        const at::Tensor hidden = problem.input.hidden.to(type), head = problem.input.head.to(type);
        const at::Tensor expected = scoreTokensReference(hidden, head, problem.input.labels);
        for (const std::int64_t chunk : {1, 32, 512}) {
            const at::Tensor losses = scoreTokens(hidden, head, problem.input.labels, chunk);
            EXPECT_LT((losses - expected).abs().max().item<double>(),
                      type == at::kFloat ? 2e-5 : 0.2);
            EXPECT_EQ(losses[5].item<double>(), 0);
            EXPECT_NEAR(losses.sum().item<double>(), expected.sum().item<double>(),
                        1e-4 * expected.sum().item<double>());
        }
    }
}

}  // namespace skd
