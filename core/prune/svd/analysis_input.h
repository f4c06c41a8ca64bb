#pragma once

#include "corpus/corpus.h"
#include "prune/svd/analyse.h"

namespace skd {

/// Calibration, Fisher and probe sequences out of a corpus: the first two take samples from the
/// front (the same ones), probes those after them (round the end where the corpus is short), so
/// that they differ.
AnalysisInput analysisInput(const ModelSummary& model, const Corpus& corpus, const PruneSpec& spec);

}  // namespace skd
