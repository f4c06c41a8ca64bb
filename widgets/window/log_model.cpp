#include "window/log_model.h"

#include <QDateTime>

namespace skd {

int LogModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

QVariant LogModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Line& line = m_lines[index.row()];
    const QString time =
        QDateTime::fromMSecsSinceEpoch(line.timeMs).toString(QStringLiteral("hh:mm:ss"));
    switch (role) {
        case Qt::DisplayRole:
            return line.text;
        case Qt::ToolTipRole:
        case Qt::AccessibleTextRole:
            return QStringLiteral("%1 %2 %3")
                .arg(time, QLatin1String(log::levelName(line.level)), line.text);
        case LevelRole:
            return static_cast<int>(line.level);
        case TimeRole:
            return time;
        default:
            return {};
    }
}

void LogModel::append(log::Level level, const QString& text) {
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    if (!m_lines.empty()) {  // a line may come through a run's events and through the process's log
        const Line& last = m_lines.back();
        if (last.level == level && last.text == text && now - last.timeMs < 500) return;
    }
    if (rowCount() >= kLimit) {
        beginRemoveRows({}, 0, kLimit / 10 - 1);
        m_lines.erase(m_lines.begin(), m_lines.begin() + kLimit / 10);
        endRemoveRows();
    }
    beginInsertRows({}, rowCount(), rowCount());
    m_lines.push_back({level, now, text});
    endInsertRows();
    if (level >= log::Level::Warning) Q_EMIT warningsChanged(++m_warnings);
}

void LogModel::clear() {
    beginResetModel();
    m_lines.clear();
    m_warnings = 0;
    endResetModel();
    Q_EMIT warningsChanged(0);
}

void LogProxy::setMinimumLevel(log::Level level) {
    m_level = level;
    invalidateFilter();
}

bool LogProxy::filterAcceptsRow(int row, const QModelIndex& parent) const {
    const QModelIndex line = sourceModel()->index(row, 0, parent);
    return line.data(LogModel::LevelRole).toInt() >= static_cast<int>(m_level) &&
           QSortFilterProxyModel::filterAcceptsRow(row, parent);
}

}  // namespace skd
