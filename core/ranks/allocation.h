#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "results/analysis.h"

/// Which rank each matrix gets. Pure arithmetic on spectra, no LibTorch.
namespace skd {

/// tail[r] = sum of sigma_i^2 over i > r, for r = 0 .. n (so tail[n] = 0). Summed from the small
/// end in f64.
std::vector<double> squaredTail(const std::vector<double>& singularValues);

/// Nanoseconds by matrix and rank, 0 = dense.
using RankTimes = std::vector<std::vector<std::int64_t>>;
/// Expected damage by matrix and rank.
using DamageCurves = std::vector<std::vector<double>>;

/// 0 (as it is) where a rank saves nothing.
std::int64_t cheaper(const MatrixSpectrum& matrix, std::int64_t rank);

/// One matrix of an allocation problem: expected damage weight * tail[r] against the cost of its
/// form at rank r (formParameters). Rank 0 is the matrix as it is: m n parameters when dense, those
/// of its own form at currentRank when factored, no damage.
struct AllocationItem {
    std::int64_t rows = 0, columns = 0;
    const std::vector<double>* tail =
        nullptr;  ///< damage by rank up to `weight`: squaredTail, or a measured curve
    double weight = 1;
    std::optional<std::int64_t> lockedRank;  ///< stays so; 0 = as it is
    std::int64_t currentRank = 0;
    /// Costs by rank (0 = dense) that take the place of parameters; strictly rising from rank 1 on.
    /// Null = parameters.
    const std::vector<std::int64_t>* costs = nullptr;
    MatrixForm form = MatrixForm::Factored, currentForm = MatrixForm::Factored;
    std::int64_t multiple = 0;  ///< of its ranks; 0 = the one of the problem

    static AllocationItem of(const MatrixSpectrum& matrix, const std::vector<double>& damage) {
        return {matrix.info.rows, matrix.info.columns, &damage,           1, {}, matrix.currentRank,
                nullptr,          matrix.info.form,    matrix.currentForm};
    }
    [[nodiscard]] std::int64_t cost(std::int64_t rank) const {
        const bool asItIs = rank == 0;
        if (asItIs) rank = currentRank;
        if (costs != nullptr) return (*costs)[static_cast<std::size_t>(rank)];
        return formParameters(asItIs ? currentForm : form, rows, columns, rank);
    }
    [[nodiscard]] double damage(std::int64_t rank) const {
        return rank == 0 ? 0.0 : weight * (*tail)[static_cast<std::size_t>(rank)];
    }
};

/// The least and the largest rank that a matrix may have.
struct RankBounds {
    std::int64_t least = 0;
    std::int64_t most = 0;  ///< 0 = as it is
    bool operator==(const RankBounds&) const = default;
};

/// Corners of the lower convex hull of {(cost, damage)} over ranks within the bounds that are
/// multiples of `multiple` cheaper than the matrix as it is, and that (rank 0) where `bounds.most`
/// allows it: the only choices a budget ever wants (resources/help/method.md, Allocation of a
/// budget). Ascending in cost.
std::vector<std::int64_t> hullRanks(const AllocationItem& item, std::int64_t multiple,
                                    const RankBounds& bounds = {});

/// Damage saved per cost between two ranks of which the second costs more.
double damageSlope(const AllocationItem& item, std::int64_t from, std::int64_t to);

/// Least total damage with total cost <= `budget`: hull segments in order of damage saved per cost,
/// skipping those that no longer fit. When even the smallest ranks exceed the budget, every free
/// matrix gets the smallest. That uses one budget best; ranks of two budgets need not nest, those
/// of a NestedPath (nested_path.h) do.
std::vector<std::int64_t> allocateBudget(const std::vector<AllocationItem>& items,
                                         std::int64_t budget, std::int64_t multiple);

/// floor((1 - removed) denseParameters)
std::int64_t parametersKept(std::int64_t denseParameters, double removed);
/// The same of the matrices' parameters when dense.
std::int64_t budgetOf(const Analysis& analysis, double removed);

/// Smallest rank whose kept energy reaches `energy`, whatever it costs.
std::int64_t exactRankForEnergy(const std::vector<double>& tail, double energy);
/// The rank at which the matrix' form has (1 - removed) m n parameters, floor((1 - removed) m n /
/// (m + n)) where it is factored, rounded down to the multiple, at least one multiple.
std::int64_t uniformRank(const MatrixInfo& info, double removed, std::int64_t multiple);
/// Smallest multiple whose kept energy reaches `energy`; 0 (as it is) where that would not be
/// cheaper.
std::int64_t rankForEnergy(const MatrixSpectrum& matrix, const std::vector<double>& tail,
                           double energy, std::int64_t multiple);

/// The spectrum a truncation works on.
const std::vector<double>& spectrumOf(const MatrixSpectrum& matrix, Truncation truncation);
}  // namespace skd
