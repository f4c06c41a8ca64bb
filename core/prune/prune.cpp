#include "prune/prune.h"

#include <cmath>
#include <numeric>

#include "base/text.h"
#include "prune/allocation.h"

namespace skd {
namespace {

Result<std::vector<std::int64_t>> explicitRanks(const Analysis& analysis, const PruneSpec& spec) {
    std::vector<std::int64_t> ranks;
    std::vector<std::string> names;
    std::size_t used = 0;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        names.push_back(matrix.info.name);
        const auto found = spec.explicitRanks.find(matrix.info.name);
        ranks.push_back(found == spec.explicitRanks.end() ? 0 : found->second);
        if (found != spec.explicitRanks.end()) ++used;
        const std::int64_t limit = std::min(matrix.info.rows, matrix.info.columns);
        if (ranks.back() < 0 || ranks.back() > limit)
            return fail(ErrorCode::InvalidInput, strCat("rank ", ranks.back(), " of ", matrix.info.name, " must lie between 0 and ", limit));
    }
    if (used == spec.explicitRanks.size()) return ranks;
    for (const auto& [name, rank] : spec.explicitRanks)
        if (std::find(names.begin(), names.end(), name) == names.end())
            return fail(ErrorCode::InvalidInput, strCat("explicit_ranks names ", name, ", which the model does not have; nearest is ", nearestName(name, names)));
    return ranks;
}

std::vector<std::int64_t> budgetRanks(const Analysis& analysis, const PruneSpec& spec) {
    const std::vector<double> weights = matrixWeights(analysis, spec.truncation, spec.weights);
    std::vector<std::vector<double>> tails;
    for (const MatrixSpectrum& matrix : analysis.matrices) tails.push_back(squaredTail(spectrumOf(matrix, spec.truncation)));
    return allocateBudget(analysis, {spec.target, spec.rankMultiple, tails, weights, {}});
}

}  // namespace

Result<std::vector<std::int64_t>> chooseRanks(const Analysis& analysis, const PruneSpec& spec) {
    if (spec.method == PruneMethod::None) return std::vector<std::int64_t>(analysis.matrices.size(), 0);
    if (spec.ranks == RankRule::Explicit) return explicitRanks(analysis, spec);
    if (spec.ranks == RankRule::Budget) return budgetRanks(analysis, spec);
    std::vector<std::int64_t> ranks;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        if (spec.ranks == RankRule::Uniform) ranks.push_back(spec.target > 0 ? uniformRank(matrix.info, spec.target, spec.rankMultiple) : 0);
        else ranks.push_back(rankForEnergy(matrix.info, squaredTail(spectrumOf(matrix, spec.truncation)), spec.energy, spec.rankMultiple));
    }
    return ranks;
}

void applyRanks(Decoder& model, const std::vector<Decomposition>& decompositions, const std::vector<std::int64_t>& ranks) {
    const std::vector<Linear*> matrices = model.matrices();
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        if (ranks[i] == 0) continue;
        const Factors factors = factorsAt(decompositions[i], matrices[i]->weight(), ranks[i]);
        matrices[i]->replace(LowRankWeight{factors.a.to(model.device(), model.dtype()), factors.b.to(model.device(), model.dtype())});
    }
}

Result<PruneReport> prune(Decoder& model, const PruneSpec& spec, const AnalysisResult& analysis, const RunContext& context) {
    SKD_TRY(const std::vector<std::int64_t> ranks, chooseRanks(*analysis.analysis, spec));
    if (context.cancelled()) {
        PruneReport report;
        report.cancelled = true;
        return report;
    }
    const DenseReference reference = denseReference(model, spec);
    applyRanks(model, analysis.decompositions, ranks);
    PruneReport report = reportOf(model, reference);
    context.emit(RanksChosen{context.run, report.ranks});
    return report;
}

}  // namespace skd
