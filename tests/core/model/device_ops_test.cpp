#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "model/device_copy.h"
#include "model/device_ops.h"

namespace skd::test {
namespace {

/// The operators of an accelerator, run on the CPU, against the CPU's own passes: values and
/// gradients. f32: sums in another order; bf16: one rounding more or less of each value.
struct DeviceCase {
    at::ScalarType type;
    double tolerance;
    friend void PrintTo(const DeviceCase& c, std::ostream* out) { *out << at::toString(c.type); }
};

class DeviceOps : public testing::TestWithParam<DeviceCase> {
protected:
    void SetUp() override { at::manual_seed(5); }
    /// Laid out as projections leave them, heads behind tokens.
    at::Tensor heads(std::int64_t batch, std::int64_t heads, std::int64_t length,
                     std::int64_t dim) const {
        return at::randn({batch, length, heads, dim})
            .to(GetParam().type)
            .transpose(1, 2)
            .requires_grad_(true);
    }
    at::Tensor leaf(at::IntArrayRef shape) const {
        return at::randn(shape).to(GetParam().type).requires_grad_(true);
    }

    using Op = std::function<at::Tensor(const std::vector<at::Tensor>&)>;
    void expectEqual(const Op& device, const Op& kernel,
                     const std::vector<at::Tensor>& inputs) const {
        const at::Tensor a = device(inputs), weight = at::randn(a.sizes()).to(a.scalar_type());
        const std::vector<at::Tensor> first = gradientsOf(a, weight, inputs);
        const at::Tensor b = kernel(inputs);
        const std::vector<at::Tensor> second = gradientsOf(b, weight, inputs);
        EXPECT_EQ(a.scalar_type(), b.scalar_type());
        EXPECT_LT(relativeError(a.detach(), b.detach()), GetParam().tolerance);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            EXPECT_LT(relativeError(first[i], second[i]), GetParam().tolerance) << "input " << i;
    }

private:
    static std::vector<at::Tensor> gradientsOf(const at::Tensor& result, const at::Tensor& weight,
                                               const std::vector<at::Tensor>& inputs) {
        (result * weight).sum().backward();
        std::vector<at::Tensor> gradients;
        for (const at::Tensor& input : inputs) {
            gradients.push_back(input.grad().clone());
            input.mutable_grad() = at::Tensor();
        }
        return gradients;
    }
};

TEST_P(DeviceOps, NormsEqualTheKernels) {
    for (const double offset : {0.0, 1.0})
        expectEqual([&](const auto& in) { return device::rmsNorm(in[0], in[1], 1e-5, offset); },
                    [&](const auto& in) { return rmsNorm(in[0], in[1], 1e-5, offset); },
                    {leaf({2, 5, 37}), leaf({37})});
}

TEST_P(DeviceOps, GatesEqualTheKernels) {
    for (const GateActivation activation : {GateActivation::Silu, GateActivation::GeluTanh})
        expectEqual([&](const auto& in) { return device::gateMul(in[0], in[1], activation); },
                    [&](const auto& in) { return gateMul(in[0], in[1], activation); },
                    {leaf({3, 7, 33}), leaf({3, 7, 33})});
}

TEST_P(DeviceOps, RotationsEqualTheKernels) {
    for (const double share : {1.0, 0.75}) {
        ModelConfig config;
        config.headDim = 16;
        config.rope.partialFactor = share;
        const RotaryTable table = rotaryTable(config, config.rope, 9, at::kCPU),
                          wide = wideTable(table, 16, at::kCPU);
        EXPECT_TRUE(at::equal(wide.cos, table.cos));
        EXPECT_TRUE(at::equal(wide.sin, table.sin));
        expectEqual([&](const auto& in) { return device::splitHeads(in[0], wide); },
                    [&](const auto& in) { return splitHeads(in[0], table); },
                    {leaf({2, 9, 3, 16})});
    }
}

/// Windows below, at and above the length, lengths that are and are no multiples of them.
TEST_P(DeviceOps, AttentionEqualsTheKernel) {
    struct Shape {
        std::int64_t batch, heads, keyHeads, length, window;
    };
    for (const Shape& s : {Shape{2, 6, 2, 65, 0}, Shape{1, 4, 4, 33, 0}, Shape{2, 6, 2, 65, 16},
                           Shape{1, 6, 2, 64, 16}, Shape{2, 3, 3, 20, 16}, Shape{1, 4, 1, 16, 16},
                           Shape{1, 4, 1, 12, 16}, Shape{2, 2, 1, 9, 2}}) {
        const AttentionOptions options{0.25, s.window};
        expectEqual(
            [&](const auto& in) { return device::causalAttention(in[0], in[1], in[2], options); },
            [&](const auto& in) { return causalAttention(in[0], in[1], in[2], options); },
            {heads(s.batch, s.heads, s.length, 16), heads(s.batch, s.keyHeads, s.length, 16),
             heads(s.batch, s.keyHeads, s.length, 16)});
    }
}

/// Behind a cache, one token or several.
TEST_P(DeviceOps, AttentionBehindOtherTokensEqualsTheKernel) {
    const c10::NoGradGuard noGradient;
    for (const std::int64_t length : {1, 2, 11})
        for (const std::int64_t window : {0, 7, 16}) {
            const std::int64_t past = window == 7 ? 6 : 9;
            const at::Tensor q = heads(2, 6, length, 8).detach(),
                             k = heads(2, 2, length + past, 8).detach(),
                             v = heads(2, 2, length + past, 8).detach();
            const AttentionOptions options{0.3, window};
            EXPECT_LT(relativeError(device::causalAttention(q, k, v, options),
                                    causalAttention(q, k, v, options)),
                      GetParam().tolerance)
                << length << ' ' << window;
        }
}

INSTANTIATE_TEST_SUITE_P(Types, DeviceOps,
                         testing::Values(DeviceCase{at::kFloat, 2e-5},
                                         DeviceCase{at::kBFloat16, 3e-2}));

}  // namespace

TEST(DeviceCopy, PackedValuesAreTheSameInTheirTypes) {
    const std::vector<at::Tensor> values{at::arange(5, at::kLong),
                                         at::Tensor(),
                                         at::arange(6, at::kInt).view({2, 3}),
                                         at::randn({3, 1, 2}).transpose(0, 2),
                                         at::randn({7}).to(at::kBFloat16),
                                         at::empty({0, 4}),
                                         at::randn({2}).to(at::kDouble)};
    const at::Tensor packed = packValues(values, false);
    const std::vector<at::Tensor> unpacked = unpackValues(packed, values);
    ASSERT_EQ(unpacked.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_EQ(unpacked[i].defined(), values[i].defined());
        EXPECT_TRUE(!values[i].defined() || at::equal(unpacked[i], values[i])) << i;
    }
    EXPECT_EQ(unpacked[2].storage().data(), packed.storage().data());
}

}  // namespace skd::test
