#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "distill/device/reduced_moments.h"

namespace skd {
namespace {

constexpr AdamWOptions kMomentOptions{.learningRate = 1e-2, .weightDecay = 0.1};
constexpr MomentType kReducedTypes[] = {MomentType::Bf16, MomentType::Int8};

/// Sizes that are and are no multiples of a block, with another rate for one.
AdamW reducedOptimiser(MomentType moments, at::ScalarType type = at::kFloat) {
    at::manual_seed(3);
    AdamW optimiser({{"a", at::randn({37, 11}).to(type)},
                     {"norm", at::randn({256}).to(type)},
                     {"b", at::randn({5, 7}).to(type)}},
                    moments);
    optimiser.setRateFactor(2, 0.5);
    return optimiser;
}

void setGradients(AdamW& optimiser, const std::function<at::Tensor(const at::Tensor&)>& make) {
    for (std::size_t i = 0; i < optimiser.size(); ++i)
        optimiser.gradientSum(i).copy_(make(optimiser.gradientSum(i)));
}

double mastersDiffer(const AdamW& a, const AdamW& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, (a.master(i) - b.master(i)).abs().max().item<double>());
    return largest;
}

}  // namespace

/// Of a constant gradient each block is its scale, which 8 bits hold exactly, and bf16 to 2^-7: the
/// moments are (1 - beta^t) g and (1 - beta^t) g^2, and a step is that of f32.
TEST(DistillMoments, AConstantGradientStepsAsInF32) {
    for (const MomentType type : kReducedTypes)
        for (const at::ScalarType weights : {at::kFloat, at::kBFloat16}) {
            AdamW reduced = reducedOptimiser(type, weights),
                  exact = reducedOptimiser(MomentType::F32, weights);
            for (int step = 0; step < 6; ++step)
                for (AdamW* optimiser : {&reduced, &exact}) {
                    setGradients(*optimiser,
                                 [](const at::Tensor& like) { return at::full_like(like, -0.3); });
                    optimiser->step(kMomentOptions);
                }
            EXPECT_LT(mastersDiffer(reduced, exact), type == MomentType::Int8 ? 3e-6 : 2e-3);
            for (std::size_t i = 0; i < reduced.size(); ++i)
                EXPECT_TRUE(at::equal(reduced.live(i), reduced.master(i).to(weights)));
        }
}

/// 128 + q is sign(q) s (q / 127)^2, and q is s (q / 255)^4; the largest of a block is exact.
TEST(DistillMoments, CodesAreTheNeighboursOfAValue) {
    at::manual_seed(2);
    const at::Tensor none = at::zeros({512}), most = at::full({512}, 0.999f),
                     values = at::randn({512});
    for (const bool isSigned : {true, false}) {
        const at::Tensor given = isSigned ? values : values.square();
        const at::Tensor low = decodeMoments(encodeMoments(given, most, isSigned), isSigned),
                         high = decodeMoments(encodeMoments(given, none, isSigned), isSigned);
        // A thousandth of the way between two codes, where a value is rounded up all the same.
        const double slack = 1e-4 * given.abs().max().item<double>();
        EXPECT_TRUE((low.abs() <= given.abs() + slack).all().item<bool>());
        EXPECT_TRUE((high.abs() >= given.abs() - slack).all().item<bool>());
        for (std::int64_t block = 0; block < 2; ++block) {
            const auto of = [&](const at::Tensor& x) { return x.narrow(0, 256 * block, 256); };
            const double largest = of(given).abs().max().item<double>();
            EXPECT_EQ(of(low).abs().max().item<double>(), largest);
            // One code apart: 2 / 127 and 4 / 255 of the scale at most.
            EXPECT_LT((of(high) - of(low)).abs().max().item<double>(),
                      (isSigned ? 2.0 / 127 : 4.0 / 255) * largest + slack);
        }
    }
    // A second moment that is not nothing stays so.
    at::Tensor small = at::full({256}, 1e-30f);
    small[0] = 1;
    EXPECT_GT(decodeMoments(encodeMoments(small, none.narrow(0, 0, 256), false), false)
                  .min()
                  .item<double>(),
              0);
}

