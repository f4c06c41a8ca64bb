#pragma once

#include "spec/run_spec.h"

namespace skd {

/// Counts of steps keep their place in a run: 0 stays 0, anything else is at least 1.
std::int64_t stepsScaled(std::int64_t steps, double factor);
/// All that a spec counts in steps: its steps, warm-up (no longer than those) and intervals.
DistillSpec withStepsScaled(DistillSpec spec, double factor);

/// Shrinks a run for a small machine. With scale x: the corpus has x times the samples; batches and
/// sequences shrink with the square root of x (not below 4 samples and 256 tokens); steps follow,
/// so that each round passes over the corpus as often as before; a budget shrinks with x, as a
/// corpus does that follows budget or steps; evaluation text, held-out text, calibration, Fisher
/// and probe tokens shrink with x (not below 8,192, 2,048 for the live slice, 1,024 for a probe or
/// a held-out domain). What is smaller than such a floor stays as it is.
RunSpec scaled(RunSpec spec, double scale);

/// The rule above for a report, in one sentence.
const char* scaleRule();

/// "corpus.samples: 50,000 -> 200" for each field that `scaled` changes.
std::vector<std::string> scaleChanges(const RunSpec& full, double scale);

}  // namespace skd
