#pragma once

#include "run/run_work.h"

namespace skd {

/// A cut that was tried: how much it removes and how far the output moved.
struct CutTrial {
    Decoder decoder;
    PruneReport report;
    double kl = 0;  ///< nats per token to the model before; NaN where the gate is off
    bool accepted = true;
};

/// Prunes a copy of work.student to `target` (of the dense model) by the spec's method and passes
/// it through the stability gate: a cut whose KL exceeds schedule.gate_kl is refused, or tried
/// again with less until it passes (resources/help/method.md, The stability gate). Each trial is
/// kept as metrics "gate.kl" and "gate.removed" at its number, which depends on round and attempt
/// alone. Nothing when cancelled.
Result<std::optional<CutTrial>> cutThroughGate(RunWork& work, std::size_t round, double target);

}  // namespace skd
