#include "prune/svd/remeasure.h"

#include <algorithm>
#include <cmath>

#include "prune/shared/prune_report.h"
#include "prune/svd/load_path.h"
#include "ranks/damage.h"

namespace skd {
namespace {

/// One step may change a curve by this factor at most: a probe is one measurement on few tokens.
constexpr double kLargestChange = 16;

double valueAt(const std::vector<double>& curve, std::int64_t rank) {
    return rank == 0 ? 0.0 : curve[static_cast<std::size_t>(rank)];
}

struct Remeasuring {
    const Decoder& model;
    const PruneSpec& spec;
    const AnalysisResult& analysis;
    const RankBase& base;
    DamageCurves damage = damageCurves(*analysis.analysis, damageRule(spec));

    Result<Remeasured> run(const RunContext& context) {
        Remeasured result;
        const double begin = removedNow();
        for (std::int64_t step = 1; step <= spec.remeasure; ++step) {
            const double share =
                static_cast<double>(step) / static_cast<double>(spec.remeasure + 1);
            SKD_TRY(const std::vector<std::int64_t> state,
                    ranksAt(begin + (spec.target - begin) * share));
            SKD_TRY(const std::vector<std::int64_t> goal, ranksAt(spec.target));
            const ProbePlan plan{selectionOf(spec.targets), probes(state, goal), state,
                                 analysis.reference ? &*analysis.reference : nullptr};
            SKD_TRY(const LoadPath path, measureLoadPath(model, analysis.decompositions,
                                                         analysis.probeSequences, plan, context));
            if (path.kl.empty()) return Remeasured{};
            result.stateKl.push_back(path.stateKl);
            rescale(plan, path);
        }
        SKD_TRY(result.ranks, ranksAt(spec.target));
        result.damage = std::move(damage);
        return result;
    }

    [[nodiscard]] double removedNow() const {
        std::int64_t now = 0;
        for (const MatrixSpectrum& matrix : analysis.analysis->matrices)
            now += matrix.parametersAt(0);
        const std::int64_t dense = budgetOf(*analysis.analysis, 0, base);
        return std::max(0.0, 1 - static_cast<double>(now) / static_cast<double>(dense));
    }

    [[nodiscard]] Result<std::vector<std::int64_t>> ranksAt(double removed) const {
        PruneSpec part = spec;
        part.target = removed;
        return budgetRanks(*analysis.analysis, part, base, damage);
    }

    /// Per matrix the rank of the whole cut, or half of what the state keeps; none where nothing is
    /// left to take.
    [[nodiscard]] std::vector<std::vector<std::int64_t>> probes(
        const std::vector<std::int64_t>& state, const std::vector<std::int64_t>& goal) const {
        const std::vector<bool> locked = lockedMatrices(*analysis.analysis, spec.locked)
                                             .value_or(std::vector<bool>(state.size(), false));
        std::vector<std::vector<std::int64_t>> ranks(state.size());
        for (std::size_t i = 0; i < state.size(); ++i) {
            const MatrixSpectrum& matrix = analysis.analysis->matrices[i];
            const std::int64_t now = state[i] > 0             ? state[i]
                                     : matrix.currentRank > 0 ? matrix.currentRank
                                                              : matrix.info.breakEven();
            const std::int64_t half =
                std::max(spec.rankMultiple, now / 2 / spec.rankMultiple * spec.rankMultiple);
            const std::int64_t rank = goal[i] > 0 && goal[i] < now ? goal[i] : half;
            const bool saves = matrix.info.parametersAt(rank) < matrix.parametersAt(state[i]);
            if (!locked[i] && saves) ranks[i].push_back(rank);
        }
        return ranks;
    }

    void rescale(const ProbePlan& plan, const LoadPath& path) {
        for (std::size_t i = 0; i < damage.size(); ++i) {
            if (plan.ranks[i].empty()) continue;
            const double expected =
                valueAt(damage[i], plan.ranks[i].front()) - valueAt(damage[i], plan.state[i]);
            if (!(expected > 0)) continue;
            const double change = std::clamp((path.kl[i].front() - path.stateKl) / expected,
                                             1 / kLargestChange, kLargestChange);
            for (double& value : damage[i]) value *= change;
        }
    }
};

}  // namespace

Result<Remeasured> remeasuredRanks(const Decoder& model, const PruneSpec& spec,
                                   const AnalysisResult& analysis, const RankBase& base,
                                   const RunContext& context) {
    return Remeasuring{model, spec, analysis, base}.run(context);
}

}  // namespace skd
