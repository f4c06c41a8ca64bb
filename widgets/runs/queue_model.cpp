#include "runs/queue_model.h"

#include <QMimeData>
#include <algorithm>

#include "style/format.h"

namespace skd {

namespace {
const QString kMime = QStringLiteral("application/x-sparsekd-queued-run");
}

QueueModel::QueueModel(Workspace& workspace, QObject* parent)
    : QAbstractListModel(parent), m_workspace(workspace) {
    workspace.events().on<QueueChanged>(this, &QueueModel::take);
    connect(&workspace, &Workspace::runsChanged, this, &QueueModel::readNames);
    if (workspace.session() != nullptr) take(workspace.session()->queue());
}

void QueueModel::take(const QueueChanged& queue) {
    beginResetModel();
    m_runs.clear();
    for (const RunId run : queue.runs) {
        m_runs.emplace_back();
        m_runs.back().id = run;
    }
    m_held = queue.held;
    endResetModel();
    readNames();
    Q_EMIT changed();
}

void QueueModel::readNames() {
    if (m_runs.empty()) return;
    m_workspace.reader().ask(
        this, [](const RunStore& store) { return store.runs(); },
        [this](const Result<std::vector<RunRow>>& rows) {
            for (const RunRow& row : rows.value_or(std::vector<RunRow>{}))
                if (const int place = indexOf(row.id); place >= 0) m_runs[place] = row;
            if (!m_runs.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
        });
}

int QueueModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const RunRow& run = m_runs[index.row()];
    if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole)
        return tr("%1. %2")
            .arg(index.row() + 1)
            .arg(run.name.empty() ? tr("run %1").arg(run.id.value()) : asText(run.name));
    if (role == Qt::ToolTipRole)
        return tr("%1 · added %2").arg(asText(run.model), formatTime(run.createdMs));
    return {};
}

Qt::ItemFlags QueueModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return m_workspace.readOnly() ? Qt::NoItemFlags : Qt::ItemIsDropEnabled;
    Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
    if (!m_workspace.readOnly()) flags |= Qt::ItemIsDragEnabled;
    return flags;
}

QStringList QueueModel::mimeTypes() const {
    return {kMime};
}

QMimeData* QueueModel::mimeData(const QModelIndexList& indexes) const {
    if (indexes.isEmpty()) return nullptr;
    auto* data = new QMimeData;
    data->setData(kMime, QByteArray::number(runAt(indexes.front().row()).value()));
    return data;
}

bool QueueModel::dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int,
                              const QModelIndex& parent) {
    if (action != Qt::MoveAction || !data->hasFormat(kMime)) return false;
    const RunId run(data->data(kMime).toLongLong());
    if (indexOf(run) < 0) return false;
    move(run, row >= 0 ? row : parent.isValid() ? parent.row() : rowCount());
    return false;  // the engine says how the queue is; the view must not take the row away itself
}

int QueueModel::indexOf(RunId run) const {
    const auto found =
        std::find_if(m_runs.begin(), m_runs.end(), [run](const RunRow& r) { return r.id == run; });
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

void QueueModel::move(RunId run, int row) {
    const int from = indexOf(run);
    if (from < 0 || m_workspace.session() == nullptr) return;
    std::vector<RunId> order;
    for (int i = 0; i <= rowCount(); ++i) {
        if (i == row) order.push_back(run);
        if (i < rowCount() && i != from) order.push_back(runAt(i));
    }
    m_workspace.session()->reorderQueue(order);
}

}  // namespace skd
