#pragma once

#include "exchange/runs_tool.h"
#include "store/run_store.h"

namespace skd {

/// The runs a request names, its study's among them, each once and ascending. NotFound,
/// InvalidInput for none.
Result<std::vector<RunId>> chosenRuns(const RunStore& store, const RunsExportRequest& request);

/// Runs of MLflow or TensorBoard as runs of the workspace, with their curves, parameters and tags.
Result<Json> importForeign(const std::filesystem::path& workspace,
                           const std::filesystem::path& from, ImportFormat format);

}  // namespace skd
