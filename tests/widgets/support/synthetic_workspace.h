#pragma once

#include <filesystem>

#include "base/result.h"
#include "results/analysis.h"

/// Plausible data in the shapes of SmolLM2-135M for tests of the window: invented figures, never
/// shipped.
namespace skd::test {

/// 3 x `layers` matrices with decaying spectra; middle layers matter least.
AnalysisPtr syntheticAnalysis(int layers = 30, bool withProbes = true);

/// A workspace with recorded runs: completed, stopped and interrupted ones, curves, ranks,
/// checkpoints.
Status writeSyntheticWorkspace(const std::filesystem::path& file, int layers = 30);

}  // namespace skd::test
