#pragma once

#include <optional>

#include "spec/run_spec.h"

namespace skd::cli {

/// Default workspace of the command line: in the user's data folder.
std::string defaultWorkspace();

/// Starts (or resumes) a run in a workspace, shows it, waits for it. Returns the exit code; the
/// summary, with run_id, goes to stdout as JSON with `json`, else as a table.
struct RunRequest {
    std::string workspace = defaultWorkspace();
    RunSpec spec;
    std::optional<std::int64_t> resume;
    bool json = false;
};
int runInSession(const RunRequest& request);

}  // namespace skd::cli
