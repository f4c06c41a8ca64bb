#pragma once

#include <algorithm>
#include <filesystem>
#include <span>
#include <vector>

#include "store/records.h"
#include "store/workspace_lock.h"

/// For the .cpp files of store only, like store/database.h.
namespace skd {

inline std::span<RunRow> rowsOf(std::vector<RunRow>& rows) {
    return rows;
}
inline std::span<RunRow> rowsOf(RunDetails& details) {
    return {&details.row, 1};
}

/// What `read` returns; a run that is said to be running although no process has the workspace open
/// was cut off, and is shown as interrupted. It is read once more before that: the run may have
/// ended between the first reading and the look at the lock.
template <class Read>
auto withoutLostRuns(const std::filesystem::path& workspace, const Read& read) -> decltype(read()) {
    const auto runs = [](const RunRow& row) { return row.status == RunStatus::Running; };
    auto first = read();
    if (!first) return first;
    const std::span<RunRow> rows = rowsOf(*first);
    if (std::none_of(rows.begin(), rows.end(), runs) || isWorkspaceOwned(workspace)) return first;
    auto second = read();
    if (second)
        for (RunRow& row : rowsOf(*second))
            if (runs(row)) row.status = RunStatus::Interrupted;
    return second;
}

}  // namespace skd
