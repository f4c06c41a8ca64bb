#include "prune/direct.h"

#include "base/text.h"
#include "prune/masks/prune_masks.h"
#include "prune/structure/llm_pruner.h"
#include "prune/structure/shortgpt.h"
#include "prune/structure/slicegpt.h"

namespace skd {
namespace {

Result<Json> dispatch(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                      const DenseReference& reference, const RunContext& context) {
    switch (spec.method) {
        case PruneMethod::Wanda:
        case PruneMethod::Magnitude:
        case PruneMethod::SparseGpt:
            return pruneMasks(model, spec, calibration, reference, context);
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
