#include "ranks/rank_rules.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/random.h"
#include "base/text.h"
#include "ranks/allocation.h"
#include "ranks/damage.h"
#include "ranks/locked.h"

namespace skd {
namespace {

constexpr std::uint64_t kRandomRankStream = 0x72616e6b73ull;
constexpr std::uint64_t kRandomOrderStream = 0x72616e6b6f7264ull;

using Ranks = std::vector<std::int64_t>;

/// Which matrices may be cut, and how much they may keep together.
struct ShareProblem {
    const Analysis& analysis;
    std::int64_t budget = 0;
    std::int64_t multiple = 16;
    const std::vector<bool>& locked;
};

std::int64_t costOf(const Analysis& analysis, const Ranks& ranks) {
    std::int64_t cost = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i)
        cost += analysis.matrices[i].parametersAt(ranks[i]);
    return cost;
}

/// The ranks at the smallest of 0 <= scale <= limit that meet the budget; ranks at the limit where
/// none does.
Ranks smallestScale(const ShareProblem& problem, double limit,
                    const std::function<std::int64_t(std::size_t, double)>& rankAt) {
    const auto ranksAt = [&](double scale) {
        Ranks ranks(problem.analysis.matrices.size(), 0);
        for (std::size_t i = 0; i < ranks.size(); ++i)
            if (!problem.locked[i])
                ranks[i] = cheaper(problem.analysis.matrices[i], rankAt(i, scale));
        return ranks;
    };
    double low = 0, high = limit;
    if (costOf(problem.analysis, ranksAt(low)) <= problem.budget) return ranksAt(low);
    for (int i = 0; i < 64; ++i) {
        const double middle = (low + high) / 2;
        (costOf(problem.analysis, ranksAt(middle)) <= problem.budget ? high : low) = middle;
    }
    return ranksAt(high);
}

/// Matrix indices in an order drawn from the seed.
std::vector<std::size_t> randomOrder(std::size_t count, std::uint64_t seed) {
    const CounterRandom random(seed, kRandomOrderStream);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
    return order;
}

Result<Ranks> explicitRanks(const Analysis& analysis, const PruneSpec& spec) {
    Ranks ranks;
    std::vector<std::string> names;
    std::size_t used = 0;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        names.push_back(matrix.info.name);
        const auto found = spec.explicitRanks.find(matrix.info.name);
        ranks.push_back(found == spec.explicitRanks.end() ? 0 : found->second);
        if (found != spec.explicitRanks.end()) ++used;
        const std::int64_t limit = matrix.currentRank > 0
                                       ? matrix.currentRank
                                       : std::min(matrix.info.rows, matrix.info.columns);
        if (ranks.back() < 0 || ranks.back() > limit)
            return fail(ErrorCode::InvalidInput,
                        strCat("rank ", ranks.back(), " of ", matrix.info.name,
                               " must lie between 0 and ", limit));
        if (matrix.currentRank > 0) ranks.back() = cheaper(matrix, ranks.back());
    }
    if (used == spec.explicitRanks.size()) return ranks;
    for (const auto& [name, rank] : spec.explicitRanks)
        if (std::find(names.begin(), names.end(), name) == names.end())
            return fail(
                ErrorCode::InvalidInput,
                strCat("explicit_ranks names ", name,
                       ", which the model does not have; nearest is ", nearestName(name, names)));
    return ranks;
}

/// The threshold of the longest entry that names a matrix, or the one of all others.
double energyOf(const std::string& matrix, const PruneSpec& spec) {
    double energy = spec.energy;
    std::size_t longest = 0;
    for (const auto& [entry, value] : spec.energies) {
        if (entry.size() < longest || !isNamedBy(matrix, entry)) continue;
        longest = entry.size();
        energy = value;
    }
    return energy;
}

Result<Ranks> energyRanks(const Analysis& analysis, const PruneSpec& spec) {
    std::vector<MatrixInfo> infos;
    std::vector<std::string> entries;
    for (const auto& [entry, value] : spec.energies) entries.push_back(entry);
    Ranks ranks;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        infos.push_back(matrix.info);
        ranks.push_back(rankForEnergy(matrix, squaredTail(spectrumOf(matrix, spec.truncation)),
                                      energyOf(matrix.info.name, spec), spec.rankMultiple));
    }
    SKD_CHECK(checkNames(infos, entries, "prune.energies"));
    return ranks;
}

