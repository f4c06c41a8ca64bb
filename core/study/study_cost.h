#pragma once

#include <set>

#include "spec/study_plan.h"

namespace skd {

/// How fast a machine is, as multiples of the rates that StudyCost was measured at.
struct MachineSpeed {
    double forward = 1;   ///< evaluation, teacher, probes
    double training = 1;  ///< forward, backward and optimiser
};

/// Seconds of a part of a run.
struct StageCost {
    std::string stage;  ///< for display: "distillation"
    double seconds = 0;
    std::int64_t steps = 0;  ///< optimiser steps that a budget is expected to pay for
};
double totalSeconds(const std::vector<StageCost>& stages);

/// Expected seconds of runs, from rates measured on SmolLM2-135M with two CPU cores and bf16
/// instructions: an order of magnitude for other machines, until their speed is given, or finished
/// runs correct it.
class StudyCost {
public:
    explicit StudyCost(MachineSpeed speed = {}) : m_speed(speed) {}
    /// Stages of one run in their order, those of several rounds together; a corpus whose teacher
    /// cache an earlier call has paid for is free. Of a run with a budget, the stage of
    /// distillation says about how many steps that will be: an estimate, the run measures it.
    std::vector<StageCost> stages(const RunSpec& spec);
    double seconds(const RunSpec& spec) { return totalSeconds(stages(spec)); }

private:
    /// Seconds of what a budget does not stretch or shorten.
    struct FixedCosts {
        double dense = 0, prune = 0, afterCut = 0, final = 0, refine = 0;
    };
    /// Of a run with a budget: what its other stages leave is shared between teacher and steps.
    [[nodiscard]] std::vector<StageCost> budgeted(const RunSpec& spec,
                                                  const FixedCosts& fixed) const;
    MachineSpeed m_speed;
    std::set<std::string> m_cached;
};

/// Seconds of each run of a plan, in its order.
std::vector<double> expectedSeconds(const StudyPlan& plan, MachineSpeed speed = {});

/// The processor's speed in what a model reference computes in here, from computeProbe (measured
/// where it has not been yet: seconds); 1 on other devices, whose speed is not known.
MachineSpeed machineSpeed(const ModelRef& ref);
/// Seconds of each run of a plan, in its order, at this machine's speed.
std::vector<double> expectedSecondsHere(const StudyPlan& plan);

/// Whether a run's environment record is of this machine's kind: processor, instructions, LibTorch.
/// Records that do not say are of another one.
bool isOfThisMachine(const Json& environment);

}  // namespace skd
