#include "spec/arm.h"

namespace skd {
namespace {

Arm denseArm(const RunSpec& spec) {
    if (spec.distill.alpha == 0) return Arm::TunedDenseCe;
    if (!spec.teacher.path.empty()) return Arm::Other;
    return spec.distill.alpha == 1 ? Arm::TunedDenseKl : Arm::TunedDenseKd;
}

Arm prunedArm(const RunSpec& spec) {
    if (spec.distill.alpha == 0) return Arm::PrunedCe;
    if (!spec.teacher.path.empty()) return Arm::PrunedCorrected;
    if (spec.distill.loss == KdLoss::Sampled) return Arm::PrunedSampled;
    return spec.distill.alpha == 1 ? Arm::PrunedKl : Arm::PrunedKd;
}

}  // namespace

Arm armOf(const RunSpec& given) {
    if (given.control == Control::NoWikiText || given.control == Control::RandomRank)
        return Arm::Other;
    const RunSpec spec = withControl(given);
    if (!distils(spec) || spec.teacher.student == StudentStart::Fresh) return Arm::Other;
    return spec.prune.method == PruneMethod::None ? denseArm(spec) : prunedArm(spec);
}

}  // namespace skd
