#pragma once

#include <vector>

#include "events/event.h"
#include "store/records.h"

namespace skd {

/// Something a run said, and when.
struct TimedEvent {
    double seconds = 0;  ///< since the run began to speak
    Event event;
};

/// A stored run as the events that it once emitted: stages, metrics with the distillation's
/// progress, checkpoints, the end. Ordered; silences longer than `longestSilence` seconds are cut
/// to that.
std::vector<TimedEvent> recordingOf(const RunDetails& run, const std::vector<MetricRow>& metrics,
                                    const std::vector<EventRow>& events, double longestSilence);

}  // namespace skd
