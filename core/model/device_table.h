#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

namespace skd {

/// What computes on a device: our own passes over the host's memory beside LibTorch, or LibTorch's
/// operators alone.
enum class KernelSet { Own, Aten };

struct ComputeDevice {
    std::string name;  ///< as model.device names it
    at::Device device;
    KernelSet kernels = KernelSet::Aten;
    std::function<bool()> isPresent;
};

/// The devices that models are computed on, in the order of preference: "auto" takes the last one
/// that is present. Nothing else in the program decides what a device is called or where it is.
const std::vector<ComputeDevice>& deviceTable();

/// Test hook: a further device at the end, while it lives.
class DeviceForTesting {
public:
    explicit DeviceForTesting(ComputeDevice device);
    ~DeviceForTesting();
    DeviceForTesting(const DeviceForTesting&) = delete;
    DeviceForTesting& operator=(const DeviceForTesting&) = delete;
};

}  // namespace skd
