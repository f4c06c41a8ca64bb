#pragma once

#include <limits>

#include "run/run_work.h"

namespace skd {

/// How far a model's output lies from another's on the gate's text, in nats per token; NaN where
/// the gate is off.
struct OutputDistance {
    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    double kl = kNone;
    double standardError = kNone;  ///< NaN where the text is too short
    double halfWidth = kNone;      ///< of the 95 % interval
};

/// A cut that was tried: how much it removes and how far the output moved.
struct CutTrial {
    Decoder decoder;
    PruneReport report;
    OutputDistance before;    ///< to the model before the cut
    OutputDistance original;  ///< to the model that the run starts from
    bool accepted = true;
    std::string refusal;  ///< why it was not
};

/// Keeps what work.model says on the text that gates and probes read, where the spec measures
/// distances to it.
void keepOriginalOutput(RunWork& work);
/// How far `model` lies from the one the run starts from.
OutputDistance distanceToOriginal(const RunWork& work, const Decoder& model);

/// Prunes a copy of work.student to `target` (of the dense model) by the spec's method and passes
/// it through the stability gate: a cut whose KL to schedule.gate_reference exceeds
/// schedule.gate_kl is refused, or the largest target that passes is looked for by bisection
/// (resources/help/method.md, The stability gate). Each trial is kept as metrics "gate.kl",
/// "gate.original_kl" and "gate.removed" at its number, which depends on round and attempt alone.
/// An elastic student passes at its largest size, or is refused: its sizes are what was asked for.
/// Nothing when cancelled.
Result<std::optional<CutTrial>> cutThroughGate(RunWork& work, std::size_t round, double target);

}  // namespace skd
