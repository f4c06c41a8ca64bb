#include "model/gemm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "model/linear.h"

namespace skd::test {
namespace {

/// Sizes around tiles, panels and blocks, of every instruction set.
constexpr std::int64_t kRows[] = {1, 2, 5, 12, 13, 97, 130};
constexpr std::int64_t kDepths[] = {1, 16, 47, 320, 331};
constexpr std::int64_t kColumns[] = {1, 7, 16, 31, 33, 257, 290};

class Gemm : public testing::TestWithParam<at::ScalarType> {
protected:
    void SetUp() override { at::manual_seed(11); }
    /// [rows, columns], row by row or column by column.
    [[nodiscard]] static at::Tensor random(std::int64_t rows, std::int64_t columns,
                                           bool transposed) {
        const at::Tensor values =
            (transposed ? at::randn({columns, rows}) : at::randn({rows, columns})).to(GetParam());
        return transposed ? values.t() : values;
    }
    static void expectNear(const at::Tensor& got, const at::Tensor& expected, std::int64_t depth) {
        // Sums of `depth` products of numbers about 1, rounded in f32.
        const double error = (got.to(at::kDouble) - expected).abs().max().item<double>();
        EXPECT_LT(error, 2e-6 * static_cast<double>(depth + 8))
            << got.sizes() << " depth " << depth;
    }
};

TEST_P(Gemm, EqualsTheProductInF64AtEverySize) {
    for (const std::int64_t m : kRows)
        for (const std::int64_t k : kDepths)
            for (const std::int64_t n : kColumns)
                for (const bool transposed : {false, true}) {
                    const at::Tensor a = at::randn({m, k}), b = random(k, n, transposed);
                    const at::Tensor expected = at::mm(a.to(at::kDouble), b.to(at::kDouble));
                    expectNear(gemm(a, b), expected, k);
                }
}

TEST_P(Gemm, AddsIntoViewsAndLeavesTheirNeighbours) {
    const at::Tensor a = at::randn({29, 70}).narrow(0, 3, 23).narrow(1, 2, 65),
                     b = random(65, 45, true);
    const at::Tensor whole = at::randn({30, 60}), before = whole.clone();
    at::Tensor out = whole.narrow(0, 4, 23).narrow(1, 5, 45);
    gemmInto(out, a, b, true);
    expectNear(out,
               before.narrow(0, 4, 23).narrow(1, 5, 45).to(at::kDouble) +
                   at::mm(a.to(at::kDouble), b.to(at::kDouble)),
               65);
    at::Tensor rest = whole.clone();
    rest.narrow(0, 4, 23).narrow(1, 5, 45).copy_(before.narrow(0, 4, 23).narrow(1, 5, 45));
    EXPECT_TRUE(at::equal(rest, before));
}

TEST_P(Gemm, GivesTheSameBitsForAnyNumberOfThreads) {
    const at::Tensor a = at::randn({200, 300}), b = random(300, 500, true);
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const at::Tensor expected = gemm(a, b);
    for (const int n : {2, 3, 7}) {
        at::set_num_threads(n);
        EXPECT_TRUE(at::equal(gemm(a, b), expected)) << n;
    }
    at::set_num_threads(threads);
}

TEST_P(Gemm, KeepsWhatIsNotFinite) {
    at::Tensor a = at::ones({9, 20}), b = random(20, 40, true).clone();
    a[4][3] = std::numeric_limits<float>::infinity();
    a[5][3] = std::numeric_limits<float>::quiet_NaN();
    const at::Tensor out = gemm(a, b), expected = at::mm(a, b.to(at::kFloat));
    EXPECT_TRUE(at::equal(at::isfinite(out), at::isfinite(expected)));
    EXPECT_TRUE(at::isnan(out[5]).all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Types, Gemm, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& each) {
                             return each.param == at::kFloat ? std::string("F32")
                                                             : std::string("Bf16");
                         });

/// Loss whose gradients depend on every output.
at::Tensor lossOf(const at::Tensor& output) {
    return (output * output).sum() + output.sum();
}

TEST(LinearMap, GradientsEqualAutogradsInF64) {
    at::manual_seed(12);
    for (const bool bias : {false, true}) {
        const at::Tensor x = at::randn({2, 19, 33}), w = at::randn({41, 33}),
                         b = bias ? at::randn({41}) : at::Tensor();
        const auto leaf = [](const at::Tensor& t, at::ScalarType type) {
            return t.defined() ? t.to(type).clone().requires_grad_() : t;
        };
        const at::Tensor x1 = leaf(x, at::kFloat), w1 = leaf(w, at::kFloat),
                         b1 = leaf(b, at::kFloat);
        const at::Tensor x2 = leaf(x, at::kDouble), w2 = leaf(w, at::kDouble),
                         b2 = leaf(b, at::kDouble);
        const at::Tensor y1 = linearMap(x1, w1, b1), y2 = at::linear(x2, w2, b2);
        EXPECT_LT(relativeError(y1, y2), 1e-5);
        lossOf(y1).backward();
        lossOf(y2).backward();
        EXPECT_LT(relativeError(x1.grad(), x2.grad()), 1e-5);
        EXPECT_LT(relativeError(w1.grad(), w2.grad()), 1e-5);
        if (bias) {
            EXPECT_LT(relativeError(b1.grad(), b2.grad()), 1e-5);
        }
    }
}

TEST(LinearMap, AddsAFurtherGradientInPlace) {
    at::manual_seed(13);
    const at::Tensor x = at::randn({17, 24}), w = at::randn({20, 24}).requires_grad_();
    lossOf(linearMap(x, w, {})).backward();
    const at::Tensor once = w.grad().clone();
    const void* place = w.grad().const_data_ptr();
    lossOf(linearMap(x, w, {})).backward();
    EXPECT_EQ(w.grad().const_data_ptr(), place);
    EXPECT_LT(relativeError(w.grad(), 2 * once), 1e-6);
}

TEST(LinearMap, WidensBfloat16WeightsForFewRowsAndForMany) {
    at::manual_seed(14);
    const at::Tensor w = at::randn({30, 64}).to(at::kBFloat16),
                     b = at::randn({30}).to(at::kBFloat16);
    for (const std::int64_t rows : {1, 8, 9, 40}) {
        const at::Tensor x = at::randn({1, rows, 64}), y = linearMap(x, w, b);
        EXPECT_EQ(y.scalar_type(), at::kFloat);
        EXPECT_LT(
            relativeError(y, at::linear(x.to(at::kDouble), w.to(at::kDouble), b.to(at::kDouble))),
            1e-5)
            << rows;
    }
    const at::Tensor x = at::randn({40, 64}).requires_grad_(),
                     wide = x.detach().to(at::kDouble).requires_grad_();
    lossOf(linearMap(x, w, b)).backward();
    lossOf(at::linear(wide, w.to(at::kDouble), b.to(at::kDouble))).backward();
    EXPECT_LT(relativeError(x.grad(), wide.grad()), 1e-5);
}

}  // namespace
}  // namespace skd::test
