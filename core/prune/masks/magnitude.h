#pragma once

#include "events/run_context.h"
#include "prune/masks/mask.h"

namespace skd {

/// Masks the smallest |W_ij| of each row or of each matrix; needs no calibration text.
Status pruneMagnitude(const MaskPlan& plan, MaskScope scope, const RunContext& context);

}  // namespace skd
