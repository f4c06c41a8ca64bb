#include "prune/svd/truncation_metric.h"

#include "prune/shared/prune_report.h"
#include "prune/svd/analysis_keys.h"
#include "prune/svd/decomposition.h"

namespace skd {
namespace {

/// Statistics of a group of layers are held at a time; a model whose layers need more takes several
/// passes.
constexpr std::int64_t kStatisticsBytes = std::int64_t{3} << 30;

/// Bytes of one layer's statistics.
std::int64_t statisticsBytes(const std::vector<MatrixInfo>& infos, std::size_t layer,
                             Truncation truncation) {
    std::int64_t bytes = 0;
    for (const MatrixInfo& info : infos) {
        if (static_cast<std::size_t>(info.layer.value()) != layer) continue;
        if (truncation == Truncation::Fisher) bytes += 4 * info.rows * info.rows;
        if (inputOf(info.kind) == info.kind || info.kind == MatrixKind::GateUp)
            bytes += 8 * info.columns * info.columns;
    }
    return bytes;
}

}  // namespace

LayerRange layersTogether(const Decoder& model, const std::vector<MatrixInfo>& infos,
                          std::size_t begin, Truncation truncation) {
    if (!needsInputs(truncation)) return {begin, model.layers.size()};
    std::int64_t bytes = statisticsBytes(infos, begin, truncation);
    std::size_t end = begin + 1;
    while (end < model.layers.size() &&
           (bytes += statisticsBytes(infos, end, truncation)) <= kStatisticsBytes)
        ++end;
    return {begin, end};
}

StatisticsPlan statisticsPlan(const PruneSpec& spec, const CalibrationSet& calibration,
                              const CalibrationSet& fisher, const LayerRange& layers) {
    const MatrixSelection selection = selectionOf(spec.targets);
    const auto statistic =
        spec.truncation == Truncation::Asvd ? InputStatistic::MeanAbsolute : InputStatistic::Gram;
    StatisticsPlan plan{&calibration, {selection, statistic, layers}, nullptr, {}};
    if (spec.truncation == Truncation::Fisher) {
        plan.outputs = &fisher;
        plan.fisher = {selection, layers, spec.fisherEdge, spec.fisherClip};
    }
    return plan;
}

at::Tensor inputMetric(const PruneSpec& spec, const at::Tensor& statistic) {
    if (spec.truncation == Truncation::Asvd) return asvdGram(statistic, spec.asvdAlpha);
    return shrunkGram(statistic, spec.shrinkInput);
}

}  // namespace skd
