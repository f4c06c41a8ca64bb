#include "prune/masks/prune_masks.h"

#include <c10/core/GradMode.h>

#include "base/text.h"
#include "prune/masks/sparsegpt.h"
#include "prune/shared/layer_walk.h"

namespace skd {
namespace {

/// What a method adds up over the rows that a matrix reads.
at::Tensor statisticOf(PruneMethod method, const at::Tensor& rows) {
    const at::Tensor exact = rows.to(at::kDouble);
    return method == PruneMethod::Wanda ? exact.square().sum(0) : at::mm(exact.t(), exact);
}

using Sums = std::map<MatrixKind, at::Tensor>;

/// The statistics of what the targets of one layer read.
Sums sumsOf(const LayerWalk& walk, const Decoder& model, std::size_t layer,
            const std::vector<MaskTarget>& targets, PruneMethod method) {
    Sums sums;
    for (const MaskTarget& target : targets) sums.try_emplace(inputOf(target.kind));
    if (targets.empty()) return sums;
    walk.observe(model, layer, [&](MatrixKind kind, const at::Tensor& rows) {
        if (const auto sum = sums.find(kind); sum != sums.end())
            addTo(sum->second, statisticOf(method, rows));
    });
    if (method == PruneMethod::SparseGpt)  // factorised there
        for (auto& [kind, sum] : sums) sum = sum.to(at::kCPU);
    return sums;
}

Status maskMatrix(const MaskTarget& target, const MaskRule& rule, const PruneSpec& spec,
                  const at::Tensor& sum) {
    Linear& matrix = *target.matrix;
    const at::Tensor weight = matrix.weight(), present = target.presentMask();
    if (spec.method == PruneMethod::SparseGpt) {
        SKD_TRY(const SparseGptResult result, sparseGpt(weight, sum, present, rule, matrix.name()));
        return applyMask(matrix, result.weight, result.mask);
    }
    if (spec.method == PruneMethod::Magnitude)
        return applyMask(matrix, weight,
                         chooseMask(weight.to(at::kFloat).abs(), present, rule, spec.scope));
    SKD_CHECK(checkActivations(sum, strCat("the inputs of ", matrix.name(), " are")));
    return applyMask(matrix, weight,
                     chooseMask(wandaScores(weight, sum), present, rule, MaskScope::Row));
}

}  // namespace

at::Tensor wandaScores(const at::Tensor& weight, const at::Tensor& squares) {
    return weight.to(at::kFloat).abs() * squares.sqrt().to(at::kFloat);
}

Result<Json> pruneMasks(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                        const DenseReference& reference, const RunContext& context) {
    const c10::NoGradGuard noGradient;
    SKD_TRY(const MaskPlan plan, planMask(model, spec, reference));
    const bool reads = spec.method != PruneMethod::Magnitude;
    SKD_TRY(LayerWalk walk, reads ? LayerWalk::begin(model, calibration) : LayerWalk());
    ProgressMeter meter(context, Stage::Prune, static_cast<std::int64_t>(model.layers.size()),
                        "layers");
    for (std::size_t layer = 0; layer < model.layers.size() && !context.cancelled(); ++layer) {
        const std::vector<MaskTarget>& targets = plan.layers[layer];
        Sums sums = reads ? sumsOf(walk, model, layer, targets, spec.method) : Sums();
        for (const MaskTarget& target : targets)
            SKD_CHECK(maskMatrix(target, plan.rule, spec, sums[inputOf(target.kind)]));
        if (reads) walk.advance(model, layer);
        meter.advance(1);
    }
    return plan.details();
}

}  // namespace skd
