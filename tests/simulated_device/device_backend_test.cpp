#include <ATen/native/Resize.h>
#include <c10/core/GradMode.h>
#include <torch/headeronly/version.h>

#include <csignal>
#include <fstream>
#include <set>

#include "base/text.h"
#include "simulated_device/device_fixture.h"
#include "simulated_device/device_memory.h"

namespace skd::test {
namespace {

using simulated::DeviceMemory;
using simulated::Ledger;
using simulated::Recording;

using SimulatedDevice = DeviceTest;

/// What `work` throws; empty if nothing.
template <class Work>
std::string messageOf(const Work& work) {
    try {
        work();
    } catch (const c10::Error& error) {
        return error.what_without_backtrace();
    }
    return {};
}

TEST_F(SimulatedDevice, ValuesComeBackAsTheyWere) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kLong, at::kBool}) {
        const at::Tensor host = at::randint(0, 2, {5, 7}).to(type);
        const at::Tensor there = onDevice(host);
        EXPECT_EQ(there.device(), simulated::device());
        EXPECT_TRUE(at::equal(there.cpu(), host)) << type;
        EXPECT_TRUE(at::equal(there.t().cpu(), host.t()));
    }
}

TEST_F(SimulatedDevice, TheHostCannotTouchItsMemory) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const at::Tensor there = onDevice(at::ones({4}));
    const auto* values = there.const_data_ptr<float>();
    EXPECT_EXIT(std::exit(values[0] > 0), testing::KilledBySignal(SIGSEGV), "");
    auto* target = there.mutable_data_ptr<float>();
    EXPECT_EXIT((target[1] = 2, std::exit(0)), testing::KilledBySignal(SIGSEGV), "");
    EXPECT_FLOAT_EQ(there.sum().item<float>(), 4);  // kernels can
}

TEST_F(SimulatedDevice, MixingDevicesIsAnError) {
    const at::Tensor host = at::ones({3, 3}), there = onDevice(host);
    for (const auto& work : std::vector<std::function<void()>>{
             [&] { (void)(there + host); }, [&] { (void)at::mm(host, there); },
             [&] {
                 (void)at::cat({there, host});
             },
             [&] { (void)there.index_select(0, at::zeros({1}, at::kLong)); },
             [&] {
                 at::Tensor copy = there.clone();
                 copy.addmm_(host, there);
             }})
        EXPECT_NE(messageOf(work).find("lies on cpu"), std::string::npos) << messageOf(work);
    // As on a CUDA device, a number of the host is an argument of the kernel.
    EXPECT_TRUE(at::equal((there * at::scalar_tensor(2.0)).cpu(), host * 2));
}

TEST_F(SimulatedDevice, OnlyWhatHasACudaKernelRuns) {
    // The CPU's own attention and its product in blocks have none.
    const at::Tensor q = onDevice(at::randn({1, 2, 4, 8}));
    const std::string attention =
        messageOf([&] { (void)at::_scaled_dot_product_flash_attention_for_cpu(q, q, q); });
    EXPECT_NE(
        attention.find("aten::_scaled_dot_product_flash_attention_for_cpu has no CUDA kernel"),
        std::string::npos)
        << attention;
    const std::string fold = messageOf([&] { (void)at::_weight_int4pack_mm_for_cpu(q, q, 1, q); });
    EXPECT_NE(fold.find("has no CUDA kernel"), std::string::npos) << fold;
    const std::string dropout = messageOf([&] { (void)at::_fused_dropout(q, 0.5); });
    EXPECT_NE(dropout.find("the CPU has none"), std::string::npos) << dropout;
}

TEST_F(SimulatedDevice, OperatorsGiveWhatTheCpuGives) {
    at::manual_seed(1);
    const at::Tensor a = at::randn({6, 5}), b = at::randn({5, 4});
    const auto same = [](const at::Tensor& there, const at::Tensor& host) {
        EXPECT_EQ(there.device(), simulated::device());
        EXPECT_TRUE(at::equal(there.cpu(), host));
        EXPECT_EQ(there.strides(), host.strides());
    };
    const at::Tensor da = onDevice(a), db = onDevice(b);
    same(at::mm(da, db), at::mm(a, b));
    same(at::mm(db.t(), da.t()), at::mm(b.t(), a.t()));
    same(at::softmax(da, -1), at::softmax(a, -1));
    same(da.t().contiguous() + 1.5, a.t().contiguous() + 1.5);
    same(da.narrow(0, 1, 3).square().mean(-1, true), a.narrow(0, 1, 3).square().mean(-1, true));
    same(da.to(at::kBFloat16), a.to(at::kBFloat16));
    same(at::cat({da, da}, 1), at::cat({a, a}, 1));
    same(std::get<1>(da.topk(2, -1)), std::get<1>(a.topk(2, -1)));
    same(at::arange(5, da.options()), at::arange(5, a.options()));
    same(da.masked_fill(da > 0, -INFINITY), a.masked_fill(a > 0, -INFINITY));
    same(da.argmax(-1, true), a.argmax(-1, true));
}

