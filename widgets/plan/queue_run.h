#pragma once

#include <QString>

#include "bridge/run_monitor.h"

namespace skd {

enum class QueuePlace { StartNow, WaitInQueue };

/// Hands a spec to the engine. StartNow: before everything that waits, and the queue is let
/// go; WaitInQueue: behind it, and where nothing runs the queue is held, so that it does wait.
/// Returns what happened, as a sentence.
Result<QString> queueRun(Workspace& workspace, const RunMonitor& monitor, const RunSpec& spec,
                         QueuePlace place);

}  // namespace skd
