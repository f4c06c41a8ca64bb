#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
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
    at::Tensor leaf(at::IntArrayRef shape) const {
        return at::randn(shape).to(GetParam().type).requires_grad_(true);
    }

    using Op = std::function<at::Tensor(const std::vector<at::Tensor>&)>;
    void compare(const Op& fused, const Op& reference,
                 const std::vector<at::Tensor>& inputs) const {
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
        for (const at::Tensor& input : inputs)
            wide.push_back(input.detach().to(at::kFloat).requires_grad_(true));
        const at::Tensor b = reference(wide);
        (b * weight.to(at::kFloat)).sum().backward();
        EXPECT_LT(relativeError(a.detach(), b.detach()), GetParam().tolerance);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            EXPECT_LT(relativeError(gradients[i], wide[i].grad()), GetParam().tolerance)
                << "input " << i;
    }
};

TEST_P(LayerOps, RmsNorm) {
    compare([](const auto& in) { return rmsNorm(in[0], in[1], 1e-5); },
            [](const auto& in) { return reference::rmsNorm(in[0], in[1], 1e-5); },
            {leaf({2, 5, 37}), leaf({37})});
}

/// Gemma's norm: times 1 + weight, rounded once.
TEST_P(LayerOps, RmsNormWithOffset) {
    compare([](const auto& in) { return rmsNorm(in[0], in[1], 1e-6, 1); },
            [](const auto& in) { return reference::rmsNorm(in[0], in[1], 1e-6, 1); },
            {leaf({2, 5, 37}), leaf({37})});
}

TEST_P(LayerOps, GateMul) {
    for (const GateActivation activation : {GateActivation::Silu, GateActivation::GeluTanh})
        compare([&](const auto& in) { return gateMul(in[0], in[1], activation); },
                [&](const auto& in) { return reference::gateMul(in[0], in[1], activation); },
                {leaf({3, 7, 33}), leaf({3, 7, 33})});
}

TEST_P(LayerOps, SplitHeadsWithPartialRotation) {
    ModelConfig config;
    config.headDim = 16;
    config.rope.partialFactor = 0.75;
    const RotaryTable rotary = rotaryTable(config, config.rope, 9, at::kCPU);
    compare([&](const auto& in) { return splitHeads(in[0], rotary); },
            [&](const auto& in) { return reference::splitHeads(in[0], &rotary); },
            {leaf({2, 9, 3, 16})});
}

TEST_P(LayerOps, CausalAttentionFullAndSliding) {
    for (const std::int64_t window : {0, 5, 150}) {
        const AttentionOptions options{0.25, window};
        compare([&](const auto& in) { return causalAttention(in[0], in[1], in[2], options); },
                [&](const auto& in) {
                    return reference::causalAttention(in[0], in[1], in[2], options);
                },
                {leaf({2, 6, 300, 16}), leaf({2, 2, 300, 16}), leaf({2, 2, 300, 16})});
    }
}

/// Sizes around the tiles and blocks of every instruction set, any number of heads to a key head.
TEST_P(LayerOps, CausalAttentionOfAnyShape) {
    struct Shape {
        std::int64_t batch, heads, keyHeads, length, dim, window;
    };
    for (const Shape& s :
         {Shape{1, 3, 1, 2, 64, 0}, Shape{2, 3, 3, 7, 20, 3}, Shape{1, 8, 1, 65, 96, 0},
          Shape{1, 9, 3, 97, 64, 40}, Shape{1, 14, 2, 33, 128, 16}, Shape{1, 2, 2, 130, 256, 2},
          Shape{3, 4, 2, 49, 33, 0}})
        compare(
            [&](const auto& in) {
                return causalAttention(in[0], in[1], in[2], {0.2, s.window});
            },
            [&](const auto& in) {
                return reference::causalAttention(in[0], in[1], in[2], {0.2, s.window});
            },
            {leaf({s.batch, s.heads, s.length, s.dim}),
             leaf({s.batch, s.keyHeads, s.length, s.dim}),
             leaf({s.batch, s.keyHeads, s.length, s.dim})});
}

