#include "prune/masks/mask.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "prune/shared/gram.h"
#include "ranks/locked.h"

namespace skd {
namespace {

/// Weights of masked matrices count whole: what is gone lies in their masks.
struct WeightCounts {
    std::int64_t all = 0, free = 0, biases = 0;
};

Status checkTarget(const Linear& matrix, const MaskRule& rule) {
    if (matrix.rank() > 0)
        return fail(ErrorCode::Unsupported,
                    strCat(matrix.name(), " is factored (rank ", matrix.rank(),
                           "); masks need dense matrices: lock it, or begin from a model that is "
                           "not factored"));
    if (rule.pattern && matrix.columns() % rule.pattern->group != 0)
        return fail(ErrorCode::InvalidInput,
                    strCat(matrix.name(), " has ", matrix.columns(), " columns, which ",
                           rule.pattern->group,
                           " does not divide; choose another prune.pattern or lock the matrix"));
    return {};
}

/// Share of the free weights that has to go so that `target` of the reference is zero or gone.
Result<double> shareOf(const WeightCounts& counts, const PruneSpec& spec,
                       const DenseReference& reference) {
    const auto gone = static_cast<double>(
        std::max<std::int64_t>(0, reference.targetParameters - counts.all - counts.biases));
    const double needed = spec.target * (static_cast<double>(counts.all) + gone) - gone;
    const double share = counts.free > 0 ? std::max(0.0, needed / static_cast<double>(counts.free))
                         : needed > 0    ? 1
                                         : 0;
    if (share < 1) return share;
    return fail(
        ErrorCode::InvalidInput,
        strCat("\"prune.target\" ", spec.target, " cannot be met: ", groupDigits(counts.free),
               " of ", groupDigits(counts.all), " weights are not locked; lower it or lock less"));
}

/// Marks the `count` lowest of each line of `scores` [lines, n] false in `keep`.
void dropLowest(const at::Tensor& scores, std::int64_t count, const at::Tensor& keep) {
    if (count > 0)
        keep.scatter_(-1, at::argsort(scores, /*stable=*/true, -1, false).narrow(-1, 0, count),
                      false);
}

/// Weights of n that a share takes: rounded down, and not one less for the last bit of a product.
std::int64_t countOf(double share, std::int64_t n) {
    return static_cast<std::int64_t>(std::floor(share * static_cast<double>(n) + 1e-6));
}

}  // namespace

at::Tensor MaskTarget::presentMask() const {
    const auto* masked = std::get_if<MaskedWeight>(&matrix->form());
    return masked != nullptr ? masked->mask : at::Tensor();
}

Json MaskPlan::details() const {
    if (rule.pattern) return {{"pattern", strCat(rule.pattern->keep, ":", rule.pattern->group)}};
    return {{"share", rule.share}};
}

Result<MaskPlan> planMask(Decoder& model, const PruneSpec& spec, const DenseReference& reference) {
    MaskPlan plan;
    if (!spec.pattern.empty()) {
        SKD_TRY(plan.rule.pattern, parseMaskPattern(spec.pattern));
    }
    plan.layers.resize(model.layers.size());
    const MatrixSelection selection = selectionOf(spec.targets);
    const std::vector<MatrixInfo> infos = model.matrixInfos(selection);
    const std::vector<Linear*> matrices = model.matrices(selection);
    SKD_CHECK(checkLocked(model.matrixInfos({true, true}), spec.locked));
    WeightCounts counts;
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        counts.all += matrices[i]->multiplyAdds();
        if (matrices[i]->bias().defined()) counts.biases += matrices[i]->bias().numel();
        if (isLocked(infos[i].name, spec.locked)) continue;
        SKD_CHECK(checkTarget(*matrices[i], plan.rule));
        counts.free += infos[i].parameters();
        plan.layers[static_cast<std::size_t>(infos[i].layer.value())].push_back(
            {matrices[i], infos[i].kind});
    }
    if (!plan.rule.pattern) {
        SKD_TRY(plan.rule.share, shareOf(counts, spec, reference));
    }
    return plan;
}

at::Tensor chooseMask(const at::Tensor& scores, const at::Tensor& present, const MaskRule& rule,
                      MaskScope scope) {
    const at::Tensor ranked =
        present.defined() ? scores.masked_fill(present.logical_not(), -1) : scores;
    at::Tensor keep = at::ones(scores.sizes(), scores.options().dtype(at::kBool));
    if (rule.pattern) {
        const auto [n, m] = *rule.pattern;
        dropLowest(ranked.reshape({-1, m}), m - n, keep.view({-1, m}));
    } else if (scope == MaskScope::Matrix) {
        dropLowest(ranked.reshape({1, -1}), countOf(rule.share, scores.numel()),
                   keep.view({1, -1}));
    } else {
        dropLowest(ranked, countOf(rule.share, scores.size(1)), keep);
    }
    return present.defined() ? keep.logical_and(present) : keep;
}

Status applyMask(Linear& matrix, const at::Tensor& weight, const at::Tensor& mask) {
    SKD_CHECK(checkFinite(weight, strCat("the weights of ", matrix.name(),
                                         " are not finite; the model may be damaged")));
    const at::Tensor zeroed = at::where(mask, weight, at::zeros({}, weight.options()));
    matrix.replace(
        MaskedWeight{zeroed.to(matrix.weight().options()), mask.to(matrix.weight().device())});
    return {};
}

}  // namespace skd
