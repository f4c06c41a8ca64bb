#include <gtest/gtest.h>

#include <cmath>

#include "distill/device/device_adamw.h"

namespace skd {
namespace {

constexpr AdamWOptions kTogetherOptions{
    .learningRate = 1e-2, .weightDecay = 0.1, .gradientScale = 0.5};

/// Matrices and a vector, one with another rate.
AdamW togetherOptimiser(at::ScalarType type) {
    at::manual_seed(3);
    AdamW optimiser({{"a", at::randn({37, 101}).to(type)},
                     {"norm", at::randn({123}).to(type)},
                     {"b", at::randn({5, 7}).to(type)},
                     {"c", at::randn({64, 3}).to(type)}});
    optimiser.setRateFactor(2, 0.25);
    return optimiser;
}

void fillTogether(AdamW& optimiser, std::uint64_t seed) {
    at::manual_seed(seed);
    for (std::size_t i = 0; i + 1 < optimiser.size(); ++i)  // the last one has none
        optimiser.gradientSum(i).copy_(at::randn_like(optimiser.gradientSum(i)));
}

double stateDifference(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, (a[i].tensor - b[i].tensor).abs().max().item<double>());
    return largest;
}

}  // namespace

/// Five steps of values around 1: f32 roundings of a few 1e-7 each.
TEST(DistillDeviceAdamW, StepsEqualThoseOneByOne) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        AdamW together = togetherOptimiser(type), alone = togetherOptimiser(type);
        for (std::uint64_t step = 1; step <= 5; ++step) {
            fillTogether(together, step);
            fillTogether(alone, step);
            together.stepTogether(kTogetherOptions);
            alone.step(kTogetherOptions);
        }
        EXPECT_EQ(together.stepCount(), 5);
        EXPECT_LT(stateDifference(together.state(), alone.state()), 3e-6);
        for (std::size_t i = 0; i < together.size(); ++i)
            EXPECT_TRUE(at::equal(together.live(i), together.master(i).to(type))) << i;
        EXPECT_EQ(together.gradientNorm(), 0);
    }
}

TEST(DistillDeviceAdamW, NormIsThatOfAllGradients) {
    AdamW optimiser = togetherOptimiser(at::kFloat);
    EXPECT_EQ(optimiser.gradientSquares().item<double>(), 0);
    fillTogether(optimiser, 9);
    const double norm = optimiser.gradientNorm();
    EXPECT_NEAR(std::sqrt(optimiser.gradientSquares().item<double>()), norm, 1e-6 * norm);
    const at::Tensor wide = at::randn({1000}), narrow = at::randn({33, 3}).to(at::kBFloat16);
    const double expected = wide.to(at::kDouble).square().sum().item<double>() +
                            narrow.to(at::kDouble).square().sum().item<double>();
    EXPECT_NEAR(device::squaresOf({wide, narrow}).item<double>(), expected, 1e-5 * expected);
    wide[7] = INFINITY;
    EXPECT_FALSE(std::isfinite(device::squaresOf({wide, narrow}).item<double>()));
}

TEST(DistillDeviceAdamW, SumsTakeGradientsOfBothTypes) {
    const std::vector<at::Tensor> sums{at::ones({3, 2}), at::ones({4})};
    const std::vector<at::Tensor> gradients{at::full({3, 2}, 0.5).to(at::kBFloat16),
                                            at::full({4}, 0.25)};
    device::addAll(sums, gradients);
    EXPECT_TRUE(at::equal(sums[0], at::full({3, 2}, 1.5)));
    EXPECT_TRUE(at::equal(sums[1], at::full({4}, 1.25)));
}

}  // namespace skd
