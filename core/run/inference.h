#pragma once

#include "run/run_work.h"

namespace skd {

/// What the spec's `inference` asks to be timed and the run's state does not have yet.
[[nodiscard]] bool hasInferenceLeft(const RunWork& work);

/// Times `start` and the run's student in turns (spec.inference) and keeps both reports in the
/// state, as summary.benchmark and summary.profile hold them: of two models, the first one what
/// the run started from. Stops the work when cancelled; InvalidInput for texts longer than a model
/// reads.
Status timeInference(RunWork& work, const Decoder& start);

/// What timeInference has kept, into the summary.
void addInference(const RunState& state, RunSummary& summary);

}  // namespace skd
