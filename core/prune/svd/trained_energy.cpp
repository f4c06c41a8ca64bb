#include "prune/svd/trained_energy.h"

#include <algorithm>
#include <cmath>

#include "prune/shared/prune_report.h"
#include "prune/svd/analysis_keys.h"
#include "prune/svd/elastic_cut.h"
#include "prune/svd/truncation_metric.h"

namespace skd {
namespace {

/// What is drawn and compared needs no more digits, and a record is read by everyone.
double roundedForRecord(double value) {
    if (!(value > 0)) return 0;
    const double scale = std::pow(10.0, 5 - std::floor(std::log10(value)));
    return std::round(value * scale) / scale;
}

ElasticEnergy energyOf(const Linear& matrix, const ErrorMetric& metric, std::int64_t grid) {
    const std::vector<double> errors = prefixErrors(*matrix.elastic(), metric);
    const double whole = errors.front();
    ElasticEnergy energy{matrix.name(), grid, {}};
    for (std::size_t r = 0;; r += static_cast<std::size_t>(grid)) {
        const std::size_t at = std::min(r, errors.size() - 1);
        energy.errors.push_back(whole > 0 ? roundedForRecord(errors[at] / whole) : 0);
        if (at + 1 == errors.size()) return energy;
    }
}

/// The statistics of some layers; those that a truncation does without stay undefined.
Result<Statistics> statisticsOf(const Decoder& model, const PruneSpec& spec,
                                const AnalysisInput& input, const LayerRange& layers,
                                const RunContext& context) {
    Statistics made;
    if (needsInputs(spec.truncation)) {
        SKD_TRY(made,
                collectStatistics(
                    model, statisticsPlan(spec, input.calibration, input.fisher, layers), context));
    }
    return made;
}

}  // namespace

Result<std::vector<ElasticEnergy>> trainedEnergies(const Decoder& student, const PruneSpec& spec,
                                                   const AnalysisInput& input, std::int64_t grid,
                                                   const RunContext& context) {
    // Statistics are watched at the matrices' outputs, whichever form these have.
    SKD_TRY(const Slice whole, sliced(student, rankCaps(student), SliceForm::Dense));
    Decoder walk = student;
    const MatrixSelection selection = selectionOf(spec.targets);
    const std::vector<Linear*> matrices = walk.matrices(selection);
    const std::vector<MatrixInfo> infos = whole.model.matrixInfos(selection);
    std::vector<ElasticEnergy> energies;
    for (std::size_t begin = 0; begin < whole.model.layers.size();) {
        const LayerRange layers = layersTogether(whole.model, infos, begin, spec.truncation);
        SKD_TRY(const Statistics made, statisticsOf(whole.model, spec, input, layers, context));
        for (std::size_t i = 0; i < matrices.size(); ++i) {
            const auto layer = static_cast<std::size_t>(infos[i].layer.value());
            if (!layers.contains(layer) || matrices[i]->elastic() == nullptr) continue;
            if (made.cancelled || context.cancelled()) return std::vector<ElasticEnergy>();
            ErrorMetric metric;
            if (!made.grams.empty())
                metric.gram = inputMetric(spec, made.grams[layer].of(infos[i].kind));
            if (!made.fisher.empty())
                metric.fisher = {shrunkGram(made.fisher[i], spec.shrinkOutput)};
            energies.push_back(energyOf(*matrices[i], metric, grid));
        }
        begin = layers.end;
    }
    return energies;
}

}  // namespace skd
