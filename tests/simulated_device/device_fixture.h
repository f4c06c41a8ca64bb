#pragma once

#include <gtest/gtest.h>

#include "simulated_device/device_ledger.h"
#include "simulated_device/simulated_device.h"

namespace skd::test {

/// Tests on the simulated device.
class DeviceTest : public testing::Test {
protected:
    void SetUp() override { simulated::installDevice(); }
};

/// On the device, without counting: the bytes come with it.
inline at::Tensor onDevice(const at::Tensor& tensor) {
    return tensor.to(simulated::device());
}

/// max |a - b| / max |b|, wherever the tensors lie.
double deviation(const at::Tensor& a, const at::Tensor& b);

/// A line of numbers of a ledger, for the tables that tests print.
std::string summaryLine(const std::string& stage, const simulated::Ledger& ledger);

}  // namespace skd::test
