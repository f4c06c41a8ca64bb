#pragma once

#include "cluster/run_state.h"
#include "events/event.h"
#include "store/run_writer.h"

/// What a study's workspace shows of a run that others carry out, until its result takes the place
/// of that.
namespace skd {

/// Says in the workspace where the run is. Its status is only `running` while it runs: nobody here
/// is to start it as one that waits.
Status markRun(RunWriter& owner, RunId run, const ClusterRun& state);

/// Keeps what a worker has said: metrics, stages, ranks and messages.
Status keepEvent(RunWriter& owner, const Event& event);

}  // namespace skd
