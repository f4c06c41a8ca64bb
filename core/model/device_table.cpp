#include "model/device_table.h"

#include <ATen/Context.h>

namespace skd {
namespace {

std::vector<ComputeDevice>& devices() {
    static std::vector<ComputeDevice> table{
        {"cpu", at::kCPU, KernelSet::Own, [] { return true; }},
        {"cuda", at::kCUDA, KernelSet::Aten,
         [] { return at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0; }},
    };
    return table;
}

}  // namespace

const std::vector<ComputeDevice>& deviceTable() {
    return devices();
}

DeviceForTesting::DeviceForTesting(ComputeDevice device) {
    devices().push_back(std::move(device));
}

DeviceForTesting::~DeviceForTesting() {
    devices().pop_back();
}

}  // namespace skd
