#pragma once

#include "events/run_context.h"
#include "model/decoder.h"
#include "prune/analyse.h"
#include "prune/prune_report.h"

namespace skd {

/// Ranks that `spec` asks for; errors name matrices that do not exist or ranks that are too large.
Result<std::vector<std::int64_t>> chooseRanks(const Analysis& analysis, const PruneSpec& spec);

/// Replaces each MLP matrix by factors of the given rank (0 leaves it), in place.
void applyRanks(Decoder& model, const std::vector<Decomposition>& decompositions, const std::vector<std::int64_t>& ranks);

/// Chooses ranks and applies them; emits RanksChosen.
Result<PruneReport> prune(Decoder& model, const PruneSpec& spec, const AnalysisResult& analysis, const RunContext& context);

}  // namespace skd
