#pragma once

#include "prune/shared/gram.h"
#include "prune/shared/prune_report.h"

namespace skd {

/// SliceGPT (arXiv 2401.15024): the residual stream before every norm is turned into its
/// principal directions on the calibration text (of rows scaled to RMS 1, activations re-propagated
/// through what is sliced already) and the weakest go, so that (1 - spec.target) of the reference's
/// hidden size stay, rounded down to a multiple of rank_multiple. Norms' weights go into the
/// matrices after them; a matrix on each shortcut turns the stream from one norm's directions to
/// the next's. The last layer leads back to the full width, so that embedding, final norm and head
/// stay as they are. A target of 0 turns without slicing. Unsupported, by name: families whose
/// blocks end with norms of their own, masked matrices. Returns {"width", "shortcut_parameters"}.
Result<Json> pruneSliceGpt(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                           const DenseReference& reference, const RunContext& context);

}  // namespace skd
