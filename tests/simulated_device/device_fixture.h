#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

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

/// What a stage costs, in a line of a table.
struct StageCost {
    std::int64_t launches = 0, toDevice = 0, bytesToDevice = 0, toHost = 0, bytesToHost = 0,
                 waits = 0, peak = 0;  ///< bytes beyond what was held when it began
    static StageCost of(const simulated::Ledger& ledger);
    [[nodiscard]] std::string line() const;
};

/// What a stage cost at 0.1.0 (costs_0_1_0.txt); nothing where it is not in the list.
std::optional<StageCost> costBefore(const std::string& stage);

/// Prints a row of the table of stages, and with SKD_PRINT_LAUNCHES set the launches by operator,
/// which is how costs_0_1_0.txt was made. No column but the peak may be more than at 0.1.0; the
/// bytes to the device by the share `moreBytes`, as what goes up together is padded to whole words.
void expectNoMoreThanBefore(const std::string& stage, const simulated::Ledger& ledger,
                            double moreBytes = 0.01);

}  // namespace skd::test