TEST_F(SimulatedDevice, WritesInPlaceAndThroughViews) {
    const at::Tensor host = at::zeros({4, 3}), there = onDevice(host);
    for (at::Tensor tensor : {host, there}) {
        tensor.narrow(0, 1, 2).add_(1).mul_(3);
        tensor.select(1, 0).fill_(7);
        tensor.index_add_(0, at::tensor({3}, at::kLong).to(tensor.device()),
                          at::ones({1, 3}, tensor.options()));
        at::Tensor out = tensor.narrow(0, 0, 1);
        at::mm_out(out, at::ones({1, 2}, tensor.options()), at::ones({2, 3}, tensor.options()));
    }
    EXPECT_TRUE(at::equal(there.cpu(), host));
    at::Tensor grown = at::empty({0}, there.options());
    at::add_out(grown, there, there);
    EXPECT_TRUE(at::equal(grown.cpu(), host + host));
    grown.resize_({7, 3});
    EXPECT_TRUE(at::equal(grown.narrow(0, 0, 4).cpu(), host + host));
}

TEST_F(SimulatedDevice, StoragesGrowAndAreSharedAgain) {
    at::Tensor there = onDevice(at::ones({4}));
    at::native::resize_bytes_nocuda(there.storage(), 8 * sizeof(float));
    there.set_(there.storage(), 1, {7}, {1});
    EXPECT_TRUE(at::equal(there.narrow(0, 0, 3).cpu(), at::ones({3})));
    EXPECT_TRUE(there.narrow(0, 3, 4).isnan().all().item<bool>());
}

/// Another LibTorch has other kernels: dump_cuda_operators.py makes the list again.
TEST_F(SimulatedDevice, TheListIsOfThisLibTorch) {
    std::ifstream list(SKD_SOURCE_DIR "/tests/simulated_device/cuda_operators.txt");
    std::string header;
    std::getline(list, header);
    const std::string version =
        strCat("# LibTorch ", TORCH_VERSION_MAJOR, ".", TORCH_VERSION_MINOR);
    EXPECT_TRUE(header.starts_with(version + ".")) << header << " is not of " << version;
    std::set<std::string> names;
    for (std::string name; std::getline(list, name);) names.insert(name);
    EXPECT_GT(names.size(), 1300u);
    for (const char* name : {"aten::mm", "aten::_fused_adamw_", "aten::_foreach_norm.Scalar",
                             "aten::_scaled_dot_product_flash_attention"})
        EXPECT_TRUE(names.contains(name)) << name;
    EXPECT_FALSE(names.contains("aten::_scaled_dot_product_flash_attention_for_cpu"));
}

TEST_F(SimulatedDevice, NewMemoryIsNotANumber) {
    EXPECT_TRUE(at::empty({8}, at::TensorOptions(simulated::device())).isnan().all().item<bool>());
}

TEST_F(SimulatedDevice, GradientsAreThoseOfTheCpu) {
    at::manual_seed(2);
    const at::Tensor x = at::randn({5, 8}), w = at::randn({3, 8}), norm = at::rand({8});
    const auto gradients = [&](at::Device place) {
        const c10::AutoGradMode on(true);
        const at::Tensor weight = w.to(place).detach().requires_grad_(),
                         scale = norm.to(place).detach().requires_grad_();
        const at::Tensor y = at::linear(x.to(place) * scale, weight);
        at::cross_entropy_loss(y, at::tensor({0, 2, 1, 1, 0}, at::kLong).to(place)).backward();
        return std::pair(weight.grad(), scale.grad());
    };
    const auto there = gradients(simulated::device()), host = gradients(at::kCPU);
    EXPECT_LT(deviation(there.first, host.first), 1e-6);
    EXPECT_LT(deviation(there.second, host.second), 1e-6);
}

TEST_F(SimulatedDevice, RandomNumbersFollowTheSeed) {
    const auto draw = [] {
        at::manual_seed(5);
        return at::rand({4}, at::TensorOptions(simulated::device())).cpu();
    };
    EXPECT_TRUE(at::equal(draw(), draw()));
    EXPECT_FALSE(at::equal(at::rand({4}, at::TensorOptions(simulated::device())).cpu(), draw()));
}

}  // namespace
}  // namespace skd::test
