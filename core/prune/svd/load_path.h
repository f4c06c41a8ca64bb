#pragma once

#include "events/run_context.h"
#include "prune/shared/model_output.h"
#include "prune/svd/decomposition.h"
#include "results/analysis.h"
#include "spec/prune_spec.h"

namespace skd {

/// Ranks at which matrices are probed, and the state of the model around the one that is probed.
struct ProbePlan {
    MatrixSelection selection;  ///< the matrices, in the order of Decoder::matrices
    std::vector<std::vector<std::int64_t>> ranks;  ///< per matrix; 0 = as it is in the model
    std::vector<std::int64_t> state;               ///< ranks of all others; empty = all as they are
    const ModelOutput* reference = nullptr;  ///< what KL is measured from; null = the model itself
};

/// Probe ranks of each matrix, ascending, distinct multiples of spec.rank_multiple below its
/// current rank or break-even: spec.probe_fraction of that, and a tenth of it (power law), or
/// others between a quarter of it and 0.9 by powers, spec.probe_ranks in all (points).
std::vector<std::vector<std::int64_t>> probeRanks(const Analysis& analysis, const PruneSpec& spec);

struct LoadPath {
    double stateKl = 0;                   ///< KL of the state itself
    std::vector<std::vector<double>> kl;  ///< per matrix and rank of the plan; empty when cancelled
};

/// The load-path map: with the model in the plan's state, each matrix alone at each of its ranks:
/// mean KL of the output from the reference on `sequences` ([length] int64 each), nats per token
/// (resources/help/method.md, Damage of a rank). Hidden states before every layer are kept, so
/// a probe reruns only the layers from its own on.
Result<LoadPath> measureLoadPath(const Decoder& model,
                                 const std::vector<Decomposition>& decompositions,
                                 const std::vector<at::Tensor>& sequences, const ProbePlan& plan,
                                 const RunContext& context);

/// Factors at `rank` as a matrix of `model` takes them; its own form where `rank` is 0. What is
/// only measured is measured so in every form: the map is the same.
Linear::Form formAt(const Linear& matrix, const Decomposition& decomposition, std::int64_t rank);

}  // namespace skd
