#pragma once

#include "prune/analyse.h"
#include "text/corpus.h"

namespace skd {

/// Calibration and probe sequences out of a corpus: calibration takes samples from the front, probes
/// the ones behind them (round the end where the corpus is short), so that they differ.
AnalysisInput analysisInput(const ModelSummary& model, const Corpus& corpus, const PruneSpec& spec);

}  // namespace skd
