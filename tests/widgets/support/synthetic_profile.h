#pragma once

#include <filesystem>

#include "results/benchmark_report.h"
#include "results/profile_report.h"
#include "store/records.h"

/// Plausible measurements for tests of the window: invented figures, never shipped.
namespace skd::test {

/// A forward pass of `layers` layers: scopes of every part with an operator inside each, 2,000
/// records or so for 30 layers. MLP products take `mlp` of the dense model's time.
ModelProfile syntheticModelProfile(const std::string& name, double mlp, int layers = 30);
/// Dense, run:7 and run:1.
ProfileReport syntheticProfile(int layers = 30);
/// Dense and run:7 at batches 1, 4 and 16.
BenchmarkReport syntheticBenchmark();

/// Keeps both in a workspace.
Status keepSyntheticMeasurements(const std::filesystem::path& workspace,
                                 const ProfileReport& profile, const BenchmarkReport& benchmark);

}  // namespace skd::test
