#include "simulated_device/simulated_device.h"

#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <fstream>
#include <mutex>
#include <string>

#include "simulated_device/device_attention.h"
#include "simulated_device/device_call.h"
#include "simulated_device/device_cuda_only.h"
#include "simulated_device/device_generator.h"
#include "simulated_device/device_kernels.h"
#include "simulated_device/device_ledger.h"
#include "simulated_device/device_memory.h"
#include "simulated_device/device_tensors.h"

namespace skd::simulated {
namespace {

constexpr c10::DispatchKey kKey = c10::DispatchKey::PrivateUse1;

/// One device, one stream, and nothing is ever waiting on it.
struct DeviceGuard final : c10::impl::DeviceGuardImplInterface {
    c10::DeviceType type() const override { return at::kPrivateUse1; }
    at::Device exchangeDevice(at::Device) const override { return device(); }
    at::Device getDevice() const override { return device(); }
    void setDevice(at::Device) const override {}
    void uncheckedSetDevice(at::Device) const noexcept override {}
    c10::Stream getStream(at::Device) const override {
        return c10::Stream(c10::Stream::DEFAULT, device());
    }
    c10::Stream getDefaultStream(at::Device place) const override { return getStream(place); }
    c10::Stream getNewStream(at::Device place, int) const override { return getStream(place); }
    c10::Stream getStreamFromGlobalPool(at::Device place, bool) const override {
        return getStream(place);
    }
    c10::Stream exchangeStream(c10::Stream) const override { return getStream(device()); }
    c10::DeviceIndex deviceCount() const noexcept override { return 1; }
    void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
    void block(void*, const c10::Stream&) const override {}
    bool queryEvent(void*) const override { return true; }
    bool queryStream(const c10::Stream&) const override { return true; }
    void synchronizeStream(const c10::Stream&) const override { countSynchronisation(); }
    void synchronizeEvent(void*) const override { countSynchronisation(); }
    void synchronizeDevice(c10::DeviceIndex) const override { countSynchronisation(); }
};

struct DeviceHooks final : at::PrivateUse1HooksInterface {
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
    c10::DeviceIndex deviceCount() const override { return 1; }
    c10::DeviceIndex getCurrentDevice() const override { return 0; }
    void setCurrentDevice(c10::DeviceIndex) const override {}
    c10::DeviceIndex exchangeDevice(c10::DeviceIndex) const override { return 0; }
    c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex) const override { return 0; }
    const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
        return defaultGenerator();
    }
    at::Generator getNewGenerator(c10::DeviceIndex) const override { return newGenerator(); }
    at::Device getDeviceFromPtr(void*) const override { return device(); }
    at::Allocator* getPinnedMemoryAllocator() const override { return c10::GetAllocator(at::kCPU); }
    void resizePrivateUse1Bytes(const c10::Storage& storage, std::size_t bytes) const override {
        c10::DataPtr grown = deviceAllocator().allocate(bytes);
        const std::size_t kept = std::min(bytes, storage.nbytes());
        if (kept > 0) deviceAllocator().copy_data(grown.get(), storage.data(), kept);
        storage.set_data_ptr_noswap(std::move(grown));
        storage.set_nbytes(bytes);
    }
};

/// Every operator of the list that this LibTorch knows, except those with kernels of our own.
void registerListed(torch::Library& library) {
    std::ifstream list(SKD_SOURCE_DIR "/tests/simulated_device/cuda_operators.txt");
    TORCH_CHECK(list.good(), "cuda_operators.txt is missing");
    for (std::string name; std::getline(list, name);) {
        if (!name.starts_with("aten::") || hasOwnKernel(name)) continue;
        const std::size_t dot = name.find('.');
        const c10::OperatorName operation(name.substr(0, dot),
                                          dot == std::string::npos ? "" : name.substr(dot + 1));
        if (!c10::Dispatcher::singleton().findSchema(operation)) continue;
        library.impl(name.c_str(), torch::CppFunction::makeFromBoxedFunction<&runOnDevice>());
    }
}

void registerAll() {
    c10::register_privateuse1_backend("simulated");
    static DeviceGuard guard;
    static DeviceHooks hooks;
    static const c10::impl::DeviceGuardImplRegistrar registrar(at::kPrivateUse1, &guard);
    at::RegisterPrivateUse1HooksInterface(&hooks);
    c10::SetAllocator(at::kPrivateUse1, &deviceAllocator());
    // Never destroyed: the dispatcher may be gone before static objects are.
    static auto* aten = new torch::Library(torch::Library::IMPL, "aten", kKey, __FILE__, __LINE__);
    static auto* others = new torch::Library(torch::Library::IMPL, "_", kKey, __FILE__, __LINE__);
    registerOwnKernels(*aten);
    registerAttention(*aten);
    registerCudaOnly(*aten);
    registerListed(*aten);
    others->fallback(torch::CppFunction::makeFromBoxedFunction<&refuseOnDevice>());
}

}  // namespace

void installDevice() {
    static std::once_flag once;
    std::call_once(once, registerAll);
}

}  // namespace skd::simulated
