#pragma once

#include "prune/svd/analyse.h"
#include "ranks/rank_rules.h"

namespace skd {

/// Ranks for spec.target by damage curves that are measured again while the cut deepens:
/// spec.remeasure times a part of what is to go is allocated; on the model cut so far each matrix
/// alone is taken to the rank that the whole cut would give it, and its curve is scaled to the KL
/// this adds. What the model before it can still compensate changes with depth, which probes
/// of the dense model do not see.
struct Remeasured {
    std::vector<std::int64_t> ranks;  ///< empty when cancelled
    std::vector<double> stateKl;      ///< nats per token of the partly cut model, per step
    DamageCurves damage;              ///< as the last step has left them
};
Result<Remeasured> remeasuredRanks(const Decoder& model, const PruneSpec& spec,
                                   const AnalysisResult& analysis, const RankBase& base,
                                   const RunContext& context);

}  // namespace skd