/// Fewer queries than keys, as behind a cache: the queries are the last positions. Without
/// gradient.
TEST_P(LayerOps, CausalAttentionBehindOtherTokens) {
    const c10::NoGradGuard noGradient;
    for (const std::int64_t length : {1, 5, 40})
        for (const std::int64_t window : {0, 9, 60}) {
            const at::Tensor q = leaf({2, 6, length, 24}).detach(),
                             k = leaf({2, 2, 83, 24}).detach(), v = leaf({2, 2, 83, 24}).detach();
            const AttentionOptions options{0.3, window};
            EXPECT_LT(relativeError(causalAttention(q, k, v, options),
                                    reference::causalAttention(q.to(at::kFloat), k.to(at::kFloat),
                                                               v.to(at::kFloat), options)),
                      GetParam().tolerance);
            // Keys and values in the order of tokens, and of bf16 under queries of f32.
            const at::Tensor turned = k.transpose(1, 2).contiguous().transpose(1, 2);
            EXPECT_TRUE(at::equal(causalAttention(q, k, v, options),
                                  causalAttention(q, turned, v, options)));
            const at::Tensor wide = q.to(at::kFloat), k16 = k.to(at::kBFloat16),
                             v16 = v.to(at::kBFloat16);
            EXPECT_TRUE(
                at::equal(causalAttention(wide, k16, v16, options),
                          causalAttention(wide, k16.to(at::kFloat), v16.to(at::kFloat), options)));
        }
}

TEST_P(LayerOps, CausalAttentionDoesNotDependOnThreads) {
    const at::Tensor q = leaf({1, 6, 150, 32}), k = leaf({1, 2, 150, 32}),
                     v = leaf({1, 2, 150, 32}), weight = leaf({1, 150, 192}).detach();
    const auto all = [&] {
        const at::Tensor out = causalAttention(q, k, v, {0.2, 0});
        (out * weight).sum().backward();
        std::vector<at::Tensor> results{out.detach()};
        for (const at::Tensor& input : {q, k, v}) {
            results.push_back(input.grad().clone());
            input.mutable_grad() = at::Tensor();
        }
        return results;
    };
    const int threads = at::get_num_threads();
    const std::vector<at::Tensor> expected = all();
    for (const int count : {1, 2, 5}) {
        at::set_num_threads(count);
        const std::vector<at::Tensor> given = all();
        for (std::size_t i = 0; i < given.size(); ++i)
            EXPECT_TRUE(at::equal(given[i], expected[i])) << count << " threads, result " << i;
    }
    at::set_num_threads(threads);
}

INSTANTIATE_TEST_SUITE_P(All, LayerOps,
                         testing::Values(Case{at::kFloat, 2e-5}, Case{at::kBFloat16, 2.5e-2}),
                         [](const auto& given) {
                             return given.param.type == at::kFloat ? "f32" : "bf16";
                         });

/// Where the sigmoid is 0 or 1 and the cube would leave f32: no NaN, in value or gradient.
TEST(GateMul, GeluOfHugeArgumentsIsStepLike) {
    const at::Tensor gate =
        at::tensor({-1e30f, -60.0f, -10.5f, 0.0f, 10.5f, 60.0f, 1e30f}).requires_grad_(true);
    const at::Tensor up = at::ones_like(gate);
    const at::Tensor out = gateMul(gate, up, GateActivation::GeluTanh);
    out.sum().backward();
    EXPECT_TRUE(at::allclose(out.detach(),
                             at::tensor({0.0f, 0.0f, 0.0f, 0.0f, 10.5f, 60.0f, 1e30f}), 1e-6, 1e-6))
        << out;
    EXPECT_TRUE(at::allclose(gate.grad(), at::tensor({0.0f, 0.0f, 0.0f, 0.5f, 1.0f, 1.0f, 1.0f}),
                             1e-6, 1e-6))
        << gate.grad();
}

/// A NaN reaches what sees it and nothing else.
TEST(CausalAttention, NanIsSeenFromItsPositionOn) {
    at::manual_seed(4);
    const at::Tensor q = at::randn({1, 2, 40, 8}), k = at::randn({1, 1, 40, 8}),
                     v = at::randn({1, 1, 40, 8});
    k[0][0][20][3] = NAN;
    const at::Tensor finite = at::isfinite(causalAttention(q, k, v, {0.3, 0})).all(-1)[0];
    for (std::int64_t i = 0; i < 40; ++i) EXPECT_EQ(finite[i].item<bool>(), i < 20) << i;
}

TEST(CausalAttention, FutureTokensChangeNothing) {
    at::manual_seed(1);
    const at::Tensor q = at::randn({1, 2, 200, 8}), k = at::randn({1, 1, 200, 8}),
                     v = at::randn({1, 1, 200, 8});
    const at::Tensor before = causalAttention(q, k, v, {0.3, 0});
    at::Tensor k2 = k.clone(), v2 = v.clone();
    k2.narrow(2, 150, 50).normal_();
    v2.narrow(2, 150, 50).normal_();
    EXPECT_TRUE(at::equal(before.narrow(1, 0, 150),
                          causalAttention(q, k2, v2, {0.3, 0}).narrow(1, 0, 150)));
}

}  // namespace
}  // namespace skd::test
