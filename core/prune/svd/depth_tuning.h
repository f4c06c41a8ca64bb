#pragma once

#include "prune/svd/analyse.h"
#include "ranks/arms.h"
#include "ranks/depth.h"

namespace skd {

/// A budget of spec.target to allocate by `damage`.
struct DepthProblem {
    const Decoder& model;
    const PruneSpec& spec;
    const AnalysisResult& analysis;
    const RankBase& base;
    const ArmDamage& damage;
};
struct DepthTuned {
    CutPlan plan;  ///< of the best trial; without ranks when cancelled
    std::vector<DepthTrial> trials;
    /// {"alpha", "gamma", "kl", "kl_without", "trials": [{"alpha", "gamma", "kl"}]}
    [[nodiscard]] Json details() const;
};
/// Tries spec.depth_trials weights by depth: the whole allocation that each gives is applied, and
/// its output's KL on the analysis' probe sequences measured, from the analysis' reference or from
/// `model` as it is. The first trial is the allocation without a weight. A profile of ranks that
/// was measured already, here or in an interrupted attempt, is not measured again.
Result<DepthTuned> tuneDepth(const DepthProblem& problem, const RunContext& context);

}  // namespace skd
