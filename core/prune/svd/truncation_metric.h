#pragma once

#include "prune/svd/statistics.h"
#include "spec/prune_spec.h"

/// What a truncation measures errors by (ErrorMetric), and the statistics of text behind it.
namespace skd {

/// As many layers from `begin` on as have room in memory for what their truncation adds up; one at
/// least. `infos` are the matrices of `model`.
LayerRange layersTogether(const Decoder& model, const std::vector<MatrixInfo>& infos,
                          std::size_t begin, Truncation truncation);

/// What a pass over text is to add up for these layers under spec.truncation; the sets must outlive
/// it. For truncations that need text.
StatisticsPlan statisticsPlan(const PruneSpec& spec, const CalibrationSet& calibration,
                              const CalibrationSet& fisher, const LayerRange& layers);

/// G of ErrorMetric from the statistic of a matrix' inputs; undefined stays undefined.
at::Tensor inputMetric(const PruneSpec& spec, const at::Tensor& statistic);

}  // namespace skd
