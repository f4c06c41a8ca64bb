#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "core/model/tiny_model.h"
#include "model/elastic_map.h"
#include "model/layer_ops.h"

namespace skd::test {
namespace {

at::Tensor exact(const at::Tensor& tensor) {
    return tensor.detach().to(at::kDouble);
}

/// A_r B_r in f64, from the tensors as they are held.
at::Tensor exactProduct(const ElasticWeight& weight) {
    return at::mm(exact(weight.usedA()).t(), exact(weight.usedB()));
}

ElasticWeight elasticInType(const ElasticWeight& weight, at::ScalarType type) {
    return {weight.a.to(type), weight.b.to(type), weight.rank};
}

at::Tensor leafOf(const at::Tensor& tensor, at::ScalarType type) {
    return tensor.detach().to(type).clone().requires_grad_();
}

/// Few rows and many, every pair of types, every kind of rank, against the product in f64.
TEST(ElasticMap, GivesWhatTheProductOfItsPrefixGives) {
    at::manual_seed(70);
    struct Types {
        at::ScalarType held, computed;
        double error;
    };
    const ElasticWeight whole = randomElastic(130, 50, 20);
    const at::Tensor bias = at::randn({130});
    for (const Types types : {Types{at::kDouble, at::kDouble, 1e-12},
                              {at::kFloat, at::kFloat, 2e-5},
                              {at::kBFloat16, at::kBFloat16, 0.06},
                              {at::kBFloat16, at::kFloat, 2e-5}})
        for (const std::int64_t rank : {1, 7, 20})
            for (const std::int64_t inputs : {1, 4, 40}) {
                ElasticWeight held = elasticInType(whole, types.held);
                held.rank = rank;
                const at::Tensor x = at::randn({2, inputs, 50}).to(types.computed),
                                 offset = bias.to(types.held);
                const at::Tensor wanted = at::linear(exact(x), exactProduct(held), exact(offset));
                const at::Tensor output = Linear("m", held, offset).forward(x);
                EXPECT_EQ(output.scalar_type(), types.computed);
                EXPECT_EQ(output.sizes(), wanted.sizes());
                EXPECT_LT(relativeError(output, wanted), types.error)
                    << rank << ", " << inputs << " " << at::toString(types.held);
            }
}

TEST(ElasticMap, NumbersAreThoseOfTheRankInUse) {
    Linear matrix("m", randomElastic(12, 9, 7), at::randn({12}));
    EXPECT_EQ(matrix.idleParameters(), 0);
    const Linear& m = matrix;
    matrix.setElasticRank(3);
    EXPECT_EQ(m.rank(), 3);
    EXPECT_EQ(m.rows(), 12);
    EXPECT_EQ(m.columns(), 9);
    EXPECT_EQ(m.multiplyAdds(), 3 * 21);
    EXPECT_EQ(m.parameterCount(), 3 * 21 + 12);
    EXPECT_EQ(m.idleParameters(), 4 * 21);
    EXPECT_FALSE(m.isDense());
    EXPECT_LT(relativeError(m.weight(), exactProduct(*m.elastic())), 1e-6);
    std::vector<std::string> names;
    matrix.visitParameters([&](const std::string& name, at::Tensor&) { names.push_back(name); });
    EXPECT_EQ(names, (std::vector<std::string>{"m.elastic_a", "m.elastic_b", "m.bias"}));
}

/// Two uses at different ranks before anything is taken away: the gradients are the sum of what
/// autograd finds through the plain product of each, and rows that no use reaches get nothing.
TEST(ElasticMap, GradientsOfMixedRanksAreTheSumOfTheirOwn) {
    at::manual_seed(71);
    const ElasticWeight start = randomElastic(24, 18, 12);
    const at::Tensor bias = at::randn({24});
    const std::array<std::int64_t, 2> ranks{9, 4};
    for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
        const at::Tensor a = leafOf(start.a, type), b = leafOf(start.b, type),
                         offset = leafOf(bias, type), plainA = leafOf(start.a, at::kDouble),
                         plainB = leafOf(start.b, at::kDouble),
                         plainOffset = leafOf(bias, at::kDouble);
        for (const std::int64_t rank : ranks) {
            const at::Tensor values = at::randn({2, 11, 18}), weights = at::randn({2, 11, 24}),
                             x = leafOf(values, type), plainX = leafOf(values, at::kDouble);
            (Linear("m", ElasticWeight{a, b, rank}, offset).forward(x) * weights.to(type))
                .sum()
                .backward();
            const at::Tensor product =
                at::mm(plainA.narrow(0, 0, rank).t(), plainB.narrow(0, 0, rank));
            (at::linear(plainX, product, plainOffset) * exact(weights)).sum().backward();
            EXPECT_LT(relativeError(x.grad(), plainX.grad()), type == at::kDouble ? 1e-11 : 1e-4);
        }
        const double tolerance = type == at::kDouble ? 1e-11 : 1e-4;
        EXPECT_LT(relativeError(a.grad(), plainA.grad()), tolerance);
        EXPECT_LT(relativeError(b.grad(), plainB.grad()), tolerance);
        EXPECT_LT(relativeError(offset.grad(), plainOffset.grad()), tolerance);
        for (const at::Tensor& factor : {a, b})
            EXPECT_EQ(factor.grad().narrow(0, 9, 3).abs().max().item<double>(), 0);
    }
}

/// What a gradient holds beyond the rank stays, bit for bit, and the tensor is the same one.
TEST(ElasticMap, AddsIntoTheFirstRowsOfAGradientInPlace) {
    at::manual_seed(72);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const ElasticWeight start = randomElastic(24, 18, 12);
        at::Tensor a = leafOf(start.a, type), b = leafOf(start.b, type);
        const at::Tensor before = at::randn({12, 24}).to(type);
        a.mutable_grad() = before.clone();
        const void* place = a.grad().const_data_ptr();
        const at::Tensor x = at::randn({10, 18}).to(type);
        Linear("m", ElasticWeight{a, b, 5}).forward(x).sum().backward();
        EXPECT_EQ(a.grad().const_data_ptr(), place);
        EXPECT_TRUE(at::equal(a.grad().narrow(0, 5, 7), before.narrow(0, 5, 7)));
        // d sum / d a_i = sum over rows of z_i.
        const at::Tensor z = at::mm(exact(x), exact(start.b.to(type)).narrow(0, 0, 5).t()).sum(0);
        const at::Tensor wanted = exact(before).narrow(0, 0, 5) + z.unsqueeze(1).expand({5, 24});
        EXPECT_LT(relativeError(a.grad().narrow(0, 0, 5), wanted),
                  type == at::kFloat ? 1e-4 : 0.05);
        EXPECT_EQ(b.grad().scalar_type(), type);
        EXPECT_EQ(b.grad().narrow(0, 5, 7).abs().max().item<double>(), 0);
    }
}

