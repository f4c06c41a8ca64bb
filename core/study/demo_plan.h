#pragma once

#include "study/study_cost.h"

namespace skd {

/// The demo as this machine ends it in a sitting.
struct DemoPlan {
    RunSpec spec;
    std::vector<StageCost> stages;  ///< of spec
    double fullSeconds = 0;         ///< of the preset as it stands
    [[nodiscard]] double seconds() const { return totalSeconds(stages); }
    /// What of the preset is smaller here: "distill.steps 90 -> 40"; empty where all of it fits.
    std::vector<std::string> changes;
};

/// Longest that the demo may be expected to take; what is left to ten minutes covers a busy
/// machine.
constexpr double kDemoSeconds = 8 * 60;

/// The shipped demo preset; unless `full`, made smaller where it would take longer than
/// kDemoSeconds.
Result<DemoPlan> demoPlan(bool full);

/// A run of one round that is expected to take at most `seconds`, or as near to that as it can be
/// brought: fewer and shorter probes first, then less of its budget, where it has one, else fewer
/// optimiser steps over as much of the corpus,
/// then shorter texts. What is measured and how stays, and so do the fraction removed and the
/// method.
RunSpec fittedTo(RunSpec spec, double seconds, const MachineSpeed& speed);

/// The plan in lines for a terminal: what is done, and how long each stage takes.
std::string describe(const DemoPlan& plan);

/// Spec, seconds of every stage, of the whole and of the preset as it stands, and what changed.
Json toJson(const DemoPlan& plan);

}  // namespace skd
