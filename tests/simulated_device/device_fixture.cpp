#include "simulated_device/device_fixture.h"

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

std::string summaryLine(const std::string& stage, const simulated::Ledger& ledger) {
    return strCat(stage, ": ", ledger.launchCount(), " launches, ", ledger.toDevice.count,
                  " copies to the device (", ledger.toDevice.bytes, " B), ", ledger.toHost.count,
                  " to the host (", ledger.toHost.bytes, " B), ", ledger.synchronisations,
                  " waits, peak ", ledger.peak - ledger.heldBefore, " B, largest ",
                  ledger.largest, " B");
}

}  // namespace skd::test
