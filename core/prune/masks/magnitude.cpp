#include "prune/masks/magnitude.h"

namespace skd {

Status pruneMagnitude(const MaskPlan& plan, MaskScope scope, const RunContext& context) {
    ProgressMeter meter(context, Stage::Prune, static_cast<std::int64_t>(plan.layers.size()),
                        "layers");
    for (const std::vector<MaskTarget>& layer : plan.layers) {
        if (context.cancelled()) return {};
        for (const MaskTarget& target : layer) {
            const at::Tensor weight = target.matrix->weight();
            SKD_CHECK(applyMask(
                *target.matrix, weight,
                chooseMask(weight.to(at::kFloat).abs(), target.presentMask(), plan.rule, scope)));
        }
        meter.advance(1);
    }
    return {};
}

}  // namespace skd
