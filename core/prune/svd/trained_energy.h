#pragma once

#include <vector>

#include "prune/svd/analyse.h"
#include "results/elastic_summary.h"

namespace skd {

/// By elastic matrix of `student`, which was trained: what the prefixes of its components leave out
/// (prefixErrors, relative to r = 0) at r = 0, `grid`, 2 `grid` ... and its cap, under the metric
/// of spec.truncation. The metric is that of the student itself at its largest size on the
/// calibration and Fisher text of `input`. resources/help/method.md, Elastic students: the factors,
/// Energy. Empty when cancelled. Numeric where a statistic is not finite.
Result<std::vector<ElasticEnergy>> trainedEnergies(const Decoder& student, const PruneSpec& spec,
                                                   const AnalysisInput& input, std::int64_t grid,
                                                   const RunContext& context);

}  // namespace skd
