#include "simulated_device/device_fixture.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

#include "base/text.h"

namespace skd::test {
namespace {

/// Before any test: LibTorch starts a thread of its autograd for every device that there is when
/// the first backward pass runs.
class DeviceInstallation final : public testing::Environment {
public:
    void SetUp() override { simulated::installDevice(); }
};
[[maybe_unused]] const auto* const kInstallation =
    testing::AddGlobalTestEnvironment(new DeviceInstallation);

}  // namespace

double deviation(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor left = a.detach().to(at::kCPU, at::kDouble),
                     right = b.detach().to(at::kCPU, at::kDouble);
    const double largest = right.abs().max().item<double>();
    return (left - right).abs().max().item<double>() / (largest > 0 ? largest : 1);
}

StageCost StageCost::of(const simulated::Ledger& ledger) {
    return {ledger.launchCount(),
            ledger.toDevice.count,
            ledger.toDevice.bytes,
            ledger.toHost.count,
            ledger.toHost.bytes,
            ledger.synchronisations,
            static_cast<std::int64_t>(ledger.peak - ledger.heldBefore)};
}

std::string StageCost::line() const {
    return strCat(launches, " ", toDevice, " ", bytesToDevice, " ", toHost, " ", bytesToHost, " ",
                  waits, " ", peak);
}

std::optional<StageCost> costBefore(const std::string& stage) {
    std::ifstream file(SKD_SOURCE_DIR "/tests/simulated_device/costs_0_1_0.txt");
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string mark, name;
        StageCost cost;
        if (words >> mark >> name && mark == "stage" && name == stage &&
            words >> cost.launches >> cost.toDevice >> cost.bytesToDevice >> cost.toHost >>
                cost.bytesToHost >> cost.waits >> cost.peak)
            return cost;
    }
    return std::nullopt;
}

void expectNoMoreThanBefore(const std::string& stage, const simulated::Ledger& ledger,
                            double moreBytes) {
    static std::once_flag headed;
    std::call_once(headed, [] {
        std::cout << "# stage NAME launches, copies to the device, bytes, copies to the host, "
                     "bytes, waits, peak bytes\n";
    });
    const StageCost cost = StageCost::of(ledger);
    std::cout << "stage " << stage << " " << cost.line() << "\n";
    if (std::getenv("SKD_PRINT_LAUNCHES") != nullptr) std::cout << ledger.table() << "\n";
    const std::optional<StageCost> before = costBefore(stage);
    ASSERT_TRUE(before) << stage << " is not in costs_0_1_0.txt";
    EXPECT_LE(cost.launches, before->launches) << stage;
    EXPECT_LE(cost.toDevice, before->toDevice) << stage;
    EXPECT_LE(static_cast<double>(cost.bytesToDevice),
              (1 + moreBytes) * static_cast<double>(before->bytesToDevice))
        << stage;
    EXPECT_LE(cost.toHost, before->toHost) << stage;
    EXPECT_LE(cost.bytesToHost, before->bytesToHost) << stage;
    EXPECT_LE(cost.waits, before->waits) << stage;
}

}  // namespace skd::test
