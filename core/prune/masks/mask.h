#pragma once

#include "prune/shared/prune_report.h"
#include "spec/prune_spec.h"

namespace skd {

/// How much of a matrix a mask takes: a share of its weights, or n of every m.
struct MaskRule {
    double share = 0;
    std::optional<MaskPattern> pattern;  ///< takes the share's place
};

/// A matrix that is to be masked.
struct MaskTarget {
    Linear* matrix = nullptr;
    MatrixKind kind = MatrixKind::Gate;
    /// Weights that earlier rounds have left, [out, in] bool; undefined = all.
    [[nodiscard]] at::Tensor presentMask() const;
};

/// What a masking pruner has to do, layer by layer.
struct MaskPlan {
    MaskRule rule;
    std::vector<std::vector<MaskTarget>> layers;
    [[nodiscard]] Json details()
        const;  ///< {"pattern"} or {"share"}: of each matrix that is not locked
};

/// Matrices that spec.targets names and spec.locked does not hold. The share is such that, with
/// what is locked or already gone counted, `target` of the dense reference's target matrices will
/// be zero. Errors name factored matrices (Unsupported), widths that m does not divide, locked
/// names that do not exist, and targets that the free matrices cannot meet (InvalidInput).
Result<MaskPlan> planMask(Decoder& model, const PruneSpec& spec, const DenseReference& reference);

/// True where a weight stays: the lowest of `scores` [out, in] (>= 0) go, of equals the first one,
/// within a row or within the matrix; n:m always within its group. Weights that `present`
/// (undefined = all) lacks go first and never come back.
at::Tensor chooseMask(const at::Tensor& scores, const at::Tensor& present, const MaskRule& rule,
                      MaskScope scope);

/// Gives a matrix the weights where the mask holds, zero elsewhere. Numeric where they are not
/// finite.
Status applyMask(Linear& matrix, const at::Tensor& weight, const at::Tensor& mask);

}  // namespace skd
