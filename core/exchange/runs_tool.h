#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"

/// What the command line's `runs export`, `runs import` and `runs csv` do, answered as JSON.
namespace skd {

struct RunsExportRequest {
    std::filesystem::path workspace;
    std::vector<RunId> runs;
    std::string study;  ///< all runs of the studies of this name, besides `runs`
    std::filesystem::path out;
    bool weights = false;  ///< the runs' final models as well
    bool replace = false;
};
/// Runs as one file (store/run_archive.h): {"out", "bytes", "runs", "weights", "without_weights"}.
Result<Json> exportRuns(const RunsExportRequest& request);

enum class CurveFormat { Csv, Tensorboard };
/// The record of runs as files others read. Csv: metrics.csv, ranks.csv, events.csv and run.json,
/// in a folder per run where there are several; Tensorboard: an event file in a folder per run.
/// {"files"}.
Result<Json> exportCurves(const RunsExportRequest& request, CurveFormat format);

/// What a file of runs is.
enum class ImportFormat { Archive, Mlflow, Tensorboard };
/// Takes runs into a workspace under new numbers; what is there already is skipped, and said so
/// when that is all of it. {"imported": [{"run", "name", "source"}], "known", "weights"}.
Result<Json> importRuns(const std::filesystem::path& workspace, const std::filesystem::path& from,
                        ImportFormat format);

}  // namespace skd