/// Over many draws the mean of what is held is the value: f32 sums of 400, deviations of a code.
TEST(DistillMoments, RoundingKeepsTheMean) {
    at::manual_seed(4);
    const at::Tensor values = at::randn({1024}).abs();
    at::Tensor bits = at::zeros({1024}, at::kDouble), codes = at::zeros({1024}, at::kDouble);
    for (std::int64_t draw = 0; draw < 400; ++draw) {
        const at::Tensor draws = momentDraws(0, 1024, draw, at::kCPU);
        bits.add_(roundedMoments(values, draws).to(at::kDouble));
        codes.add_(decodeMoments(encodeMoments(values, draws, false), false).to(at::kDouble));
    }
    const double total = values.to(at::kDouble).sum().item<double>();
    EXPECT_NEAR(bits.sum().item<double>() / 400, total, 1e-4 * total);
    EXPECT_NEAR(codes.sum().item<double>() / 400, total, 2e-4 * total);
    EXPECT_LT(((bits / 400 - values) / values).abs().max().item<double>(), 1e-3);
}

/// A value whose step is a thousandth, as of a second moment: to the nearest it would stand still.
TEST(DistillMoments, SmallStepsAddUp) {
    for (const MomentType type : kReducedTypes) {
        AdamW optimiser({{"a", at::zeros({64, 64})}}, type);
        for (int step = 0; step < 300; ++step) {
            setGradients(optimiser, [&](const at::Tensor& like) {
                return at::full_like(like, step == 0 ? 1.0 : 0.0).add_(at::rand_like(like) * 1e-3);
            });
            optimiser.step(kMomentOptions);
        }
        at::Tensor variance;
        const std::vector<NamedTensor> state = optimiser.state();
        if (type == MomentType::Bf16)
            variance = state[2].tensor.to(at::kFloat);
        else
            variance = decodeMoments({state[3].tensor, state[4].tensor}, false);
        const double expected = 1e-3 * std::pow(0.999, 299);
        EXPECT_NEAR(variance.mean().item<double>(), expected, 0.05 * expected);
    }
}

TEST(DistillMoments, StateContinuesWithTheSameBits) {
    for (const MomentType type : kReducedTypes) {
        AdamW whole = reducedOptimiser(type), part = reducedOptimiser(type);
        const auto train = [](AdamW& optimiser, std::uint64_t seed) {
            at::manual_seed(seed);
            setGradients(optimiser, [](const at::Tensor& like) { return at::randn_like(like); });
            optimiser.step(kMomentOptions);
        };
        for (const std::uint64_t seed : {1, 2}) train(whole, seed);
        std::vector<NamedTensor> state;
        std::int64_t bytes = 0;
        for (const NamedTensor& tensor : whole.state()) {
            state.push_back({tensor.name, tensor.tensor.clone()});
            if (!tensor.name.ends_with(".master"))
                bytes += static_cast<std::int64_t>(tensor.tensor.nbytes());
        }
        // 407, 256 and 35 values, in whole blocks: 512 + 256 + 256.
        EXPECT_EQ(bytes, type == MomentType::Bf16 ? 4 * 1024 : 2 * 1024 + 2 * 4 * 4);
        ASSERT_TRUE(part.restore(state, whole.stepCount()));
        for (AdamW* optimiser : {&whole, &part}) train(*optimiser, 3);
        EXPECT_EQ(mastersDiffer(whole, part), 0);
        const std::vector<NamedTensor> a = whole.state(), b = part.state();
        for (std::size_t i = 0; i < a.size(); ++i)
            EXPECT_TRUE(at::equal(a[i].tensor, b[i].tensor)) << a[i].name;
    }
}

}  // namespace skd
