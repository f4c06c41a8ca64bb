#include "model/identity_block.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "core/model/tiny_model.h"
#include "results/matrix_form.h"

namespace skd::test {
namespace {

struct BlockShape {
    std::int64_t rows, columns, rank;
};
/// Wide, tall and square; one row, a few, and as many as there are.
const std::vector<BlockShape> kBlockShapes{
    {1, 1, 1},     {5, 1, 1},     {1, 7, 1},     {12, 20, 1},   {12, 20, 7},
    {12, 20, 12},  {20, 12, 12},  {20, 12, 11},  {33, 33, 33},  {48, 32, 17},
    {300, 64, 50}, {64, 300, 50}, {64, 300, 64}, {300, 64, 64}, {97, 61, 40}};

/// P [I; C] B by LibTorch's operators.
at::Tensor multipliedOut(const IdentityBlockWeight& block) {
    return at::cat({block.b, at::mm(block.c, block.b)}).index_select(0, block.order);
}

IdentityBlockWeight inType(const IdentityBlockWeight& block, at::ScalarType type) {
    return {block.c.to(type), block.b.to(type), block.order};
}

TEST(IdentityBlocks, AreTheProductOfTheFactors) {
    at::manual_seed(40);
    for (const auto& [rows, columns, rank] : kBlockShapes) {
        const at::Tensor a = at::randn({rows, rank}, at::kDouble),
                         b = at::randn({rank, columns}, at::kDouble), product = at::mm(a, b);
        const IdentityBlock block = identityBlock(a, b);
        const std::string where =
            std::to_string(rows) + " x " + std::to_string(columns) + ", " + std::to_string(rank);
        EXPECT_LT(relativeError(multipliedOut(block.weight), product), 1e-12) << where;
        EXPECT_LT(relativeError(at::mm(leftFactor(block.weight), block.weight.b), product), 1e-12)
            << where;
        EXPECT_TRUE(isRowOrder(block.weight.order, rank)) << where;
        const IdentityBlockWeight single = inType(block.weight, at::kFloat);
        const double error =
            ((multipliedOut(inType(single, at::kDouble)) - product).norm() / product.norm())
                .item<double>();
        EXPECT_TRUE(holdsInSingle(block)) << where;
        EXPECT_LT(error, 1e-5) << where;
        EXPECT_NEAR(block.roundingError, error, 1e-9 + 0.01 * error) << where;
        const Linear linear("m", single);
        EXPECT_LT(relativeError(linear.weight(), product.to(at::kFloat)), 1e-5) << where;
        EXPECT_EQ(linear.parameterCount(), rank * (rows + columns) - rank * rank) << where;
        EXPECT_EQ(linear.parameterCount(),
                  formParameters(MatrixForm::IdentityBlock, rows, columns, rank));
        EXPECT_EQ(linear.rows(), rows);
        EXPECT_EQ(linear.columns(), columns);
        EXPECT_EQ(linear.rank(), rank);
        EXPECT_EQ(linear.orderBytes(), permutationBytes(rows));
    }
}

/// The rows are those that plain Gram-Schmidt picks: at each step the one that is farthest from the
/// span of those picked before.
TEST(IdentityBlocks, KeepTheRowsOfAPivotedDecomposition) {
    at::manual_seed(41);
    for (const auto& [rows, columns, rank] : kBlockShapes) {
        const at::Tensor a = at::randn({rows, rank}, at::kDouble);
        at::Tensor left = std::get<0>(at::linalg_qr(a)).clone();
        std::vector<bool> expected(static_cast<std::size_t>(rows), false);
        for (std::int64_t k = 0; k < rank; ++k) {
            const at::Tensor norms = left.norm(2, 1);
            const std::int64_t pivot = norms.argmax().item<std::int64_t>();
            expected[static_cast<std::size_t>(pivot)] = true;
            const at::Tensor direction = left[pivot] / norms[pivot];
            left -= at::outer(at::mv(left, direction), direction);
            left[pivot].zero_();
        }
        const at::Tensor order =
            identityBlock(a, at::randn({rank, columns}, at::kDouble)).weight.order;
        for (std::int64_t i = 0; i < rows; ++i)
            EXPECT_EQ(order[i].item<std::int64_t>() < rank, expected[static_cast<std::size_t>(i)])
                << rows << " x " << columns << ", " << rank << ", row " << i;
    }
}

/// Neither columns of very different sizes nor nearly equal ones harm it; the entries of C stay
/// small.
TEST(IdentityBlocks, DoNotDependOnTheScaleOfTheFactors) {
    at::manual_seed(42);
    const at::Tensor plain = at::randn({80, 30}, at::kDouble), b = at::randn({30, 50}, at::kDouble);
    const at::Tensor scale = at::logspace(0, -10, 30, 10, at::kDouble);
    const IdentityBlock even = identityBlock(plain, b),
                        uneven = identityBlock(plain * scale, b / scale.unsqueeze(1));
    EXPECT_TRUE(at::equal(even.weight.order, uneven.weight.order));
    EXPECT_LT(relativeError(uneven.weight.c, even.weight.c), 1e-10);
    EXPECT_LT(relativeError(multipliedOut(uneven.weight), at::mm(plain, b)), 1e-12);
    EXPECT_LT(even.weight.c.abs().max().item<double>(), 5);
    const at::Tensor similar = plain.narrow(1, 0, 1) + 1e-7 * plain;
    const IdentityBlock close = identityBlock(similar, b);
    EXPECT_LT(close.weight.c.abs().max().item<double>(), 5);
    EXPECT_TRUE(holdsInSingle(close));
}

TEST(IdentityBlocks, RoundingThatShowsIsNoticed) {
    IdentityBlock block = identityBlock(at::randn({6, 2}), at::randn({2, 5}));
    EXPECT_TRUE(holdsInSingle(block));
    for (const double error : {2e-5, 1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        block.roundingError = error;
        EXPECT_FALSE(holdsInSingle(block)) << error;
    }
}

TEST(IdentityBlocks, ThreadsDoNotChangeTheRows) {
    at::manual_seed(43);
    const at::Tensor a = at::randn({900, 120}), b = at::randn({120, 40});
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    const IdentityBlockWeight one = identityBlock(a, b).weight;
    at::set_num_threads(3);
    const IdentityBlockWeight three = identityBlock(a, b).weight;
    at::set_num_threads(before);
    EXPECT_TRUE(at::equal(one.order, three.order));
    EXPECT_LT(relativeError(three.c, one.c), 1e-12);
}

TEST(IdentityBlocks, OrdersThatAreNoneAreTold) {
    const auto isOrder = [](const std::vector<std::int32_t>& values, std::int64_t rank) {
        return isRowOrder(at::tensor(values, at::kInt), rank);
    };
    EXPECT_TRUE(isOrder({2, 0, 3, 1}, 2));
    EXPECT_TRUE(isOrder({0, 1}, 2));
    EXPECT_FALSE(isOrder({2, 1, 3, 0}, 2)) << "kept rows fall";
    EXPECT_FALSE(isOrder({3, 0, 2, 1}, 2)) << "the others fall";
    EXPECT_FALSE(isOrder({2, 0, 3, 4}, 2));
    EXPECT_FALSE(isOrder({-1, 0, 2, 1}, 2));
    EXPECT_FALSE(isOrder({2, 0, 0, 1}, 2));
    EXPECT_FALSE(isOrder({0}, 2));
    EXPECT_FALSE(isRowOrder(at::tensor({2, 0, 3, 1}, at::kLong), 2));
    EXPECT_FALSE(isRowOrder({}, 2));
}

/// Few rows and many, f64, f32, bf16, and bf16 weights below f32 inputs, against the whole matrix.
TEST(IdentityBlocks, MapInputsLikeTheWholeMatrix) {
    at::manual_seed(44);
    struct Types {
        at::ScalarType held, computed;
        double error;
    };
    for (const auto& [rows, columns, rank] : kBlockShapes) {
        const IdentityBlockWeight exact =
            identityBlock(at::randn({rows, rank}, at::kDouble), at::randn({rank, columns})).weight;
        const at::Tensor bias = at::randn({rows}, at::kDouble);
        for (const Types types : {Types{at::kDouble, at::kDouble, 1e-12},
                                  {at::kFloat, at::kFloat, 2e-5},
                                  {at::kBFloat16, at::kBFloat16, 0.06},
                                  {at::kBFloat16, at::kFloat, 2e-5}})
            for (const std::int64_t inputs : {1, 5, 40}) {
                const IdentityBlockWeight held = inType(exact, types.held);
                const at::Tensor x = at::randn({2, inputs, columns}).to(types.computed),
                                 offset = bias.to(types.held);
                const at::Tensor wanted =
                    at::linear(x.to(at::kDouble), multipliedOut(inType(held, at::kDouble)),
                               offset.to(at::kDouble));
                const at::Tensor output = Linear("m", held, offset).forward(x);
                EXPECT_EQ(output.scalar_type(), types.computed);
                EXPECT_EQ(output.sizes(), wanted.sizes());
                EXPECT_LT(relativeError(output.to(at::kDouble), wanted), types.error)
                    << rows << " x " << columns << ", " << rank << ", " << inputs << " "
                    << at::toString(types.held);
            }
    }
}

/// What autograd gives for input, C, B and bias through the multiplied-out matrix, in f64.
TEST(IdentityBlocks, GradientsEqualThoseOfTheWholeMatrix) {
    at::manual_seed(45);
    for (const auto& [rows, columns, rank] : kBlockShapes)
        for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
            const IdentityBlockWeight made =
                identityBlock(at::randn({rows, rank}), at::randn({rank, columns})).weight;
            const at::Tensor x = at::randn({2, 11, columns}), bias = at::randn({rows}),
                             weights = at::randn({2, 11, rows});
            const auto leaf = [](const at::Tensor& tensor, at::ScalarType of) {
                return tensor.detach().to(of).clone().requires_grad_();
            };
            std::array<at::Tensor, 4> own{leaf(x, type), leaf(made.c, type), leaf(made.b, type),
                                          leaf(bias, type)},
                whole{leaf(x, at::kDouble), leaf(made.c, at::kDouble), leaf(made.b, at::kDouble),
                      leaf(bias, at::kDouble)};
            (Linear("m", IdentityBlockWeight{own[1], own[2], made.order}, own[3]).forward(own[0]) *
             weights.to(type))
                .sum()
                .backward();
            (at::linear(whole[0], multipliedOut({whole[1], whole[2], made.order}), whole[3]) *
             weights.to(at::kDouble))
                .sum()
                .backward();
            for (std::size_t i = 0; i < own.size(); ++i) {
                if (whole[i].numel() == 0) continue;
                ASSERT_TRUE(own[i].grad().defined()) << i;
                EXPECT_LT(relativeError(own[i].grad().to(at::kDouble), whole[i].grad()),
                          type == at::kDouble ? 1e-11 : 1e-4)
                    << rows << " x " << columns << ", " << rank << ", " << i;
            }
        }
}

TEST(IdentityBlocks, ParametersAreCAndBAndTheOrderTravels) {
    Linear linear("m", randomBlock(12, 9, 4), at::randn({12}));
    std::vector<std::string> names;
    linear.visitParameters([&](const std::string& name, at::Tensor&) { names.push_back(name); });
    EXPECT_EQ(names, (std::vector<std::string>{"m.c", "m.b", "m.bias"}));
    Linear full("m", randomBlock(9, 12, 9));
    names.clear();
    full.visitParameters([&](const std::string& name, at::Tensor&) { names.push_back(name); });
    EXPECT_EQ(names, (std::vector<std::string>{"m.b"})) << "C has no rows";

    Decoder model = tinyDecoder(5);
    for (Linear* matrix : model.matrices())
        matrix->replace(randomBlock(matrix->rows(), matrix->columns(), 9));
    const at::Tensor ids = at::arange(10).unsqueeze(0);
    const Decoder half = model.to(at::kCPU, at::kBFloat16), copy = model.clone();
    EXPECT_TRUE(at::equal(copy.logits(ids), model.logits(ids)));
    EXPECT_LT(relativeError(half.logits(ids).to(at::kFloat), model.logits(ids)), 0.1);
    EXPECT_EQ(half.parameterCount(), model.parameterCount());
    model.layers[0].mlp.up.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor.zero_(); });
    EXPECT_GT(copy.layers[0].mlp.up.weight().abs().max().item<double>(), 0) << "shares nothing";
}

}  // namespace
}  // namespace skd::test
