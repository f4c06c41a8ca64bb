#pragma once

#include "distill/fused_head.h"

namespace skd::device {

/// As skd::headLoss in ATen's operators, without autograd and without a copy to the host: `input`
/// lies on one device, whose losses are left there in HeadLoss::sums. options.chunk rows of logits
/// exist at a time (headRows), up to four times in f32. A label or teacher id outside the
/// vocabulary is not noticed: checkHeadIds looks before they leave the host. Runs on any device,
/// which is how tests compare it with the CPU's passes.
HeadLoss headLoss(const HeadInput& input, const HeadLossOptions& options, at::Tensor& headGradient);

}  // namespace skd::device
