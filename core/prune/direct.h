#pragma once

#include "prune/shared/gram.h"
#include "prune/shared/prune_report.h"

namespace skd {

/// Prunes with any method but SVD (resources/help/method.md, Other pruners): wanda, magnitude and
/// sparsegpt leave masks that training keeps, llm-pruner fewer channels, shortgpt fewer layers,
/// slicegpt a narrower residual stream. The target counts against `reference`, so that a later
/// round continues from an earlier one. `calibration` is not read by magnitude. The model is as it
/// was after an error or when cancelled.
Result<PruneReport> pruneDirect(Decoder& model, const PruneSpec& spec,
                                const CalibrationSet& calibration, const DenseReference& reference,
                                const RunContext& context);

}  // namespace skd
