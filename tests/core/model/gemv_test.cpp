#include "kernels/gemv_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "core/model/tiny_model.h"
#include "kernels/simd.h"
#include "model/linear.h"

namespace skd::test {
namespace {

struct ProductShape {
    std::int64_t rows, columns, vectors;
};
const std::vector<ProductShape> kShapes{{1, 1, 1},    {3, 7, 1},   {5, 64, 2},
                                        {17, 33, 3},  {9, 130, 5}, {64, 576, 1},
                                        {31, 100, 8}, {8, 257, 4}, {2, 15, 7}};

// The plain loops that the kernels are compared with.
template <class Element, class Output>
void plainProduct(const kernels::RowProduct<Element, Output>& p, std::int64_t begin,
                  std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
        for (std::int64_t v = 0; v < p.vectors; ++v) {
            float sum = 0;
            for (std::int64_t i = 0; i < p.columns; ++i)
                sum += toFloat(p.weight[row * p.columns + i]) * p.x[v * p.columns + i];
            if (p.bias != nullptr) sum += toFloat(p.bias[row]);
            store(p.y[v * p.stride + row], sum);
        }
}

template <class Element, class Output>
void plainSum(const Element* rows, const float* weights, std::int64_t count, std::int64_t columns,
              Output* out) {
    for (std::int64_t i = 0; i < columns; ++i) {
        float sum = 0;
        for (std::int64_t j = 0; j < count; ++j) sum += toFloat(rows[j * columns + i]) * weights[j];
        store(out[i], sum);
    }
}

template <class T>
at::ScalarType typeOf() {
    return sizeof(T) == 4 ? at::kFloat : at::kBFloat16;
}

template <class T, class Kernel>
at::Tensor apply(const at::Tensor& weight, const at::Tensor& x, const at::Tensor& bias,
                 Kernel&& kernel) {
    const at::Tensor wide = x.to(at::kFloat).contiguous();
    at::Tensor y = at::full({x.size(0), weight.size(0)}, -7, weight.options());
    const kernels::RowProduct<T, T> product{
        static_cast<const T*>(weight.data_ptr()),
        weight.size(1),
        wide.const_data_ptr<float>(),
        x.size(0),
        bias.defined() ? static_cast<const T*>(bias.data_ptr()) : nullptr,
        static_cast<T*>(y.data_ptr()),
        weight.size(0)};
    // In two parts, as two threads would.
    kernel(product, 0, weight.size(0) / 2);
    kernel(product, weight.size(0) / 2, weight.size(0));
    return y;
}

template <class T>
void compareWithReference(double tolerance) {
    at::manual_seed(11);
    const auto plain = [](const auto& p, std::int64_t b, std::int64_t e) { plainProduct(p, b, e); };
    const auto best = [](const auto& p, std::int64_t b, std::int64_t e) {
        kernels::rowProduct(p, b, e);
    };
    for (const ProductShape& s : kShapes)
        for (const bool biased : {false, true}) {
            const at::Tensor weight = at::randn({s.rows, s.columns}).to(typeOf<T>()),
                             x = at::randn({s.vectors, s.columns}).to(typeOf<T>());
            const at::Tensor bias = biased ? at::randn({s.rows}).to(typeOf<T>()) : at::Tensor();
            const at::Tensor expected = apply<T>(weight, x, bias, plain);
            const std::string what = strCat(s.rows, "x", s.columns, " by ", s.vectors);
            EXPECT_LT(relativeError(apply<T>(weight, x, bias, best), expected), tolerance) << what;
            EXPECT_LT(
                relativeError(expected, at::linear(x.to(at::kFloat), weight.to(at::kFloat),
                                                   bias.defined() ? bias.to(at::kFloat) : bias)),
                sizeof(T) == 4 ? 1e-5 : 8e-3)
                << what;
        }
}

TEST(Gemv, FloatEqualsThePlainLoops) {
    compareWithReference<float>(3e-6);
}
TEST(Gemv, Bfloat16EqualsThePlainLoops) {
    compareWithReference<std::uint16_t>(4e-3);
}

TEST(Gemv, WeightedSumEqualsThePlainLoops) {
    at::manual_seed(5);
    for (const auto& [count, columns] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {1, 1}, {7, 64}, {33, 80}, {160, 128}, {3, 19}}) {
        const at::Tensor rows = at::randn({count, columns}), weights = at::rand({count}),
                         half = rows.to(at::kBFloat16);
        at::Tensor out = at::empty({columns}), expected = at::empty({columns}),
                   halfOut = at::empty({columns}, at::kBFloat16), halfExpected = halfOut.clone();
        const auto* w = weights.const_data_ptr<float>();
        const kernels::WeightedSum<float, float> whole{rows.const_data_ptr<float>(), columns, w,
                                                       count, out.data_ptr<float>()};
        kernels::weightedSum(whole, 0, columns);
        plainSum(rows.const_data_ptr<float>(), w, count, columns, expected.data_ptr<float>());
        EXPECT_LT(relativeError(out, expected), 3e-6);
        kernels::weightedSum(
            kernels::WeightedSum<std::uint16_t, std::uint16_t>{
                static_cast<const std::uint16_t*>(half.data_ptr()), columns, w, count,
                static_cast<std::uint16_t*>(halfOut.data_ptr())},
            0, columns);
        plainSum(static_cast<const std::uint16_t*>(half.data_ptr()), w, count, columns,
                 static_cast<std::uint16_t*>(halfExpected.data_ptr()));
        EXPECT_LT(relativeError(halfOut, halfExpected), 4e-3);
        EXPECT_LT(relativeError(expected, at::matmul(weights, rows)), 3e-6);
        const at::Tensor before = out.clone();
        out.zero_();
        for (std::int64_t begin = 0; begin < columns; begin += kernels::kSumColumnUnit)
            kernels::weightedSum(whole, begin, std::min(columns, begin + kernels::kSumColumnUnit));
        EXPECT_TRUE(at::equal(out, before)) << "parts give the bits of the whole";
    }
}

TEST(Gemv, ReadsEveryNumber) {
    for (const std::int64_t count : {0, 1, 127, 128, 1000}) {
        const at::Tensor numbers = at::arange(count, at::kFloat);
        EXPECT_EQ(kernels::readAll(numbers.const_data_ptr<float>(), count),
                  static_cast<float>(count) * static_cast<float>(count - 1) / 2)
            << count;
    }
}

TEST(LinearMap, EqualsLibTorchForAnyNumberOfRows) {
    at::manual_seed(3);
    for (const std::int64_t rows : {1, 2, 8, 9, 40}) {
        const at::Tensor weight = at::randn({37, 50}), bias = at::randn({37}),
                         x = at::randn({rows, 1, 50});
        EXPECT_LT(relativeError(linearMap(x, weight, bias), at::linear(x, weight, bias)), 3e-6)
            << rows;
        EXPECT_EQ(linearMap(x, weight, bias).sizes(), at::linear(x, weight, bias).sizes());
        EXPECT_LT(relativeError(linearMap(x.transpose(0, 1), weight, {}),
                                at::linear(x.transpose(0, 1), weight)),
                  3e-6)
            << rows;
    }
}

TEST(LinearMap, KeepsGradients) {
    const at::Tensor weight = at::randn({5, 6}).requires_grad_(), x = at::randn({2, 6});
    linearMap(x, weight, {}).sum().backward();
    EXPECT_TRUE(at::allclose(weight.grad(), x.sum(0).expand({5, 6})));
}

TEST(LinearMap, FactorsGiveTheProductOfBoth) {
    at::manual_seed(4);
    const at::Tensor a = at::randn({20, 3}), b = at::randn({3, 30}), bias = at::randn({20}),
                     x = at::randn({1, 4, 30});
    EXPECT_LT(relativeError(Linear("f", LowRankWeight{a, b}, bias).forward(x),
                            at::linear(x, at::matmul(a, b), bias)),
              1e-5);
}

}  // namespace
}  // namespace skd::test
