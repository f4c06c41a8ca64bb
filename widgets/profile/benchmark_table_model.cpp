#include "profile/benchmark_table_model.h"

#include <cmath>

#include "charts/view_table.h"
#include "style/format.h"

namespace skd {

namespace {

QString quartiles(const Spread& ms) {
    const QString low = formatSpan(ms.low / 1000), high = formatSpan(ms.high / 1000);
    const QChar gap(0x202F);
    const bool sameUnit = low.section(gap, 1) == high.section(gap, 1);
    return QStringLiteral("%1 – %2").arg(sameUnit ? low.section(gap, 0, 0) : low, high);
}

GridCell spreadCell(const Spread& ms) {
    return {.text = quartiles(ms), .key = ms.high - ms.low};
}

GridModel::Row rowOf(const QString& model, const BenchmarkCell& cell) {
    const auto batch = static_cast<double>(cell.batch);
    return {{model},
            {formatTick(batch), batch},
            {formatSpan(cell.ttftMs.median / 1000), cell.ttftMs.median},
            spreadCell(cell.ttftMs),
            {formatSpan(cell.tpotMs.median / 1000), cell.tpotMs.median},
            spreadCell(cell.tpotMs),
            {formatValue(cell.decodeTokensPerSecond), cell.decodeTokensPerSecond},
            {std::isnan(cell.peakBytes) ? QStringLiteral("–") : formatMegabytes(cell.peakBytes),
             cell.peakBytes},
            {formatFactor(cell.prefillSpeedup.median), cell.prefillSpeedup.median},
            {formatFactor(cell.decodeSpeedup.median), cell.decodeSpeedup.median},
            {formatPercent(cell.boundShare, 0), cell.boundShare}};
}

}  // namespace

BenchmarkTableModel::BenchmarkTableModel(QObject* parent) : GridModel(parent) {
    setGrid({tr("Model"), tr("Batch"), tr("TTFT"), tr("quartiles"), tr("TPOT"), tr("quartiles"),
             tr("Tokens/s"), tr("Memory"), tr("Prefill"), tr("Decode"), tr("Of bound")},
            {});
    setHeaderTips({{},
                   tr("sequences answered at once"),
                   tr("time to first token, median: reading the prompts and choosing a token each"),
                   tr("of the time to first token"),
                   tr("time per output token, median: one step of the whole batch"),
                   tr("of the time per output token"),
                   tr("written by the whole batch"),
                   tr("weights, and what the process grew by at most"),
                   tr("the first model's TTFT of the same round / this model's"),
                   tr("the first model's TPOT of the same round / this model's"),
                   tr("weight bytes read per step / TPOT / read bandwidth")});
}

void BenchmarkTableModel::setReport(const BenchmarkReport& report, const QStringList& names) {
    Rows rows;
    for (std::size_t i = 0; i < report.models.size(); ++i)
        for (const BenchmarkCell& cell : report.models[i].cells)
            rows.push_back(rowOf(names.value(static_cast<int>(i)), cell));
    setRows(std::move(rows));
}

}  // namespace skd
