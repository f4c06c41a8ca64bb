#pragma once

#include <string_view>

#include "exchange/foreign_runs.h"

namespace skd {

/// MLflow's status of a run, by its name (databases) or number (meta.yaml): FINISHED 3, FAILED 4,
/// KILLED 5; RUNNING 1 and SCHEDULED 2 are runs that were cut off as far as one knows here.
/// Finished where there is none, as in very old files.
inline RunStatus mlflowStatus(std::string_view status) {
    if (status == "FAILED" || status == "4") return RunStatus::Failed;
    if (status == "KILLED" || status == "5") return RunStatus::Cancelled;
    return status == "FINISHED" || status == "3" || status.empty() ? RunStatus::Completed
                                                                   : RunStatus::Interrupted;
}

/// The name of a run that has none of its own: its tag mlflow.runName, else its id.
inline void nameMlflowRun(ForeignRun& run) {
    for (const auto& [key, value] : run.tags)
        if (key == "mlflow.runName" && run.name.empty()) run.name = value;
    if (run.name.empty()) run.name = run.source;
}

}  // namespace skd
