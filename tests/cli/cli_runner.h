#pragma once

#include <string>
#include <vector>

#include "base/json.h"

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

}  // namespace skd::test
