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

/// slicegpt's target is of directions, which its report does not count.
void warnIfOffTarget(const PruneSpec& spec, const DenseReference& reference,
                     const PruneReport& report, std::size_t layers, const RunContext& context) {
    if (spec.method == PruneMethod::SliceGpt) return;
    const bool byLayers = spec.method == PruneMethod::ShortGpt;
    const double left = static_cast<double>(layers) / static_cast<double>(reference.layers);
    const double removed = byLayers ? 1 - left : report.targetRemoved;
    const char* what = byLayers ? "of the layers" : "of the parameters";
    warnIfOver(removed, spec.target, what, context);
    if (spec.pattern.empty()) warnIfUnder(removed, spec.target, what, context);
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
    warnIfOffTarget(spec, reference, report, model.layers.size(), context);
    return report;
}

}  // namespace skd
