#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exchange/runs_tool.h"
#include "store/records.h"

namespace skd {

/// A run of another program.
struct ForeignRun {
    std::string name;
    std::string source;  ///< what identifies it there, however it grows: MLflow's id of the run
    std::filesystem::path folder;    ///< empty where it lies in a database
    std::vector<MetricRow> metrics;  ///< by name; of two values of one step the later counts
    std::vector<std::pair<std::string, std::string>> parameters, tags;
    RunStatus status = RunStatus::Completed;
    std::int64_t startedMs = 0, finishedMs = 0;  ///< 0 = unknown
};

struct ForeignRuns {
    std::vector<ForeignRun> runs;
    std::size_t deleted = 0;            ///< runs that are deleted there and were left out
    std::vector<std::string> warnings;  ///< what could not be read, by file and line
};

/// Every run below a folder (mlruns, one experiment, or a run itself; the database mlflow.db in it
/// as well), or in a database file. What is damaged costs only itself and is a warning: a line
/// without its end or its numbers, a file, a run. NotFound where there is none, Corrupt where there
/// are only damaged ones.
Result<ForeignRuns> readMlflowRuns(const std::filesystem::path& from);

/// Every folder below (or it itself) that holds TensorBoard event files, as a run named after it.
/// Of a damaged file what stands before the damage is taken, as TensorBoard does.
Result<ForeignRuns> readTensorboardRuns(const std::filesystem::path& folder);

/// Runs of MLflow or TensorBoard as runs of the workspace, with their curves, parameters, tags,
/// status and times. A run that is here already is known by its source; where it has grown since,
/// its new values are added. {"imported", "continued", "known", "deleted", "warnings"}.
Result<Json> importForeign(const std::filesystem::path& workspace,
                           const std::filesystem::path& from, ImportFormat format);

}  // namespace skd
