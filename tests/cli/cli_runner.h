#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "support/temporary_folder.h"

namespace skd::test {

/// What a finished child process left.
struct CliResult {
    int exitCode = -1;
    std::string out, err;
    /// stdout as JSON; null when it is none.
    [[nodiscard]] Json json() const;
};

/// Runs build/bin/sparsekd with its own data folder; `environment` adds NAME=VALUE pairs.
CliResult runCli(const std::vector<std::string>& arguments, const std::string& dataFolder,
                 const std::vector<std::string>& environment = {});

/// Starts it without waiting and without output; for tests that signal it.
int startCli(const std::vector<std::string>& arguments, const std::string& dataFolder);

/// The small model that the tests of the command line run on.
inline const std::string kModel = std::string(SKD_FIXTURES) + "/models/workbench";

/// `runs show RUN --json` in the workspace w.sqlite of `folder`.
inline Json show(const TemporaryFolder& folder, const std::string& run) {
    return runCli({"runs", "show", run, "--workspace", (folder / "w.sqlite").string(), "--json"},
                  folder.path())
        .json();
}

}  // namespace skd::test
