#pragma once

#include "study/study_cost.h"

namespace skd {

/// The processor's speed in what a model reference computes in here, from computeProbe (measured
/// where it has not been yet: seconds); 1 on other devices, whose speed is not known.
MachineSpeed machineSpeed(const ModelRef& ref);
/// Seconds of each run of a plan, in its order, at this machine's speed.
std::vector<double> expectedSecondsHere(const StudyPlan& plan);

/// Whether a run's environment record is of this machine's kind: processor, instructions, LibTorch.
/// Records that do not say are of another one.
bool isOfThisMachine(const Json& environment);

}  // namespace skd
