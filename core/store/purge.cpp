#include "store/purge.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd {

Result<PurgePlan> planPurge(const RunStore& store, const RunPaths& paths) {
    PurgePlan plan;
    SKD_TRY(const std::vector<RunRow> rows, store.runs(true));
    SKD_TRY(const auto built, store.runsBuiltOn());
    for (const RunRow& row : rows) {
        if (!row.deleted) continue;
        const auto user = std::find_if(built.begin(), built.end(),
                                       [&](const auto& pair) { return pair.second == row.id; });
        if (user != built.end()) {
            plan.needed.emplace_back(row.id, user->first);
            continue;
        }
        plan.runs.push_back(row);
        plan.folderBytes += bytesBelow(paths.run(row.id));
    }
    return plan;
}

Result<std::int64_t> purgeRuns(RunWriter& writer, const PurgePlan& plan, const RunPaths& paths) {
    std::vector<RunId> runs;
    for (const RunRow& run : plan.runs) runs.push_back(run.id);
    SKD_TRY(const std::vector<RunId> gone, writer.purge(runs));
    std::int64_t freed = 0;
    for (const RunId run : gone) {
        const std::int64_t bytes = bytesBelow(paths.run(run));
        std::error_code error;
        std::filesystem::remove_all(paths.run(run), error);
        if (!error) freed += bytes;
    }
    // What is removed is removed: without room for a smaller copy the file keeps its size.
    if (const auto shrunk = writer.shrink(); shrunk)
        freed += *shrunk;
    else
        log::warning(shrunk.error().message);
    return freed;
}

}  // namespace skd