/// A tiny MLP in f64 whose stack of gate and up and whose down are elastic, at two sizes: central
/// differences of the sum of both losses, for components that both, one or no size uses.
TEST(ElasticMap, GradientsEqualCentralDifferences) {
    at::manual_seed(73);
    const at::Tensor x = at::randn({2, 5, 8}, at::kDouble),
                     weights = at::randn({2, 5, 8}, at::kDouble);
    Linear stack("stack", elasticInType(randomElastic(24, 8, 7), at::kDouble)),
        down("down", elasticInType(randomElastic(8, 12, 7), at::kDouble));
    const auto lossOf = [&] {
        at::Tensor loss = at::zeros({}, at::kDouble);
        for (const std::int64_t sequence : {0, 1}) {
            stack.setElasticRank(sequence == 0 ? 5 : 2);
            down.setElasticRank(sequence == 0 ? 6 : 3);
            const auto halves = stack.forward(x[sequence]).chunk(2, -1);
            loss = loss + (down.forward(gateMul(halves[0], halves[1], GateActivation::Silu)) *
                           weights[sequence])
                              .sum();
        }
        return loss;
    };
    for (Linear* matrix : {&stack, &down})
        matrix->visitParameters(
            [](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(); });
    lossOf().backward();
    const c10::NoGradGuard noGradient;
    constexpr double kStep = 1e-5;
    for (Linear* matrix : {&stack, &down})
        matrix->visitParameters([&](const std::string& name, at::Tensor& tensor) {
            const at::Tensor gradient = tensor.grad();
            const double scale = gradient.abs().max().item<double>();
            for (std::int64_t row = 0; row < 7; ++row) {
                at::Tensor value = tensor[row][row % 3];
                const double was = value.item<double>();
                value.fill_(was + kStep);
                const double above = lossOf().item<double>();
                value.fill_(was - kStep);
                const double below = lossOf().item<double>();
                value.fill_(was);
                EXPECT_NEAR(gradient[row][row % 3].item<double>(), (above - below) / (2 * kStep),
                            1e-7 * scale)
                    << name << ", component " << row;
            }
            EXPECT_EQ(gradient[6].abs().max().item<double>(), 0) << name;
        });
}

