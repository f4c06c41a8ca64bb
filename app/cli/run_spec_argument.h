#pragma once

#include "cli/command.h"
#include "spec/run_spec.h"

namespace skd::cli {

/// The run that a spec with changes ("prune.target=0.35") describes, valid, without fields that
/// would be ignored.
Result<RunSpec> changedSpec(Json spec, const std::vector<std::string>& changes);

/// SPEC, --elastic and --set: the run that a command is about.
struct RunSpecArgument {
    std::string file;
    std::string sizes;  ///< "15..65"
    std::vector<std::string> overrides;

    void addTo(CLI::App* command);
    /// The spec as a whole, valid, without fields that would be ignored.
    [[nodiscard]] Result<RunSpec> read() const;
};

}  // namespace skd::cli
