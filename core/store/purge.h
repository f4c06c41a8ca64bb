#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/records.h"
#include "store/run_paths.h"

namespace skd {

class RunStore;
class RunWriter;

/// Deleted runs of a workspace that can be removed for good.
struct PurgePlan {
    std::vector<RunRow> runs;
    /// Deleted runs that stay, each with a run that starts from it or has it as its teacher.
    std::vector<std::pair<RunId, RunId>> needed;
    std::int64_t folderBytes = 0;  ///< of the model files of `runs`
};
[[nodiscard]] Result<PurgePlan> planPurge(const RunStore& store, const RunPaths& paths);

/// Removes the plan's runs with their folders and makes the workspace smaller. Bytes that this
/// frees. Runs that were restored since the plan stay.
Result<std::int64_t> purgeRuns(RunWriter& writer, const PurgePlan& plan, const RunPaths& paths);

}  // namespace skd
