#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exchange/runs_tool.h"
#include "store/records.h"

namespace skd {

/// A run as MLflow's file store keeps it (mlruns/EXPERIMENT/RUN).
struct ForeignRun {
    std::string name;
    std::filesystem::path folder;
    std::vector<MetricRow> metrics;  ///< by name and step
    std::vector<std::pair<std::string, std::string>> parameters, tags;
};

/// Every run below a folder: an mlruns folder, one experiment, or a run itself. Metrics files hold
/// a line `timestamp value step` for each value. NotFound where there is none; Corrupt names file
/// and line.
Result<std::vector<ForeignRun>> readMlflowRuns(const std::filesystem::path& folder);

/// Every folder below (or it itself) that holds TensorBoard event files, as a run named after it.
Result<std::vector<ForeignRun>> readTensorboardRuns(const std::filesystem::path& folder);

/// Runs of MLflow or TensorBoard as runs of the workspace, with their curves, parameters and tags.
Result<Json> importForeign(const std::filesystem::path& workspace,
                           const std::filesystem::path& from, ImportFormat format);

}  // namespace skd
