#include "prune/svd/remeasure.h"

#include <algorithm>
#include <cmath>

#include "prune/shared/prune_report.h"
#include "prune/svd/load_path.h"
#include "ranks/allocation.h"
#include "ranks/damage.h"

namespace skd {
namespace {

/// One step may change a curve by this factor at most: a probe is one measurement on few tokens.
constexpr double kLargestChange = 16;

double valueAt(const std::vector<double>& curve, std::int64_t rank) {
    return rank == 0 ? 0.0 : curve[static_cast<std::size_t>(rank)];
}

class Remeasuring {
public:
    Remeasuring(const Decoder& model, const PruneSpec& spec, const AnalysisResult& analysis,
                const RankBase& base)
        : m_model(model),
          m_spec(spec),
          m_analysis(analysis),
          m_base(base),
          m_damage(damageCurves(*analysis.analysis, damageRule(spec))) {}

    Result<Remeasured> run(const RunContext& context) {
        Remeasured result;
        const double begin = removedNow();
        for (std::int64_t step = 1; step <= m_spec.remeasure; ++step) {
            const double share =
                static_cast<double>(step) / static_cast<double>(m_spec.remeasure + 1);
            SKD_TRY(const std::vector<std::int64_t> state,
                    ranksAt(begin + (m_spec.target - begin) * share));
            SKD_TRY(const std::vector<std::int64_t> goal, ranksAt(m_spec.target));
            const ProbePlan plan{selectionOf(m_spec.targets), probes(state, goal), state};
            SKD_TRY(const LoadPath path, measureLoadPath(m_model, m_analysis.decompositions,
                                                         m_analysis.probeSequences, plan, context));
            if (path.kl.empty()) return Remeasured{};
            result.stateKl.push_back(path.stateKl);
            rescale(plan, path);
        }
        SKD_TRY(result.ranks, ranksAt(m_spec.target));
        return result;
    }

private:
    [[nodiscard]] double removedNow() const {
        std::int64_t now = 0;
        for (const MatrixSpectrum& matrix : m_analysis.analysis->matrices)
            now += matrix.parametersAt(0);
        const std::int64_t dense = m_base.denseParameters > 0
                                       ? m_base.denseParameters - m_base.fixedParameters
                                       : budgetOf(*m_analysis.analysis, 0);
        return std::max(0.0, 1 - static_cast<double>(now) / static_cast<double>(dense));
    }

    [[nodiscard]] Result<std::vector<std::int64_t>> ranksAt(double removed) const {
        PruneSpec spec = m_spec;
        spec.target = removed;
        return budgetRanks(*m_analysis.analysis, spec, m_base, m_damage);
    }

    /// Per matrix the rank of the whole cut, or half of what the state keeps; none where nothing is
    /// left to take.
    [[nodiscard]] std::vector<std::vector<std::int64_t>> probes(
        const std::vector<std::int64_t>& state, const std::vector<std::int64_t>& goal) const {
        const std::vector<bool> locked = lockedMatrices(*m_analysis.analysis, m_spec.locked)
                                             .value_or(std::vector<bool>(state.size(), false));
        std::vector<std::vector<std::int64_t>> probes(state.size());
        for (std::size_t i = 0; i < state.size(); ++i) {
            const MatrixSpectrum& matrix = m_analysis.analysis->matrices[i];
            const std::int64_t now = state[i] > 0             ? state[i]
                                     : matrix.currentRank > 0 ? matrix.currentRank
                                                              : matrix.info.breakEven();
            const std::int64_t half =
                std::max(m_spec.rankMultiple, now / 2 / m_spec.rankMultiple * m_spec.rankMultiple);
            const std::int64_t rank = goal[i] > 0 && goal[i] < now ? goal[i] : half;
            const bool saves = matrix.info.parametersAt(rank) < matrix.parametersAt(state[i]);
            if (!locked[i] && saves) probes[i].push_back(rank);
        }
        return probes;
    }

    void rescale(const ProbePlan& plan, const LoadPath& path) {
        for (std::size_t i = 0; i < m_damage.size(); ++i) {
            if (plan.ranks[i].empty()) continue;
            const double expected =
                valueAt(m_damage[i], plan.ranks[i].front()) - valueAt(m_damage[i], plan.state[i]);
            if (!(expected > 0)) continue;
            const double change = std::clamp((path.kl[i].front() - path.stateKl) / expected,
                                             1 / kLargestChange, kLargestChange);
            for (double& value : m_damage[i]) value *= change;
        }
    }

    const Decoder& m_model;
    const PruneSpec& m_spec;
    const AnalysisResult& m_analysis;
    const RankBase& m_base;
    std::vector<std::vector<double>> m_damage;
};

}  // namespace

Result<Remeasured> remeasuredRanks(const Decoder& model, const PruneSpec& spec,
                                   const AnalysisResult& analysis, const RankBase& base,
                                   const RunContext& context) {
    return Remeasuring(model, spec, analysis, base).run(context);
}

}  // namespace skd
