#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include "simulated_device/device_fixture.h"
#include "simulated_device/device_memory.h"

namespace skd::test {
namespace {

using simulated::DeviceMemory;
using simulated::Ledger;
using simulated::Recording;

using DeviceCounting = DeviceTest;

TEST_F(DeviceCounting, CopiesAndTheirBytes) {
    Recording recording;
    const at::Tensor there = at::ones({10, 4}).to(simulated::device());
    const at::Tensor narrow = there.to(at::kBFloat16);
    (void)there.cpu();
    (void)there.sum().item<float>();
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.toDevice.count, 1);
    EXPECT_EQ(ledger.toDevice.bytes, 160);
    EXPECT_EQ(ledger.onDevice.count, 1);
    EXPECT_EQ(ledger.onDevice.bytes, 80);
    EXPECT_EQ(ledger.toHost.count, 2);
    EXPECT_EQ(ledger.toHost.bytes, 164);
    EXPECT_EQ(ledger.synchronisations, 2);
    EXPECT_EQ(ledger.launches, (std::map<std::string, std::int64_t>{{"aten::copy_", 1},
                                                                    {"aten::sum.dim_IntList", 1}}));
}

TEST_F(DeviceCounting, ConvertingOnTheWayToTheHostIsALaunch) {
    const at::Tensor there = onDevice(at::ones({10, 4}));
    Recording recording;
    (void)there.to(at::kCPU, at::kBFloat16);
    (void)there.t().contiguous();
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.toHost.bytes, 80);
    EXPECT_EQ(ledger.launchesOf("aten::copy_"), 2);
}

TEST_F(DeviceCounting, ViewsCostNothing) {
    const at::Tensor there = onDevice(at::ones({4, 6}));
    Recording recording;
    (void)there.view({2, 12}).t().narrow(0, 1, 3).unsqueeze(0).expand({2, 3, 2});
    (void)there.detach().select(0, 1).reshape({3, 2});
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.launchCount(), 0) << ledger.table();
    EXPECT_EQ(ledger.peak, ledger.heldBefore);
}

TEST_F(DeviceCounting, AMultiTensorOperatorIsOneLaunchWhereItsListsFit) {
    std::vector<at::Tensor> weights, gradients, halves;
    for (int i = 1; i < 6; ++i) {
        weights.push_back(onDevice(at::ones({i, 3})));
        gradients.push_back(onDevice(at::ones({i, 3})));
        halves.push_back(gradients.back().to(at::kBFloat16));
    }
    Recording recording;
    at::_foreach_add_(weights, gradients, 2);
    const std::vector<at::Tensor> norms = at::_foreach_norm(weights, 2);
    at::_foreach_add_(weights, halves);
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.launchesOf("aten::_foreach_norm.Scalar"), 1);
    EXPECT_EQ(ledger.launchesOf("aten::_foreach_add_.List"), 1 + 5) << ledger.table();
    EXPECT_FLOAT_EQ(norms[0].item<float>(), std::sqrt(27.0f));
    EXPECT_TRUE(at::equal(weights[4].cpu(), at::full({5, 3}, 4.0)));
}

TEST_F(DeviceCounting, TheFusedOptimiserIsOneLaunchAndTheCpus) {
    at::manual_seed(3);
    const auto update = [](at::Device place) {
        at::manual_seed(3);
        std::vector<std::vector<at::Tensor>> lists(5);
        for (int i = 1; i < 5; ++i) {
            for (int list = 0; list < 4; ++list)
                lists[static_cast<std::size_t>(list)].push_back(at::rand({i, 8}).to(place));
            lists[4].push_back(at::ones({}).to(place));
        }
        at::_fused_adamw_(lists[0], lists[1], lists[2], lists[3], {}, lists[4], 1e-2, 0.9, 0.999,
                          0.01, 1e-8, false, false);
        return lists[0];
    };
    Recording recording;
    const std::vector<at::Tensor> there = update(simulated::device());
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.launchesOf("aten::_fused_adamw_"), 1) << ledger.table();
    const std::vector<at::Tensor> host = update(at::kCPU);
    for (std::size_t i = 0; i < host.size(); ++i) EXPECT_TRUE(at::equal(there[i].cpu(), host[i]));
}

TEST_F(DeviceCounting, MemoryPeaksAndReturns) {
    const std::size_t before = DeviceMemory::instance().used();
    Recording recording;
    {
        const at::Tensor a = at::empty({1000}, at::TensorOptions(simulated::device()));
        { const at::Tensor b = at::empty({3000}, a.options()); }
        const at::Tensor c = at::empty({500}, a.options());
        EXPECT_EQ(DeviceMemory::instance().used() - before, 6000u);
    }
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.peak - ledger.heldBefore, 16000u);
    EXPECT_EQ(ledger.largest, 12000u);
    EXPECT_EQ(DeviceMemory::instance().used(), before);
}

