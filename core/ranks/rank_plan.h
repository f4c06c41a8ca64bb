#pragma once

#include <limits>
#include <memory>

#include "base/json.h"
#include "base/result.h"
#include "ranks/allocation.h"
#include "results/break_even.h"
#include "spec/prune_spec.h"

namespace skd {

/// The same analysis for cuts into another form; its measurements hold for any.
AnalysisPtr withForm(const Analysis& analysis, MatrixForm form);

/// What a rank profile costs and is expected to do. Shares are of the dense model, 0 to 1.
struct Price {
    double mlpRemoved = 0;  ///< of the target matrices
    double parametersRemoved = 0;
    std::int64_t parameters = 0, bytes = 0;  ///< bytes at 2 per parameter (bf16), and
                                             ///< permutations
    double gemmFlops = 1;  ///< share of the dense model's GEMM FLOPs per token that remain
    double timeRemoved = std::numeric_limits<double>::quiet_NaN();  ///< of the matrices' measured
                                                                    ///< time; NaN without setTimes
    double predictedKl = 0;  ///< nats per token, from the measured curves, or from fisher's
                             ///< estimate; NaN without either
};

/// A rank profile over an analysis, edited by hand or solved: what the Carve page holds.
/// A rank of 0 is the matrix as it is: dense, or factored by an earlier round. Pure arithmetic on
/// spectra: no engine, no LibTorch, milliseconds.
class RankPlan {
public:
    /// Any truncation but plain stands for the one of the analysis.
    explicit RankPlan(AnalysisPtr analysis, Truncation truncation = Truncation::Whitened,
                      std::int64_t multiple = 16);

    [[nodiscard]] const Analysis& analysis() const { return *m_analysis; }
    [[nodiscard]] const AnalysisPtr& shared() const { return m_analysis; }
    [[nodiscard]] const std::vector<std::int64_t>& ranks() const { return m_ranks; }
    [[nodiscard]] bool hasMeasuredWeights() const { return m_measured; }
    [[nodiscard]] Truncation truncation() const { return m_truncation; }
    /// Of matrices that are cut: the one the analysis was made for.
    [[nodiscard]] MatrixForm form() const;

    /// Singular values the plan works on.
    [[nodiscard]] const std::vector<double>& spectrum(std::size_t matrix) const;
    /// Kept energy at the current rank: sum of the first r squares over all; 1 when dense.
    [[nodiscard]] double energy(std::size_t matrix) const;
    /// Smallest rank (multiple of the plan's) that keeps `energy`; 0 where that saves nothing.
    [[nodiscard]] std::int64_t rankForEnergy(std::size_t matrix, double energy) const;
    /// First rank of the dead zone (resources/help/glossary.md): no budget chooses it; break-even
    /// where the zone is empty. The dead zone is [it, breakEven].
    [[nodiscard]] std::int64_t deadZoneBegin(std::size_t matrix) const;

    void setRank(std::size_t matrix,
                 std::int64_t rank);  ///< rounded to the multiple, 0 where that saves nothing
    void setRanks(std::vector<std::int64_t> ranks);
    void dropWasted();  ///< ranks that save nothing become 0
    void setEnergy(std::size_t matrix, double energy) {
        setRank(matrix, rankForEnergy(matrix, energy));
    }
    /// The ranks that a run of `spec` would choose (chooseRanks), on the plan's spectra and with
    /// its multiple and times; measured weights become weightsFor. Matrices that spec.locked names
    /// keep the rank they have here, and the others meet the budget. Errors as chooseRanks'; the
    /// plan is unchanged then.
    Status solve(PruneSpec spec, std::uint64_t seed = 42);
    /// The kept energy everywhere (ranks = energy) that removes `removed` of the parameters; what
    /// spec.locked names keeps its rank.
    [[nodiscard]] double energyFor(double removed, PruneSpec spec) const;
    /// Measured times of the analysis' matrices at a batch, for cost = latency and
    /// Price::timeRemoved. InvalidInput names a shape that was not measured; there are no times
    /// then.
    Status setTimes(const BreakEvenTable& table, std::int64_t batch);
    /// The weights that a budget uses instead of measured ones where nothing was measured.
    [[nodiscard]] WeightRule weightsFor(WeightRule wanted) const;

    [[nodiscard]] Price price() const;
    /// {"format": "sparsekd-ranks", "ranks": {matrix name: rank}}
    [[nodiscard]] Json toJson() const;
    /// Errors name a matrix that is missing or unknown; the plan is unchanged then.
    Status fromJson(const Json& json);

    /// True when a run of `spec` on this analysis would choose exactly the ranks at hand
    /// (chooseRanks).
    [[nodiscard]] bool isChosenBy(const PruneSpec& spec) const;
    /// Third of the depth a layer lies in: 0 early, 1 middle, 2 late.
    [[nodiscard]] std::size_t tierOf(std::int64_t layer) const;

private:
    AnalysisPtr m_analysis;
    std::shared_ptr<const RankTimes> m_times;
    Truncation m_truncation;
    std::int64_t m_multiple;
    std::vector<std::int64_t> m_ranks;
    bool m_measured = false;  ///< probes are there and belong to the plan's truncation
    DamageCurves m_tails;     ///< per matrix: sum of squares beyond rank r, r = 0..k
    DamageCurves m_nats;      ///< per matrix: nats per token by rank; empty where nothing says
};

}  // namespace skd
