#pragma once

#include "spec/run_spec.h"

namespace skd {

/// Shrinks a run for a small machine. With scale x: the corpus has x times the samples; batches and
/// sequences shrink with the square root of x (not below 4 samples and 256 tokens); steps follow,
/// so that each round passes over the corpus as often as before; evaluation text, held-out text,
/// calibration, Fisher and probe tokens shrink with x (not below 8,192, 2,048 for the live slice,
/// 1,024 for a probe or a held-out domain). What is smaller than such a floor stays as it is.
RunSpec scaled(RunSpec spec, double scale);

/// The rule above for a report, in one sentence.
const char* scaleRule();

/// "corpus.samples: 50,000 -> 200" for each field that `scaled` changes.
std::vector<std::string> scaleChanges(const RunSpec& full, double scale);

}  // namespace skd