TEST_F(DeviceCounting, BeyondTheCapacityMemoryIsOut) {
    DeviceMemory& memory = DeviceMemory::instance();
    memory.setCapacity(memory.used() + 1000);
    EXPECT_THROW((void)at::empty({1000}, at::TensorOptions(simulated::device())),
                 c10::OutOfMemoryError);
    memory.setCapacity(DeviceMemory::kSize);
    EXPECT_NO_THROW((void)at::empty({1000}, at::TensorOptions(simulated::device())));
}

/// Flash attention takes grouped heads of bf16 as they are: one launch forward, one back, and
/// nothing of the size of heads x T x T.
TEST_F(DeviceCounting, AttentionOfGroupedHeadsIsOneLaunch) {
    at::manual_seed(4);
    const std::int64_t length = 64;
    const at::Tensor q = at::randn({1, 8, length, 16}).to(at::kBFloat16),
                     k = at::randn({1, 2, length, 16}).to(at::kBFloat16),
                     v = at::randn({1, 2, length, 16}).to(at::kBFloat16);
    const auto attend = [&](at::Device place) {
        const c10::AutoGradMode on(true);
        std::vector<at::Tensor> t;
        for (const at::Tensor& x : {q, k, v}) t.push_back(x.to(place).detach().requires_grad_());
        const at::Tensor out =
            at::scaled_dot_product_attention(t[0], t[1], t[2], {}, 0.0, true, std::nullopt, true);
        out.sum().backward();
        return std::vector{out, t[0].grad(), t[1].grad(), t[2].grad()};
    };
    Recording recording;
    const std::vector<at::Tensor> there = attend(simulated::device());
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.launchesOf("aten::_scaled_dot_product_flash_attention"), 1) << ledger.table();
    EXPECT_EQ(ledger.launchesOf("aten::_scaled_dot_product_flash_attention_backward"), 1);
    EXPECT_LT(ledger.largest, static_cast<std::size_t>(8 * length * length));
    const std::vector<at::Tensor> host = attend(at::kCPU);
    for (std::size_t i = 0; i < host.size(); ++i) EXPECT_LT(deviation(there[i], host[i]), 0.02);
}

/// What only the CUDA build has a kernel for: sums of bf16 products in f32.
TEST_F(DeviceCounting, ProductsOfBf16MayBeSummedInF32) {
    at::manual_seed(6);
    const at::Tensor a = at::randn({5, 40}).to(at::kBFloat16),
                     b = at::randn({40, 3}).to(at::kBFloat16), start = at::ones({5, 3});
    const at::Tensor expected = at::mm(a.to(at::kFloat), b.to(at::kFloat));
    Recording recording;
    const at::Tensor product = at::mm(onDevice(a), onDevice(b), at::kFloat);
    at::Tensor sum = onDevice(start);
    at::addmm_out(sum, sum, onDevice(a), onDevice(b), at::kFloat);
    EXPECT_EQ(recording.stop().launchCount(), 2);
    EXPECT_LT(deviation(product, expected), 1e-6);
    EXPECT_LT(deviation(sum, expected + start), 1e-6);
}

/// The fused norm's backward pass has a kernel as well.
TEST_F(DeviceCounting, ANormIsOneLaunchEachWay) {
    at::manual_seed(7);
    const at::Tensor x = at::randn({6, 16}), w = at::rand({16});
    const auto gradients = [&](at::Device place) {
        const c10::AutoGradMode on(true);
        const at::Tensor input = x.to(place).detach().requires_grad_(),
                         weight = w.to(place).detach().requires_grad_();
        at::rms_norm(input, {16}, weight, 1e-5).square().sum().backward();
        return std::pair(input.grad(), weight.grad());
    };
    Recording recording;
    const auto there = gradients(simulated::device());
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.launchesOf("aten::_fused_rms_norm"), 1) << ledger.table();
    EXPECT_EQ(ledger.launchesOf("aten::_fused_rms_norm_backward"), 1) << ledger.table();
    const auto host = gradients(at::kCPU);
    EXPECT_LT(deviation(there.first, host.first), 1e-5);
    EXPECT_LT(deviation(there.second, host.second), 1e-5);
}

TEST_F(DeviceCounting, GroupedHeadsOfF32HaveNoFusedAttentionOnCuda) {
    const at::Tensor q = onDevice(at::randn({1, 4, 8, 16})), k = onDevice(at::randn({1, 2, 8, 16}));
    Recording recording;
    (void)at::scaled_dot_product_attention(q, k, k, {}, 0.0, true, std::nullopt, true);
    const Ledger ledger = recording.stop();
    EXPECT_EQ(ledger.launchesOf("aten::_scaled_dot_product_efficient_attention"), 0);
    EXPECT_GT(ledger.launchesOf("aten::bmm"), 0) << ledger.table();
    Recording again;
    (void)at::scaled_dot_product_attention(q, q, q, {}, 0.0, true);
    EXPECT_EQ(again.stop().launchesOf("aten::_scaled_dot_product_efficient_attention"), 1);
}

}  // namespace
}  // namespace skd::test