/// The whole decoder at two sizes, against autograd through plain factors that are slices of the
/// same leaves.
TEST(ElasticMap, ADecodersGradientsAreThoseOfItsSlices) {
    Decoder own = tinyElastic(74, 24), plain = own;
    const at::Tensor ids = at::arange(40).view({2, 20});
    std::vector<std::pair<at::Tensor, at::Tensor>> leaves;
    for (Linear* matrix : own.matrices()) {
        const ElasticWeight held = *matrix->elastic();
        matrix->replace(ElasticWeight{leafOf(held.a, at::kFloat), leafOf(held.b, at::kFloat), 24});
        leaves.emplace_back(leafOf(held.a, at::kFloat), leafOf(held.b, at::kFloat));
    }
    for (const std::int64_t sequence : {0, 1}) {
        const std::int64_t rank = sequence == 0 ? 20 : 8;
        std::size_t index = 0;
        for (Linear* matrix : own.matrices()) matrix->setElasticRank(rank);
        for (Linear* matrix : plain.matrices()) {
            const auto& [a, b] = leaves[index++];
            matrix->replace(LowRankWeight{a.narrow(0, 0, rank).t(), b.narrow(0, 0, rank)});
        }
        for (const Decoder* model : {&own, &plain})
            model->logits(ids.narrow(0, sequence, 1)).square().sum().backward();
    }
    std::size_t index = 0;
    for (const Linear* matrix : own.matrices()) {
        const auto& [a, b] = leaves[index++];
        const ElasticWeight& held = *matrix->elastic();
        EXPECT_LT(relativeError(held.a.grad(), a.grad()), 1e-4) << matrix->name();
        EXPECT_LT(relativeError(held.b.grad(), b.grad()), 1e-4) << matrix->name();
        EXPECT_EQ(held.a.grad().narrow(0, 20, 4).abs().max().item<double>(), 0);
    }
}

/// r (m + n) > m n (1 + r / rows): 16 x 16 at rank 16 from 2,048 rows on, never at rank 8.
TEST(ElasticMap, TheProductPaysFromManyRowsOn) {
    ElasticWeight weight = randomElastic(16, 16, 16);
    EXPECT_TRUE(productPays(weight, 2048));
    EXPECT_FALSE(productPays(weight, 2047));
    weight.rank = 8;
    EXPECT_FALSE(productPays(weight, 1 << 20)) << "8 * 32 = 16 * 16";
    weight.rank = 9;
    EXPECT_TRUE(productPays(weight, 2048));
    const ElasticWeight down{at::empty({453, 576}), at::empty({453, 1536}), 453};
    EXPECT_FALSE(productPays(down, 2048));  // 956,736 against 884,736 * 1.221
    EXPECT_TRUE(productPays(down, 8192));   // against 884,736 * 1.055
}

/// Output and every gradient, formed once or not, in every type.
TEST(ElasticMap, TheFormedProductGivesTheSame) {
    at::manual_seed(75);
    const ElasticWeight start = randomElastic(16, 12, 12);
    const at::Tensor bias = at::randn({16}), values = at::randn({2048, 12}),
                     weights = at::randn({2048, 16});
    ASSERT_TRUE(productPays({start.a, start.b, 11}, 2048));
    for (const at::ScalarType held : {at::kDouble, at::kFloat, at::kBFloat16}) {
        const bool rounds = held == at::kBFloat16;
        const at::ScalarType computed = rounds ? at::kFloat : held;
        const at::Tensor a = leafOf(start.a, held), b = leafOf(start.b, held),
                         offset = leafOf(bias, held), x = leafOf(values, computed);
        const at::Tensor output = Linear("m", ElasticWeight{a, b, 11}, offset).forward(x);
        (output * weights.to(computed)).sum().backward();
        const at::Tensor plainA = leafOf(a, at::kDouble), plainB = leafOf(b, at::kDouble),
                         plainOffset = leafOf(offset, at::kDouble), plainX = leafOf(x, at::kDouble);
        const at::Tensor wanted = at::linear(at::linear(plainX, plainB.narrow(0, 0, 11)),
                                             plainA.narrow(0, 0, 11).t(), plainOffset);
        (wanted * exact(weights)).sum().backward();
        const double error = held == at::kDouble ? 1e-11 : 1e-4;
        EXPECT_LT(relativeError(output, wanted.detach()), error);
        EXPECT_LT(relativeError(x.grad(), plainX.grad()), error);
        // Gradients of weights in bf16 are rounded to it.
        EXPECT_LT(relativeError(a.grad(), plainA.grad()), rounds ? 0.01 : error);
        EXPECT_LT(relativeError(b.grad(), plainB.grad()), rounds ? 0.01 : error);
        EXPECT_EQ(a.grad().narrow(0, 11, 1).abs().max().item<double>(), 0);
        const c10::NoGradGuard noGradient;
        EXPECT_LT(
            relativeError(Linear("m", ElasticWeight{a, b, 11}, offset).forward(x), wanted.detach()),
            error);
    }
}

}  // namespace
}  // namespace skd::test
