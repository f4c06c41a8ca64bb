#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/analysis.h"
#include "spec/prune_spec.h"

/// Which rank each matrix gets. Pure arithmetic on spectra, no LibTorch.
namespace skd {

/// tail[r] = sum of sigma_i^2 over i > r, for r = 0 .. n (so tail[n] = 0). Summed from the small end in f64.
std::vector<double> squaredTail(const std::vector<double>& singularValues);

/// One matrix of an allocation problem: expected damage weight * tail[r] against cost r (m + n), or m n when dense.
struct AllocationItem {
    std::int64_t rows = 0, columns = 0;
    const std::vector<double>* tail = nullptr;
    double weight = 1;
    std::optional<std::int64_t> lockedRank;  ///< kept as it is; 0 = dense

    [[nodiscard]] std::int64_t cost(std::int64_t rank) const { return rank == 0 ? rows * columns : rank * (rows + columns); }
    [[nodiscard]] double damage(std::int64_t rank) const { return rank == 0 ? 0.0 : weight * (*tail)[static_cast<std::size_t>(rank)]; }
};

/// Corners of the lower convex hull of {(cost, damage)} over ranks that are multiples of `multiple`
/// below break-even, and dense: the only choices a budget ever wants (METHOD.md section 3).
/// Ascending in cost; the last one is dense (rank 0).
std::vector<std::int64_t> hullRanks(const AllocationItem& item, std::int64_t multiple);

/// Least total damage with total cost <= `budget` parameters: hull segments in order of damage saved
/// per parameter, skipping those that no longer fit. When even the smallest ranks exceed the budget,
/// every free matrix gets the smallest.
std::vector<std::int64_t> allocateBudget(const std::vector<AllocationItem>& items, std::int64_t budget, std::int64_t multiple);

/// A budget over all matrices of an analysis, as spec and rank plan state it.
struct BudgetProblem {
    double removed = 0;  ///< share of the dense MLP parameters that has to go
    std::int64_t multiple = 16;
    const std::vector<std::vector<double>>& tails;    ///< per matrix: squaredTail of its spectrum
    const std::vector<double>& weights;               ///< per matrix: matrixWeights
    std::vector<std::optional<std::int64_t>> locked;  ///< per matrix: a rank that stays; empty = none
};
std::vector<std::int64_t> allocateBudget(const Analysis& analysis, const BudgetProblem& problem);

/// Smallest rank whose kept energy reaches `energy`, whatever it costs.
std::int64_t exactRankForEnergy(const std::vector<double>& tail, double energy);
/// floor((1 - removed) m n / (m + n)), rounded down to the multiple, at least one multiple.
std::int64_t uniformRank(const MatrixInfo& info, double removed, std::int64_t multiple);
/// Smallest multiple whose kept energy reaches `energy`; 0 (dense) where that is not below break-even.
std::int64_t rankForEnergy(const MatrixInfo& info, const std::vector<double>& tail, double energy, std::int64_t multiple);

/// The spectrum a truncation works on.
const std::vector<double>& spectrumOf(const MatrixSpectrum& matrix, Truncation truncation);
/// Damage per unit of squared singular value under `rule`; measured weights need probes (NaN without).
std::vector<double> matrixWeights(const Analysis& analysis, Truncation truncation, WeightRule rule);

}  // namespace skd
