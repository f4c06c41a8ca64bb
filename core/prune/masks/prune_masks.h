#pragma once

#include "prune/masks/mask.h"
#include "prune/shared/gram.h"

namespace skd {

/// Wanda (arXiv 2306.11695, section 3): scores |W_ij| ||X_j||_2, compared within each output row.
/// `squares` [in] holds the sum of x_j^2 over calibration tokens.
at::Tensor wandaScores(const at::Tensor& weight, const at::Tensor& squares);

/// Masks the planned matrices layer by layer by wanda, sparsegpt (later layers see the activations
/// of pruned ones) or magnitude: the smallest |W_ij| of each row or of each matrix, which needs no
/// calibration text. Returns the plan's details.
Result<Json> pruneMasks(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                        const DenseReference& reference, const RunContext& context);

}  // namespace skd
