#pragma once

#include "prune/shared/gram.h"
#include "prune/shared/prune_report.h"

namespace skd {

/// Block influence of every layer (ShortGPT, arXiv 2403.03853, equation 1): 1 - mean over tokens of
/// the cosine between the residual stream before a layer and after it. Empty when cancelled.
/// Numeric where a stream is not finite.
Result<std::vector<double>> blockInfluence(const Decoder& model, const CalibrationSet& calibration,
                                           const RunContext& context);

/// Drops the layers of least influence until spec.target of the reference's layers are gone,
/// rounded up; layers that spec.locked holds any matrix of stay. Returns {"dropped_layers": all
/// that are gone, "influence": before this cut}, by number in the dense model.
Result<Json> pruneShortGpt(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                           const DenseReference& reference, const RunContext& context);

}  // namespace skd
