#pragma once

#include "run/run_work.h"

namespace skd {

/// A cut that was tried: how much it removes and how far the output moved.
struct CutTrial {
    Decoder decoder;
    PruneReport report;
    double kl = 0;             ///< nats per token to the model before; NaN where the gate is off
    double originalKl = 0;     ///< the same to the model that the run starts from
    double standardError = 0;  ///< of the one that the gate limits; NaN where text is too short
    bool accepted = true;
    std::string refusal;  ///< why it was not
};

/// Keeps what work.model says on the text that gates and probes read, where the spec measures
/// distances to it.
void keepOriginalOutput(RunWork& work);
/// Nats per token that `model` lies from the one the run starts from, on the gate's text; NaN where
/// the gate is off.
double distanceToOriginal(const RunWork& work, const Decoder& model);

/// Prunes a copy of work.student to `target` (of the dense model) by the spec's method and passes
/// it through the stability gate: a cut whose KL to schedule.gate_reference exceeds
/// schedule.gate_kl is refused, or the largest target that passes is looked for by bisection
/// (resources/help/method.md, The stability gate). Each trial is kept as metrics "gate.kl",
/// "gate.original_kl" and "gate.removed" at its number, which depends on round and attempt alone.
/// Nothing when cancelled.
Result<std::optional<CutTrial>> cutThroughGate(RunWork& work, std::size_t round, double target);

}  // namespace skd