/// The rank that a locked matrix keeps.
std::int64_t heldRank(const RankBase& base, std::size_t matrix) {
    return base.held != nullptr ? (*base.held)[matrix] : 0;
}

/// What the ranks of locked matrices save: it goes to the others, since a share problem counts
/// locked matrices as they are.
std::int64_t savedByHeld(const Analysis& analysis, const RankBase& base,
                         const std::vector<bool>& locked) {
    std::int64_t saved = 0;
    for (std::size_t i = 0; i < locked.size(); ++i)
        if (locked[i])
            saved += analysis.matrices[i].parametersAt(0) -
                     analysis.matrices[i].parametersAt(heldRank(base, i));
    return saved;
}

/// floor((1 - removed) of the time that all matrices take when dense)
std::int64_t timeBudget(const RankTimes& latency, double removed) {
    double dense = 0;
    for (const std::vector<std::int64_t>& costs : latency)
        dense += static_cast<double>(costs.front());
    return static_cast<std::int64_t>(std::floor((1.0 - removed) * dense));
}

std::vector<AllocationItem> allocationItems(const Analysis& analysis, const RankBase& base,
                                            const DamageCurves& damage,
                                            const std::vector<bool>& locked) {
    std::vector<AllocationItem> items;
    for (std::size_t i = 0; i < locked.size(); ++i) {
        items.push_back(AllocationItem::of(analysis.matrices[i], damage[i]));
        if (locked[i]) items.back().lockedRank = heldRank(base, i);
    }
    return items;
}

std::vector<double> tierFactors(const Analysis& analysis, const PruneSpec& spec) {
    std::vector<double> factors;
    const std::int64_t layers = layerCount(analysis);
    for (const MatrixSpectrum& matrix : analysis.matrices)
        factors.push_back(damageRule(spec).tiers[tierOf(matrix.info.layer.value(), layers)]);
    return factors;
}

}  // namespace

std::int64_t budgetOf(const Analysis& analysis, double removed, const RankBase& base) {
    if (base.denseParameters == 0) return budgetOf(analysis, removed);
    return parametersKept(base.denseParameters, removed) - base.fixedParameters;
}

Result<std::vector<bool>> lockedMatrices(const Analysis& analysis,
                                         const std::vector<std::string>& locked) {
    std::vector<MatrixInfo> infos;
    std::vector<bool> flags;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        infos.push_back(matrix.info);
        flags.push_back(isLocked(matrix.info.name, locked));
    }
    SKD_CHECK(checkLocked(infos, locked));
    return flags;
}

Result<Ranks> budgetRanks(const Analysis& analysis, const PruneSpec& spec, const RankBase& base,
                          const DamageCurves& damage) {
    SKD_TRY(const std::vector<bool> locked, lockedMatrices(analysis, spec.locked));
    const bool byTime = spec.cost == PruneCost::Latency;
    if (byTime && (base.latency == nullptr || base.latency->size() != analysis.matrices.size()))
        return fail(
            ErrorCode::InvalidInput,
            "\"prune.cost\" is latency, but there are no measured times for this model's matrices");
    std::vector<AllocationItem> items = allocationItems(analysis, base, damage, locked);
    if (byTime)
        for (std::size_t i = 0; i < items.size(); ++i) items[i].costs = &(*base.latency)[i];
    const std::int64_t budget =
        byTime ? timeBudget(*base.latency, spec.target) : budgetOf(analysis, spec.target, base);
    return allocateBudget(items, budget, spec.rankMultiple);
}

Result<NestedPath> nestedPath(const Analysis& analysis, const RunSpec& spec, const RankBase& base,
                              const DamageCurves& damage, const Ranks& caps) {
    SKD_TRY(const std::vector<bool> locked, lockedMatrices(analysis, spec.prune.locked));
    std::vector<std::string> matrices;
    for (const MatrixSpectrum& matrix : analysis.matrices) matrices.push_back(matrix.info.name);
    return NestedPath::plan(allocationItems(analysis, base, damage, locked), matrices,
                            {.largest = spec.elastic.largest,
                             .smallest = spec.elastic.smallest,
                             .multiple = spec.prune.rankMultiple,
                             .denseParameters = base.denseParameters,
                             .fixedParameters = base.fixedParameters,
                             .caps = caps});
}

