#include "runs/runs_model.h"

#include <algorithm>
#include <cmath>

#include "style/format.h"

namespace skd {

RunsModel::RunsModel(Workspace& workspace, QObject* parent)
    : QAbstractListModel(parent), m_workspace(workspace) {
    connect(&workspace, &Workspace::runsChanged, this, &RunsModel::reload);
    workspace.events().on<MetricBatch>(this, &RunsModel::extendSparkline);
}

int RunsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant RunsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const RunRow& run = row(index.row());
    switch (role) {
        case Qt::DisplayRole:
        case Qt::EditRole:
            return asText(run.name);
        case Qt::ToolTipRole:
            return tr("%1\n%2 · seed %3 · %4\n%5")
                .arg(asText(run.name), asText(run.model))
                .arg(run.seed)
                .arg(formatTime(run.createdMs), endOf(run));
        case Qt::AccessibleTextRole:
            return QStringLiteral("%1, %2, %3")
                .arg(asText(run.name), statusText(run.status), perplexityPath(run));
        case RowRole:
            return QVariant::fromValue(run);
        case SparklineRole: {
            wantSparkline(run.id);
            const auto found = m_sparklines.find(run.id.value());
            return found == m_sparklines.end() ? QVariant()
                                               : QVariant::fromValue(found->second.values);
        }
        default:
            return {};
    }
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractListModel::flags(index);
    if (index.isValid() && !m_workspace.readOnly()) flags |= Qt::ItemIsEditable;
    return flags;
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || role != Qt::EditRole || value.toString().trimmed().isEmpty())
        return false;
    if (value.toString() == data(index, Qt::EditRole).toString()) return false;
    Q_EMIT renamed(row(index.row()), value.toString().trimmed().toStdString());
    return true;
}

int RunsModel::indexOf(RunId run) const {
    // Newest first, so ids fall.
    const auto found = std::lower_bound(m_rows.begin(), m_rows.end(), run,
                                        [](const RunRow& r, RunId id) { return r.id > id; });
    return found == m_rows.end() || found->id != run ? -1
                                                     : static_cast<int>(found - m_rows.begin());
}

void RunsModel::setIncludeDeleted(bool include) {
    m_includeDeleted = include;
    reload();
}

void RunsModel::reload() {
    m_workspace.reader().ask(
        this, [all = m_includeDeleted](const RunStore& store) { return store.runs(all); },
        [this](Result<std::vector<RunRow>> rows) {
            if (rows)
                setRows(std::move(*rows));
            else
                Q_EMIT m_workspace.problemReported(asText(rows.error()));
        });
}

void RunsModel::setRows(std::vector<RunRow> rows) {
    mergeRows(std::move(rows));
    Q_EMIT loaded();
}

void RunsModel::mergeRows(std::vector<RunRow> rows) {
    std::unordered_set<std::int64_t> wanted;
    for (const RunRow& run : rows) wanted.insert(run.id.value());
    for (int i = rowCount() - 1; i >= 0; --i) {
        if (wanted.contains(row(i).id.value())) continue;
        beginRemoveRows({}, i, i);
        m_rows.erase(m_rows.begin() + i);
        endRemoveRows();
    }
    // Both lists are newest first, so what is new can be put in where it stands in the new list.
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i < m_rows.size() && m_rows[i].id == rows[i].id) continue;
        const int here = indexOf(rows[i].id);
        if (here >= 0) {  // the order itself changed: rare, start over
            beginResetModel();
            m_rows = std::move(rows);
            endResetModel();
            return;
        }
        std::size_t last = i;
        while (last + 1 < rows.size() && indexOf(rows[last + 1].id) < 0) ++last;
        beginInsertRows({}, static_cast<int>(i), static_cast<int>(last));
        m_rows.insert(m_rows.begin() + static_cast<std::ptrdiff_t>(i),
                      rows.begin() + static_cast<std::ptrdiff_t>(i),
                      rows.begin() + static_cast<std::ptrdiff_t>(last + 1));
        endInsertRows();
        i = last;
    }
    m_rows = std::move(rows);
    if (!m_rows.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

void RunsModel::Sparkline::append(double value) {
    if (seen++ % stride != 0) return;
    values.push_back(value);
    if (values.size() < kSparkPoints) return;
    for (std::size_t i = 0; 2 * i < values.size(); ++i) values[i] = values[2 * i];
    values.resize((values.size() + 1) / 2);
    stride *= 2;
}

void RunsModel::wantSparkline(RunId run) const {
    if (!m_asked.insert(run.value()).second) return;
    auto* self = const_cast<RunsModel*>(this);  // a cache: data() stays const to its callers
    m_workspace.reader().ask(
        self, [run](const RunStore& store) { return store.series(run, "ppl.live"); },
        [self, run](Result<Series> series) {
            if (!series) return;
            Sparkline& line = self->m_sparklines[run.value()];
            for (double value : series->values) line.append(value);
            const int row = self->indexOf(run);
            if (row >= 0)
                Q_EMIT self->dataChanged(self->index(row), self->index(row), {SparklineRole});
        });
}

void RunsModel::extendSparkline(const MetricBatch& batch) {
    if (const int known = indexOf(batch.run);
        known >= 0 && row(known).status == RunStatus::Completed)
        return;  // it is replayed
    bool grown = false;
    for (const MetricPoint& point : batch.points) {
        if (point.name != "ppl.live") continue;
        m_asked.insert(batch.run.value());
        m_sparklines[batch.run.value()].append(point.value);
        grown = true;
    }
    const int row = grown ? indexOf(batch.run) : -1;
    if (row >= 0) Q_EMIT dataChanged(index(row), index(row), {SparklineRole});
}

}  // namespace skd
