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

std::vector<FigureInfo> makeInfos() {
    return {
        {RunFigure::DensePpl, tr("dense PPL"),
         tr("perplexity of the model before anything was done"), formatPerplexity, true, true,
         false},
        {RunFigure::PostPrunePpl, tr("PPL before KD"),
         tr("perplexity after pruning, before distillation"), formatPerplexity, true, true, false},
        {RunFigure::PostKdPpl, tr("PPL after KD"), tr("perplexity after distillation"),
         formatPerplexity, true, true, false},
        {RunFigure::Recovery, tr("recovery"),
         tr("(before KD − after KD) / (before KD − dense): share of the collapse that distillation "
            "took back"),
         shareText, false, false, false},
        {RunFigure::MlpRemoved, tr("MLP removed"), tr("share of the MLP parameters that is gone"),
         shareText, false, false, false},
        {RunFigure::ParametersRemoved, tr("all removed"),
         tr("share of all parameters that is gone"), shareText, false, false, false},
        {RunFigure::BytesRemoved, tr("bytes removed"),
         tr("share of the weights' bytes that is gone"), shareText, false, false, true},
        {RunFigure::Parameters, tr("parameters"), tr("parameters of the student"), formatCount,
         true, false, true},
        {RunFigure::Seconds, tr("time"), tr("from start to end of the run"), durationText, true,
         false, false},
        {RunFigure::Ece, tr("ECE"), tr("expected calibration error of the final model"),
         formatValue, true, false, true},
        {RunFigure::KlToDense, tr("KL to dense"),
         tr("nats per token between the final model and the dense one"), formatValue, true, true,
         true},
        {RunFigure::Ttft, tr("TTFT"),
         tr("time to first token at the smallest batch, of the newest benchmark that was kept"),
         millisecondsText, true, false, true},
    };
}

/// Figures of a row are 0 or NaN while unknown.
double positive(double value) {
    return value > 0 ? value : std::nan("");
}

double recoveryOf(const RunRow& row) {
    if (!(row.postPrunePpl > row.densePpl) || !(row.densePpl > 0)) return std::nan("");
    return (row.postPrunePpl - positive(row.postKdPpl)) / (row.postPrunePpl - row.densePpl);
}

double shareOfBytes(double value) {
    return value <= 1 ? value : std::nan("");
}

}  // namespace

const std::vector<FigureInfo>& figureInfos() {
    static const std::vector<FigureInfo> infos = makeInfos();
    return infos;
}

const FigureInfo& infoOf(RunFigure figure) {
    return figureInfos().at(static_cast<std::size_t>(figure));
}

double figureOf(const ComparedRun& run, RunFigure figure) {
    const RunRow& row = run.row;
    const RunSummary& summary = run.summary;
    const auto quality = summary.quality ? summary.quality->final : QualityFigures{};
    switch (figure) {
        case RunFigure::DensePpl:
            return positive(row.densePpl);
        case RunFigure::PostPrunePpl:
            return positive(row.postPrunePpl);
        case RunFigure::PostKdPpl:
            return positive(row.postKdPpl);
        case RunFigure::Recovery:
            return recoveryOf(row);
        case RunFigure::MlpRemoved:
            return row.mlpRemoved;
        case RunFigure::ParametersRemoved:
            return row.parametersRemoved;
        case RunFigure::BytesRemoved:
            return shareOfBytes(valueOrNan(summary.bytesRemoved));
        case RunFigure::Parameters:
            return summary.parameters ? static_cast<double>(*summary.parameters) : std::nan("");
        case RunFigure::Seconds:
            return row.finishedMs > row.startedMs && row.startedMs > 0
                       ? static_cast<double>(row.finishedMs - row.startedMs) / 1000
                       : std::nan("");
        case RunFigure::Ece:
            return valueOrNan(quality.ece);
        case RunFigure::KlToDense:
            return valueOrNan(quality.klToDense);
        case RunFigure::Ttft:
            return run.ttftMs > 0 ? run.ttftMs : std::nan("");
    }
    return std::nan("");
}

double measuredTtft(const std::vector<MeasurementRow>& benchmarks, RunId id) {
    const std::string name = strCat("run:", id.value());
    for (const MeasurementRow& measurement : benchmarks) {
        const Json models = valueAt(measurement.document, "models");
        if (!models.is_array()) continue;
        for (const Json& model : models) {
            const Json own = valueAt(model, "name"), batches = valueAt(model, "batches");
            if (!own.is_string() || !batches.is_array()) continue;
            const auto text = own.get<std::string>();
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
