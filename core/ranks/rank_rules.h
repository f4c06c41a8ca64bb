#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "results/analysis.h"
#include "spec/prune_spec.h"

/// From a spec to ranks. Pure arithmetic on an analysis, no LibTorch.
namespace skd {

/// What ratios are against, and the seed of random ranks.
struct RankBase {
    std::int64_t denseParameters =
        0;  ///< of the target matrices when dense, biases included; 0 = the analysis' matrices
    std::int64_t fixedParameters = 0;  ///< of these, biases, which no rank removes
    std::uint64_t seed = 42;
    /// Nanoseconds by matrix and rank (0 = dense): what budgets are in where spec.cost is latency.
    const std::vector<std::vector<std::int64_t>>* latency = nullptr;
};
/// floor((1 - removed) of the time that all matrices take when dense)
std::int64_t timeBudget(const std::vector<std::vector<std::int64_t>>& latency, double removed);
/// Parameters that the matrices may keep together when `removed` of the dense ones has to go.
std::int64_t budgetOf(const Analysis& analysis, double removed, const RankBase& base);

/// Which matrices an entry of `locked` names: a whole name, or its beginning up to a dot. An entry
/// that matches nothing is an error with the nearest name.
Result<std::vector<bool>> lockedMatrices(const Analysis& analysis,
                                         const std::vector<std::string>& locked);

/// Which matrices may be cut, and how much they may keep together.
struct ShareProblem {
    const Analysis& analysis;
    std::int64_t budget = 0;
    std::int64_t multiple = 16;
    std::vector<bool> locked;  ///< empty = none
};
/// Removes from each free matrix a share in proportion to its factor; the least common scale at
/// which the budget is met, ranks down to one multiple. A factor of 0 leaves a matrix as it is.
/// Ranks that would not be cheaper than the matrix as it is become 0.
std::vector<std::int64_t> sharedRanks(const ShareProblem& problem,
                                      const std::vector<double>& factors);
/// A control that knows nothing of the matrices: each keeps a share drawn at random, scaled to the
/// budget; what rounding leaves is given out in random order.
std::vector<std::int64_t> randomRanks(const ShareProblem& problem, std::uint64_t seed);

/// Ranks that `spec` asks for, 0 = as it is; errors name matrices that do not exist or ranks that
/// are too large. `search` is a budget here: its bisection (rank_search.h) sets spec.target.
Result<std::vector<std::int64_t>> chooseRanks(const Analysis& analysis, const PruneSpec& spec,
                                              const RankBase& base = {});
/// The same for a budget by given damage curves.
Result<std::vector<std::int64_t>> budgetRanks(const Analysis& analysis, const PruneSpec& spec,
                                              const RankBase& base,
                                              const std::vector<std::vector<double>>& damage);

}  // namespace skd
