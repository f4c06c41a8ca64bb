#include "prune/direct.h"

#include <c10/core/GradMode.h>

#include "base/text.h"
#include "prune/masks/magnitude.h"
#include "prune/masks/sparsegpt.h"
#include "prune/masks/wanda.h"
#include "prune/structure/llm_pruner.h"
#include "prune/structure/shortgpt.h"
#include "prune/structure/slicegpt.h"

namespace skd {
namespace {

Result<Json> pruneMasked(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                         const DenseReference& reference, const RunContext& context) {
    const c10::NoGradGuard noGradient;
    SKD_TRY(const MaskPlan plan, planMask(model, spec, reference));
    if (spec.method == PruneMethod::Wanda)
        SKD_CHECK(pruneWanda(model, plan, calibration, context));
    else if (spec.method == PruneMethod::SparseGpt)
        SKD_CHECK(pruneSparseGpt(model, plan, calibration, context));
    else
        SKD_CHECK(pruneMagnitude(plan, spec.scope, context));
    return plan.details();
}

Result<Json> dispatch(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                      const DenseReference& reference, const RunContext& context) {
    switch (spec.method) {
        case PruneMethod::Wanda:
        case PruneMethod::Magnitude:
        case PruneMethod::SparseGpt:
            return pruneMasked(model, spec, calibration, reference, context);
        case PruneMethod::LlmPruner:
            return pruneLlmPruner(model, spec, calibration, reference, context);
        case PruneMethod::ShortGpt:
            return pruneShortGpt(model, spec, calibration, reference, context);
        case PruneMethod::SliceGpt:
            return pruneSliceGpt(model, spec, calibration, reference, context);
        case PruneMethod::Svd:
        case PruneMethod::None:
            break;
    }
    return fail(ErrorCode::Internal, strCat("pruneDirect was asked for ", enumName(spec.method)));
}

}  // namespace

Result<PruneReport> pruneDirect(Decoder& model, const PruneSpec& spec,
                                const CalibrationSet& calibration, const DenseReference& reference,
                                const RunContext& context) {
    Decoder pruned = model;  // shares the weights until a pruner replaces them
    SKD_TRY(Json details, dispatch(pruned, spec, calibration, reference, context));
    PruneReport report;
    if (context.stop.stop_requested()) {
        report.cancelled = true;
        return report;
    }
    model = std::move(pruned);
    report = reportOf(model, reference);
    report.details = std::move(details);
    return report;
}

}  // namespace skd
