#include "compare/run_figures.h"

#include <QCoreApplication>
#include <cmath>

#include "base/text.h"
#include "report/study_results.h"
#include "style/format.h"

namespace skd {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Figures", text);
}

QString shareText(double value) {
    return formatPercent(value);
}
QString durationText(double seconds) {
    return std::isfinite(seconds) ? formatDuration(seconds) : QStringLiteral("–");
}
QString millisecondsText(double value) {
    return std::isfinite(value) ? tr("%1 ms").arg(formatValue(value)) : QStringLiteral("–");
}

/// Figures of a row are 0 or NaN while unknown.
double positive(double value) {
    return value > 0 ? value : std::nan("");
}

double recoveryOf(const RunRow& row) {
    if (!(row.postPrunePpl > row.densePpl) || !(row.densePpl > 0)) return std::nan("");
    return (row.postPrunePpl - positive(row.postKdPpl)) / (row.postPrunePpl - row.densePpl);
}

QualityFigures qualityOf(const ComparedRun& run) {
    return run.summary.quality ? run.summary.quality->final : QualityFigures{};
}

std::vector<FigureInfo> makeInfos() {
    using Run = const ComparedRun&;
    return {
        {RunFigure::DensePpl, tr("dense PPL"),
         tr("perplexity of the model before anything was done"), formatPerplexity,
         [](Run run) { return positive(run.row.densePpl); }, true, true, false},
        {RunFigure::PostPrunePpl, tr("PPL before KD"),
         tr("perplexity after pruning, before distillation"), formatPerplexity,
         [](Run run) { return positive(run.row.postPrunePpl); }, true, true, false},
        {RunFigure::PostKdPpl, tr("PPL after KD"), tr("perplexity after distillation"),
         formatPerplexity, [](Run run) { return positive(run.row.postKdPpl); }, true, true, false},
        {RunFigure::Recovery, tr("recovery"),
         tr("(before KD − after KD) / (before KD − dense): share of the collapse that distillation "
            "took back"),
         shareText, [](Run run) { return recoveryOf(run.row); }, false, false, false},
        {RunFigure::MlpRemoved, tr("MLP removed"), tr("share of the MLP parameters that is gone"),
         shareText, [](Run run) { return run.row.mlpRemoved; }, false, false, false},
        {RunFigure::ParametersRemoved, tr("all removed"),
         tr("share of all parameters that is gone"), shareText,
         [](Run run) { return run.row.parametersRemoved; }, false, false, false},
        {RunFigure::BytesRemoved, tr("bytes removed"),
         tr("share of the weights' bytes that is gone"), shareText,
         [](Run run) {
             const double share = valueOrNan(run.summary.bytesRemoved);
             return share <= 1 ? share : std::nan("");
         },
         false, false, true},
        {RunFigure::Parameters, tr("parameters"), tr("parameters of the student"), formatCount,
         [](Run run) {
             const auto& parameters = run.summary.parameters;
             return parameters ? static_cast<double>(*parameters) : std::nan("");
         },
         true, false, true},
        {RunFigure::Seconds, tr("time"), tr("from start to end of the run"), durationText,
         [](Run run) {
             const auto [begin, end] = std::pair(run.row.startedMs, run.row.finishedMs);
             return end > begin && begin > 0 ? static_cast<double>(end - begin) / 1000
                                             : std::nan("");
         },
         true, false, false},
        {RunFigure::Ece, tr("ECE"),
         tr("expected calibration error of the final model, on the selection text"), formatValue,
         [](Run run) { return valueOrNan(qualityOf(run).ece); }, true, false, true},
        {RunFigure::KlToDense, tr("KL to dense"),
         tr("nats per token between the final model and the dense one, on the selection text"),
         formatValue, [](Run run) { return valueOrNan(qualityOf(run).klToDense); }, true, true,
         true},
        {RunFigure::Ttft, tr("TTFT"),
         tr("time to first token at the smallest batch, of the newest benchmark that was kept"),
         millisecondsText, [](Run run) { return positive(run.ttftMs); }, true, false, true},
    };
}

}  // namespace

const std::vector<FigureInfo>& figureInfos() {
    static const std::vector<FigureInfo> infos = makeInfos();
    return infos;
}

const FigureInfo& infoOf(RunFigure figure) {
    return figureInfos().at(static_cast<std::size_t>(figure));
}

double commonLevel(const std::vector<double>& levels) {
    double level = std::nan("");
    for (double own : levels) {
        if (std::isnan(own)) continue;
        if (!std::isnan(level) && std::abs(own - level) > 1e-3 * level) return std::nan("");
        level = own;
    }
    return level;
}

double measuredTtft(const std::vector<MeasurementRow>& benchmarks, RunId id) {
    const std::string name = strCat("run:", id.value());
    for (const MeasurementRow& measurement : benchmarks) {
        const Json models = valueAt(measurement.document, "models");
        if (!models.is_array()) continue;
        for (const Json& model : models) {
            const Json own = valueAt(model, "name"), batches = valueAt(model, "batches");
            if (!own.is_string() || !batches.is_array()) continue;
            const auto text = valueOr(own, "");
            if (text != name && text.rfind(name + "@", 0) != 0) continue;
            double smallest = INFINITY, found = std::nan("");
            for (const Json& cell : batches) {
                const double batch = numberOf(valueAt(cell, "batch")),
                             ttft = numberOf(valueAt(cell, "ttft_ms.median"));
                if (batch < smallest && std::isfinite(ttft)) {
                    smallest = batch;
                    found = ttft;
                }
            }
            if (!std::isnan(found)) return found;
        }
    }
    return std::nan("");
}

}  // namespace skd
