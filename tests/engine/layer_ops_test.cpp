#include <gtest/gtest.h>

#include "engine/tiny_model.h"
#include "model/layer_ops.h"

namespace skd::test {
namespace {

/// Each fused op against plain ATen ops: value and gradients, f32 and bf16.
struct Case {
    at::ScalarType type;
    double tolerance;
    friend void PrintTo(const Case& c, std::ostream* out) { *out << at::toString(c.type); }
};

class LayerOps : public testing::TestWithParam<Case> {
protected:
    void SetUp() override { at::manual_seed(3); }
    at::Tensor leaf(at::IntArrayRef shape) const { return at::randn(shape).to(GetParam().type).requires_grad_(true); }

    using Op = std::function<at::Tensor(const std::vector<at::Tensor>&)>;
    void compare(const Op& fused, const Op& reference, const std::vector<at::Tensor>& inputs) const {
        const at::Tensor a = fused(inputs);
        const at::Tensor weight = at::randn(a.sizes()).to(a.scalar_type());
        (a * weight).sum().backward();
        std::vector<at::Tensor> gradients;
        for (const at::Tensor& input : inputs) {
            gradients.push_back(input.grad().clone());
            input.mutable_grad() = at::Tensor();
        }
        // The reference in f32 on the same values: what bf16 kernels should come close to.
        std::vector<at::Tensor> wide;
        for (const at::Tensor& input : inputs) wide.push_back(input.detach().to(at::kFloat).requires_grad_(true));
        const at::Tensor b = reference(wide);
        (b * weight.to(at::kFloat)).sum().backward();
        EXPECT_LT(relativeError(a.detach(), b.detach()), GetParam().tolerance);
        for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_LT(relativeError(gradients[i], wide[i].grad()), GetParam().tolerance) << "input " << i;
    }
};

TEST_P(LayerOps, RmsNorm) {
    compare([](const auto& in) { return rmsNorm(in[0], in[1], 1e-5); }, [](const auto& in) { return reference::rmsNorm(in[0], in[1], 1e-5); },
            {leaf({2, 5, 37}), leaf({37})});
}

/// Gemma's norm: times 1 + weight, rounded once.
TEST_P(LayerOps, RmsNormWithOffset) {
    compare([](const auto& in) { return rmsNorm(in[0], in[1], 1e-6, 1); }, [](const auto& in) { return reference::rmsNorm(in[0], in[1], 1e-6, 1); },
            {leaf({2, 5, 37}), leaf({37})});
}

TEST_P(LayerOps, GateMul) {
    for (const GateActivation activation : {GateActivation::Silu, GateActivation::GeluTanh})
        compare([&](const auto& in) { return gateMul(in[0], in[1], activation); },
                [&](const auto& in) { return reference::gateMul(in[0], in[1], activation); }, {leaf({3, 7, 33}), leaf({3, 7, 33})});
}

TEST_P(LayerOps, SplitHeadsWithPartialRotation) {
    ModelConfig config;
    config.headDim = 16;
    config.rope.partialFactor = 0.75;
    const RotaryTable rotary = rotaryTable(config, config.rope, 9, at::kCPU);
    compare([&](const auto& in) { return splitHeads(in[0], rotary); }, [&](const auto& in) { return reference::splitHeads(in[0], &rotary); }, {leaf({2, 9, 3, 16})});
}

TEST_P(LayerOps, CausalAttentionFullAndSliding) {
    for (const std::int64_t window : {0, 5, 150}) {
        const AttentionOptions options{0.25, window};
        compare([&](const auto& in) { return causalAttention(in[0], in[1], in[2], options); },
                [&](const auto& in) { return reference::causalAttention(in[0], in[1], in[2], options); },
                {leaf({2, 6, 300, 16}), leaf({2, 2, 300, 16}), leaf({2, 2, 300, 16})});
    }
}

INSTANTIATE_TEST_SUITE_P(All, LayerOps, testing::Values(Case{at::kFloat, 2e-5}, Case{at::kBFloat16, 2.5e-2}),
                         [](const auto& given) { return given.param.type == at::kFloat ? "f32" : "bf16"; });

/// Where the sigmoid is 0 or 1 and the cube would leave f32: no NaN, in value or gradient.
TEST(GateMul, GeluOfHugeArgumentsIsStepLike) {
    const at::Tensor gate = at::tensor({-1e30f, -60.0f, -10.5f, 0.0f, 10.5f, 60.0f, 1e30f}).requires_grad_(true);
    const at::Tensor up = at::ones_like(gate);
    const at::Tensor out = gateMul(gate, up, GateActivation::GeluTanh);
    out.sum().backward();
    EXPECT_TRUE(at::allclose(out.detach(), at::tensor({0.0f, 0.0f, 0.0f, 0.0f, 10.5f, 60.0f, 1e30f}), 1e-6, 1e-6)) << out;
    EXPECT_TRUE(at::allclose(gate.grad(), at::tensor({0.0f, 0.0f, 0.0f, 0.5f, 1.0f, 1.0f, 1.0f}), 1e-6, 1e-6)) << gate.grad();
}

TEST(CausalAttention, FutureTokensChangeNothing) {
    at::manual_seed(1);
    const at::Tensor q = at::randn({1, 2, 200, 8}), k = at::randn({1, 1, 200, 8}), v = at::randn({1, 1, 200, 8});
    const at::Tensor before = causalAttention(q, k, v, {0.3, 0});
    at::Tensor k2 = k.clone(), v2 = v.clone();
    k2.narrow(2, 150, 50).normal_();
    v2.narrow(2, 150, 50).normal_();
    EXPECT_TRUE(at::equal(before.narrow(1, 0, 150), causalAttention(q, k2, v2, {0.3, 0}).narrow(1, 0, 150)));
}

}  // namespace
}  // namespace skd::test