namespace {

/// Removes from each free matrix a share in proportion to its factor; the smallest common scale at
/// which the budget is met, ranks down to one multiple. A factor of 0 leaves a matrix as it is.
/// Ranks that would not be cheaper than the matrix as it is become 0.
Ranks sharedRanks(const ShareProblem& problem, const std::vector<double>& factors) {
    double smallest = 0;
    for (const double factor : factors)
        if (factor > 0) smallest = smallest == 0 ? factor : std::min(smallest, factor);
    if (smallest == 0) return Ranks(factors.size(), 0);
    return smallestScale(problem, 1 / smallest, [&](std::size_t i, double scale) -> std::int64_t {
        const double removed = std::min(1.0, scale * factors[i]);
        return removed > 0
                   ? uniformRank(problem.analysis.matrices[i].info, removed, problem.multiple)
                   : 0;
    });
}

/// A control that ignores the matrices: each keeps a share drawn at random, scaled to the
/// budget; what rounding leaves is given out in random order.
Ranks randomRanks(const ShareProblem& problem, std::uint64_t seed) {
    const CounterRandom random(seed, kRandomRankStream);
    static constexpr double kSmallestShare =
        0.05;  // a draw of nearly nothing would need a scale without bound
    Ranks ranks = smallestScale(problem, 1 / kSmallestShare, [&](std::size_t i, double scale) {
        const double share = kSmallestShare + (1 - kSmallestShare) * random.uniform(i);
        // Kept: the draw over a divisor that grows from nothing.
        const double kept = scale > 0 ? std::min(1.0, share / scale) : 1.0;
        return kept < 1 ? uniformRank(problem.analysis.matrices[i].info, 1 - kept, problem.multiple)
                        : 0;
    });
    std::int64_t left = problem.budget - costOf(problem.analysis, ranks);
    for (const std::size_t i : randomOrder(ranks.size(), seed)) {
        if (ranks[i] == 0) continue;
        const MatrixSpectrum& matrix = problem.analysis.matrices[i];
        const std::int64_t raised = cheaper(matrix, ranks[i] + problem.multiple);
        const std::int64_t price = matrix.parametersAt(raised) - matrix.parametersAt(ranks[i]);
        if (price > left) continue;
        left -= price;
        ranks[i] = raised;
    }
    return ranks;
}

/// Ranks by the spec's rule; those of locked matrices mean nothing yet.
Result<Ranks> ranksByRule(const Analysis& analysis, const PruneSpec& spec, const RankBase& base,
                          const std::vector<bool>& locked) {
    const ShareProblem shares{
        analysis, budgetOf(analysis, spec.target, base) + savedByHeld(analysis, base, locked),
        spec.rankMultiple, locked};
    switch (spec.ranks) {
        case RankRule::Uniform:
            return sharedRanks(shares, std::vector<double>(analysis.matrices.size(), 1.0));
        case RankRule::Tiers:
            return sharedRanks(shares, tierFactors(analysis, spec));
        case RankRule::Random:
            return randomRanks(shares, base.seed);
        case RankRule::Explicit:
            return explicitRanks(analysis, spec);
        case RankRule::Energy:
            return energyRanks(analysis, spec);
        case RankRule::Budget:
        case RankRule::Search:
            break;
    }
    if (spec.weights == WeightRule::Measured && !hasProbes(analysis))
        return fail(ErrorCode::InvalidInput,
                    "measured weights need probes, which the analysis does not hold; analyse the "
                    "model with prune.weights = measured");
    return budgetRanks(analysis, spec, base, damageCurves(analysis, damageRule(spec)));
}

}  // namespace

Result<Ranks> chooseRanks(const Analysis& analysis, const PruneSpec& spec, const RankBase& base) {
    const bool dense = spec.method == PruneMethod::None;
    const Ranks asItIs(analysis.matrices.size(), 0);
    if (dense && base.held == nullptr) return asItIs;
    SKD_TRY(const std::vector<bool> locked, lockedMatrices(analysis, spec.locked));
    SKD_TRY(Ranks ranks, dense ? asItIs : ranksByRule(analysis, spec, base, locked));
    for (std::size_t i = 0; i < ranks.size(); ++i)
        if (locked[i]) ranks[i] = heldRank(base, i);
    return ranks;
}

}  // namespace skd
