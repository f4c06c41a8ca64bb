#pragma once

#include "bench/step_profile.h"
#include "cli/command.h"

namespace skd::cli {

/// profile --step: a table of the parts of a KD step, or JSON; the exit code.
Result<int> showStepProfile(const bench::StepProfileRequest& request, bool json);

}  // namespace skd::cli
