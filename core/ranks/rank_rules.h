#pragma once

#include "base/result.h"
#include "ranks/nested_path.h"
#include "spec/run_spec.h"

/// From a spec to ranks. Pure arithmetic on an analysis, no LibTorch.
namespace skd {

/// What ratios are against, and the seed of random ranks.
struct RankBase {
    std::int64_t denseParameters =
        0;  ///< of the target matrices when dense, biases included; 0 = the analysis' matrices
    std::int64_t fixedParameters = 0;  ///< of these, biases, which no rank removes
    std::uint64_t seed = 42;
    /// Nanoseconds by matrix and rank (0 = dense): what budgets are in where spec.cost is latency.
    const RankTimes* latency = nullptr;
    /// By matrix: the rank that a locked one keeps and that counts in a budget. Null = locked
    /// matrices stay as they are.
    const std::vector<std::int64_t>* held = nullptr;
};
/// Parameters that the matrices may keep together when `removed` of the dense ones has to go.
std::int64_t budgetOf(const Analysis& analysis, double removed, const RankBase& base);

/// Which matrices an entry of `locked` names: a whole name, or its beginning up to a dot. An entry
/// that matches nothing is an error with the nearest name.
Result<std::vector<bool>> lockedMatrices(const Analysis& analysis,
                                         const std::vector<std::string>& locked);

/// Ranks that `spec` asks for, 0 = as it is; errors name matrices that do not exist or ranks that
/// are too large. `search` is a budget here: its bisection (prune/svd/prune.cpp) sets spec.target.
Result<std::vector<std::int64_t>> chooseRanks(const Analysis& analysis, const PruneSpec& spec,
                                              const RankBase& base = {});
/// The same for a budget by given damage curves.
Result<std::vector<std::int64_t>> budgetRanks(const Analysis& analysis, const PruneSpec& spec,
                                              const RankBase& base, const DamageCurves& damage);

/// The path of an elastic run over the same matrices, at the same prices: from the spec's smallest
/// size to its largest one. `caps` as in NestedPathOptions; errors as NestedPath::plan's.
Result<NestedPath> nestedPath(const Analysis& analysis, const RunSpec& spec, const RankBase& base,
                              const DamageCurves& damage,
                              const std::vector<std::int64_t>& caps = {});

}  // namespace skd
