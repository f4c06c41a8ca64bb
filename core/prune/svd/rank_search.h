#pragma once

#include <functional>

#include "base/json.h"
#include "prune/svd/analyse.h"
#include "ranks/rank_rules.h"

namespace skd {

/// Perplexity of a model on the live slice; NaN when cancelled. Comes from the caller, since
/// pruning does not know evaluation.
using PruneEvaluate = std::function<Result<double>(const Decoder&)>;

struct SearchedRanks {
    std::vector<std::int64_t> ranks;  ///< empty when cancelled
    Json tried = Json::array();  ///< [{"target", "ppl"}] in the order in which they were measured
};
/// The fewest parameters whose perplexity is at most spec.search_ppl: bisection over budgets, eight
/// measurements, the largest cut that passed is taken. An error when even the model as it is does
/// not pass.
Result<SearchedRanks> searchRanks(const Decoder& model, const PruneSpec& spec,
                                  const AnalysisResult& analysis, const RankBase& base,
                                  const PruneEvaluate& evaluate);

}  // namespace skd
