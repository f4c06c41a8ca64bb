#include <gtest/gtest.h>

#include <cmath>

#include "distill/device/device_head.h"
#include "distill/kept_logits.h"

namespace skd {
namespace {

constexpr std::int64_t kDeviceTokens = 21, kDeviceVocabulary = 203;

/// What a loss reads, with one token that is not scored.
HeadInput deviceInput(KdLoss loss, double temperature, at::ScalarType type) {
    at::manual_seed(17);
    HeadInput input;
    input.hidden = at::randn({kDeviceTokens, 24}).to(type);
    input.head = at::randn({kDeviceVocabulary, 24}).to(type);
    input.labels = at::randint(0, kDeviceVocabulary, {kDeviceTokens}, at::kLong);
    input.labels[5] = kIgnoredLabel;
    const at::Tensor teacherHidden = at::randn({kDeviceTokens, 17}).to(type),
                     teacherHead = at::randn({kDeviceVocabulary, 17}).to(type),
                     logits = at::mm(teacherHidden, teacherHead.t()).to(at::kFloat);
    if (loss == KdLoss::Online) {
        input.teacherHidden = teacherHidden;
        input.teacherHead = teacherHead;
    } else if (loss == KdLoss::Sampled) {
        const TokenDraws draws = drawTokens(logits, {40, temperature, 5}, 0, 0);
        input.teacher = {draws.ids, (draws.counts.to(at::kFloat) / 40).log(),
                         draws.negativeEntropy};
    } else {
        const at::Tensor logP = at::log_softmax(logits, -1);
        const auto [values, ids] = logP.topk(16, -1);
        input.teacher = {ids.to(at::kInt), values, at::logsumexp(logP / temperature, {-1})};
    }
    return input;
}

double deviceError(const at::Tensor& value, const at::Tensor& expected) {
    return ((value.to(at::kDouble) - expected.to(at::kDouble)).norm() /
            expected.to(at::kDouble).norm().clamp_min(1e-30))
        .item<double>();
}

/// The device's operators, run on the CPU, against the CPU's passes. In f32 sums of 203 terms in
/// another order; in bf16 a gradient rounded at the same places, so that only ties differ.
void expectEqualHeads(const HeadInput& input, HeadLossOptions options, double tolerance) {
    at::Tensor expectedHead = at::ones(input.head.sizes(), at::kFloat), head = expectedHead.clone();
    const HeadLoss expected = headLoss(input, options, expectedHead);
    options.chunk = 8;  // two whole chunks and a rest
    const HeadLoss loss = device::headLoss(input, options, head);
    const at::Tensor sums = loss.sums.contiguous();
    ASSERT_EQ(sums.scalar_type(), at::kDouble);
    const auto* values = sums.const_data_ptr<double>();
    const double kernel[] = {expected.ce, expected.kl, expected.ceGradientSquares,
                             expected.klGradientSquares};
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(values[i], kernel[i], 1e-4 * std::abs(kernel[i])) << i;
    EXPECT_EQ(loss.hiddenGradient.scalar_type(), input.hidden.scalar_type());
    EXPECT_LT(deviceError(loss.hiddenGradient, expected.hiddenGradient), tolerance);
    EXPECT_EQ(loss.hiddenGradient[5].abs().max().item<double>(), 0);
    EXPECT_LT(deviceError(head, expectedHead), tolerance);
}

class DistillDeviceHead : public testing::TestWithParam<KdLoss> {};

}  // namespace

TEST_P(DistillDeviceHead, EqualsTheKernels) {
    for (const double temperature : {1.0, 2.0, 2.7}) {
        const HeadLossOptions options{
            .alpha = 0.4, .temperature = temperature, .tokens = 33, .loss = GetParam()};
        expectEqualHeads(deviceInput(GetParam(), temperature, at::kFloat), options, 1e-5);
        expectEqualHeads(deviceInput(GetParam(), temperature, at::kBFloat16), options, 5e-3);
    }
}

INSTANTIATE_TEST_SUITE_P(Losses, DistillDeviceHead,
                         testing::Values(KdLoss::Bucket, KdLoss::Renormalised, KdLoss::Conditional,
                                         KdLoss::Sampled, KdLoss::Online));

TEST(DistillDeviceHeadAlone, CrossEntropyWithoutATeacherEqualsTheKernel) {
    HeadInput input = deviceInput(KdLoss::Bucket, 1, at::kFloat);
    input.teacher = {};
    expectEqualHeads(input, {.alpha = 0.4, .tokens = 20}, 1e-5);
}

TEST(DistillDeviceHeadAlone, TeacherThatIsOnlyMeasuredLeavesTheGradientAlone) {
    expectEqualHeads(deviceInput(KdLoss::Renormalised, 2, at::kFloat),
                     {.alpha = 0, .temperature = 2, .tokens = 20, .loss = KdLoss::Renormalised},
                     1e-5);
}

/// A teacher's tail of nothing costs nothing, and the student's tail of nothing stays finite.
TEST(DistillDeviceHeadAlone, EmptyTailsStayFinite) {
    HeadInput input;
    input.hidden = at::eye(3);
    input.head = at::full({3, 4}, -200.0).t().contiguous();
    input.head.narrow(0, 0, 2).fill_(0);
    input.labels = at::zeros({3}, at::kLong);
    input.teacher = {at::tensor({0, 1}, at::kInt).repeat({3, 1}), at::full({3, 2}, std::log(0.5)),
                     at::zeros({3})};
    const HeadLossOptions options{.alpha = 1, .temperature = 1, .tokens = 3};
    at::Tensor head = at::zeros({4, 3});
    const HeadLoss none = device::headLoss(input, options, head);
    EXPECT_NEAR(none.sums[1].item<double>(), 0, 1e-5);
    input.teacher.logProbabilities.select(1, 1).fill_(std::log(0.25));  // a tail of 1/4
    const HeadLoss some = device::headLoss(input, options, head);
    EXPECT_GT(some.sums[1].item<double>(), 3 * 0.25 * 60);  // 1/4 log(1/4 / 1e-30)
    for (const HeadLoss& loss : {none, some}) {
        EXPECT_TRUE(at::isfinite(loss.sums).all().item<bool>());
        EXPECT_TRUE(at::isfinite(loss.hiddenGradient).all().item<bool>());
    }
}

}  // namespace skd
