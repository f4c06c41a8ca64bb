#include "models/benchmark_table_model.h"

#include <cmath>

#include "delegates/format.h"
#include "models/view_table.h"

namespace skd {

namespace {

QString quartiles(const Measured& ms) {
    const QString low = formatSpan(ms.low / 1000), high = formatSpan(ms.high / 1000);
    const QChar gap(0x202F);
    const bool sameUnit = low.section(gap, 1) == high.section(gap, 1);
    return QStringLiteral("%1 – %2").arg(sameUnit ? low.section(gap, 0, 0) : low, high);
}

}  // namespace

void BenchmarkTableModel::setReport(const BenchmarkReport& report, const QStringList& names) {
    beginResetModel();
    m_lines.clear();
    for (std::size_t i = 0; i < report.models.size(); ++i)
        for (const BenchmarkCell& cell : report.models[i].cells)
            m_lines.push_back({names.value(static_cast<int>(i)), cell});
    endResetModel();
}

int BenchmarkTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int BenchmarkTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

double BenchmarkTableModel::value(const BenchmarkCell& cell, int column) {
    switch (column) {
        case Batch:
            return static_cast<double>(cell.batch);
        case Ttft:
            return cell.ttftMs.median;
        case TtftSpread:
            return cell.ttftMs.high - cell.ttftMs.low;
        case Tpot:
            return cell.tpotMs.median;
        case TpotSpread:
            return cell.tpotMs.high - cell.tpotMs.low;
        case Rate:
            return cell.decodeTokensPerSecond;
        case Memory:
            return cell.peakBytes;
        case Prefill:
            return cell.prefillSpeedup.median;
        case Decode:
            return cell.decodeSpeedup.median;
        default:
            return cell.boundShare;
    }
}

QString BenchmarkTableModel::text(const Line& line, int column) {
    const BenchmarkCell& cell = line.cell;
    switch (column) {
        case Model:
            return line.model;
        case Batch:
            return formatTick(cell.batch);
        case Ttft:
            return formatSpan(cell.ttftMs.median / 1000);
        case TtftSpread:
            return quartiles(cell.ttftMs);
        case Tpot:
            return formatSpan(cell.tpotMs.median / 1000);
        case TpotSpread:
            return quartiles(cell.tpotMs);
        case Rate:
            return formatValue(cell.decodeTokensPerSecond);
        case Memory:
            return std::isnan(cell.peakBytes) ? QStringLiteral("–")
                                              : formatMegabytes(cell.peakBytes);
        case Prefill:
            return formatFactor(cell.prefillSpeedup.median);
        case Decode:
            return formatFactor(cell.decodeSpeedup.median);
        default:
            return formatPercent(cell.boundShare, 0);
    }
}

QVariant BenchmarkTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Line& line = m_lines[index.row()];
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((index.column() == Model ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    if (role == Qt::DisplayRole) return text(line, index.column());
    const bool spread = index.column() == TtftSpread || index.column() == TpotSpread;
    if (role == kExactValueRole && index.column() != Model && !spread)
        return value(line.cell, index.column());
    if (role != Qt::UserRole) return {};
    if (index.column() == Model) return line.model;
    const double number = value(line.cell, index.column());
    return std::isnan(number) ? -1.0 : number;
}

QVariant BenchmarkTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == Model ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    const std::pair<QString, QString> columns[] = {
        {tr("Model"), {}},
        {tr("Batch"), tr("sequences answered at once")},
        {tr("TTFT"),
         tr("time to first token, median: reading the prompts and choosing a token each")},
        {tr("quartiles"), tr("of the time to first token")},
        {tr("TPOT"), tr("time per output token, median: one step of the whole batch")},
        {tr("quartiles"), tr("of the time per output token")},
        {tr("Tokens/s"), tr("written by the whole batch")},
        {tr("Memory"), tr("weights, and what the process grew by at most")},
        {tr("Prefill"), tr("the first model's TTFT of the same round / this model's")},
        {tr("Decode"), tr("the first model's TPOT of the same round / this model's")},
        {tr("Of bound"), tr("weight bytes read per step / TPOT / read bandwidth")}};
    if (role == Qt::DisplayRole) return columns[section].first;
    if (role == Qt::ToolTipRole) return columns[section].second;
    return {};
}

}  // namespace skd
