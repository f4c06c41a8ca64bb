#pragma once

#include <functional>

#include "prune/shared/prune_report.h"
#include "prune/svd/analyse.h"
#include "ranks/arms.h"
#include "results/break_even.h"

namespace skd {

/// Perplexity of a model on the live slice; NaN when cancelled. Comes from the caller, since
/// pruning does not know evaluation.
using PruneEvaluate = std::function<Result<double>(const Decoder&)>;

struct PruneOptions {
    std::optional<DenseReference>
        reference;           ///< of the run's dense model; empty = the model as it is given
    PruneEvaluate evaluate;  ///< needed by ranks = search
    /// Measured times of this machine: needed, with every shape at spec.cost_batch, by cost =
    /// latency; otherwise only for a warning about ranks that are not faster. May be null.
    const BreakEvenTable* timings = nullptr;
};

/// Replaces each target matrix by factors of the given rank (0 leaves it), in place.
void applyRanks(Decoder& model, const std::vector<Decomposition>& decompositions,
                const std::vector<std::int64_t>& ranks, const MatrixSelection& selection = {});

/// The same of a whole plan: MLPs at their widths as well.
void applyCut(Decoder& model, const AnalysisResult& analysis, const CutPlan& plan,
              const MatrixSelection& selection = {});

/// The ranks in the identity-block form. What that form cannot hold in f32 becomes plain factors,
/// or stays as it is where those would be larger, with a warning. False when cancelled.
Result<bool> applyBlocks(Decoder& model, const AnalysisResult& analysis,
                         const std::vector<std::int64_t>& ranks, const MatrixSelection& selection,
                         const RunContext& context);

/// What every cut begins with: gate and up become one matrix where the analysis took them so, and
/// the dense model's counts, `known` or the model's own. InvalidInput where the analysis is of
/// other matrices.
Result<DenseReference> beginCut(Decoder& model, const PruneSpec& spec,
                                const AnalysisResult& analysis,
                                const std::optional<DenseReference>& known);

/// What ratios of an analysed model's matrices are against; biases are target parameters that no
/// rank removes.
RankBase rankBase(const Decoder& model, const DenseReference& reference,
                  const AnalysisResult& analysis, std::uint64_t seed);

/// Chooses ranks and applies them; emits RanksChosen. `model` is the one that was analysed, dense
/// or factored by earlier rounds; gate and up become one matrix in it where the analysis took them
/// so.
Result<PruneReport> prune(Decoder& model, const PruneSpec& spec, const AnalysisResult& analysis,
                          const RunContext& context, const PruneOptions& options = {});

}  // namespace skd
