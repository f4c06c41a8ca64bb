#pragma once

#include <optional>
#include <vector>

#include "model/elastic.h"
#include "prune/shared/prune_report.h"
#include "prune/svd/analyse.h"

/// The start of an elastic student: one cut that holds every smaller one (resources/help/method.md,
/// Elastic students: the factors).
namespace skd {

/// The first `cap` terms of the decomposition as components in their order, all in use: a prefix of
/// r is the product of factorsAt at rank r. Each is balanced so that the entries of both its rows
/// have the same mean square.
ElasticWeight elasticAt(const Linear& matrix, const Decomposition& decomposition, std::int64_t cap);

struct ElasticCut {
    /// By the order of analysis.decompositions: components to hold. 0 leaves a matrix as it is, at
    /// every size; full rank, min(rows, columns), holds a matrix that is whole at some of them.
    std::vector<std::int64_t> caps;
    std::optional<DenseReference> reference;  ///< of the run's dense model; empty = `model`
};

/// Turns `model`, which was analysed, into an elastic one at its caps; gate and up become one
/// matrix where the analysis took them so. Emits RanksChosen. The report counts parameters as
/// spec.form would hold them, and bytes as they are stored. InvalidInput, with nothing changed, for
/// caps of other matrices or beyond what was decomposed; nothing is changed when cancelled either.
Result<PruneReport> cutElastic(Decoder& model, const PruneSpec& spec,
                               const AnalysisResult& analysis, const ElasticCut& cut,
                               const RunContext& context);

/// Ranks in the order of the analysis' matrices, by name.
MatrixRanks ranksByName(const Analysis& analysis, const std::vector<std::int64_t>& ranks);

/// By r = 0 to cap: the norm of W_cap - W_r, the square root of trace(H (W_cap - W_r) G
/// (W_cap - W_r)^T) with H as it is given. Of components that stand in no special relation to each
/// other, as training leaves them: it need not fall with r. In f64, one Gram matrix for all r.
std::vector<double> prefixErrors(const ElasticWeight& weight, const ErrorMetric& metric);

}  // namespace skd
