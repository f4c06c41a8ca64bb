#pragma once

#include <array>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/analysis.h"
#include "spec/prune_spec.h"

namespace skd {

/// What a rank profile costs and is expected to do. Shares are of the dense model, 0 to 1.
struct Price {
    double mlpRemoved = 0;  ///< of the target matrices
    double parametersRemoved = 0;
    std::int64_t parameters = 0, bytes = 0;  ///< bytes at 2 per parameter (bf16)
    double gemmFlops = 1;                    ///< share of the dense model's GEMM FLOPs per token that remain
    double predictedKl = 0;  ///< nats per token, from the measured curves, or from fisher's estimate; NaN without either
};

/// A rank profile over an analysis, edited by hand or solved: what the Carve page holds.
/// A rank of 0 is the matrix as it is: dense, or factored by an earlier round. Pure arithmetic on spectra: no engine, no LibTorch, milliseconds.
class RankPlan {
public:
    /// Any truncation but plain stands for the one of the analysis.
    explicit RankPlan(AnalysisPtr analysis, Truncation truncation = Truncation::Whitened, std::int64_t multiple = 16);

    [[nodiscard]] const Analysis& analysis() const { return *m_analysis; }
    [[nodiscard]] const AnalysisPtr& shared() const { return m_analysis; }
    [[nodiscard]] const std::vector<std::int64_t>& ranks() const { return m_ranks; }
    [[nodiscard]] bool hasMeasuredWeights() const { return m_measured; }
    [[nodiscard]] Truncation truncation() const { return m_truncation; }

    /// Singular values the plan works on.
    [[nodiscard]] const std::vector<double>& spectrum(std::size_t matrix) const;
    /// Kept energy at the current rank: sum of the first r squares over all; 1 when dense.
    [[nodiscard]] double energy(std::size_t matrix) const;
    /// Smallest rank (multiple of the plan's) that keeps `energy`; 0 where that saves nothing.
    [[nodiscard]] std::int64_t rankForEnergy(std::size_t matrix, double energy) const;
    /// First rank that no allocation would choose; break-even where the hull has no gap. The dead zone is [it, breakEven].
    [[nodiscard]] std::int64_t deadZoneBegin(std::size_t matrix) const;

    void setRank(std::size_t matrix, std::int64_t rank);  ///< rounded to the multiple, 0 where that saves nothing
    void setRanks(std::vector<std::int64_t> ranks);
    void setEnergy(std::size_t matrix, double energy) { setRank(matrix, rankForEnergy(matrix, energy)); }
    void makeDense();
    void solveUniform(double removed);
    void solveEnergy(double energy);
    /// Fewest expected nats under a budget; matrices with `locked[i]` keep their rank (empty = none locked).
    void solveBudget(double removed, WeightRule weights, const std::vector<bool>& locked = {}, const std::array<double, 3>& tiers = {1, 1, 1});

    [[nodiscard]] Price price() const;
    /// {"format": "sparsekd-ranks", "ranks": {matrix name: rank}}
    [[nodiscard]] Json toJson() const;
    /// Errors name a matrix that is missing or unknown; the plan is unchanged then.
    Status fromJson(const Json& json);

private:
    AnalysisPtr m_analysis;
    Truncation m_truncation;
    std::int64_t m_multiple;
    std::vector<std::int64_t> m_ranks;
    bool m_measured = false;                    ///< probes are there and belong to the plan's truncation
    std::vector<std::vector<double>> m_tails;   ///< per matrix: sum of squares beyond rank r, r = 0..k
    std::vector<std::vector<double>> m_nats;    ///< per matrix: nats per token by rank; empty where nothing says
};

}  // namespace skd
