#pragma once

#include "cli/command.h"
#include "spec/run_spec.h"

namespace skd::cli {

/// SPEC and --set: the run that a command is about.
struct RunSpecArgument {
    std::string file;
    std::vector<std::string> overrides;

    void addTo(CLI::App* command);
    /// The spec as a whole, valid, without fields that would be ignored.
    [[nodiscard]] Result<RunSpec> read() const;
};

}  // namespace skd::cli
