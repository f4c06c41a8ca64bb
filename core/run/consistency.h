#pragma once

#include "run/run_work.h"

namespace skd {

/// Reads the file of consistency.prompts where a run asks any; InvalidInput where it has none.
Status readConsistencyPrompts(RunWork& work);
[[nodiscard]] bool isConsistencyLeft(const RunWork& work);
/// Asks `start`, what the run started from, and the run's student every prompt
/// consistency.answers times, and keeps the figures in the state. Stops the work when cancelled.
Status askRepeatedly(RunWork& work, const OpenModel& start);
/// What askRepeatedly has kept, into the summary.
void addConsistency(const RunState& state, RunSummary& summary);

}  // namespace skd
