#include "models/grid_model.h"

#include <QFont>
#include <QPixmap>
#include <cmath>

#include "models/view_table.h"

namespace skd {

void GridModel::setGrid(QStringList header, Rows rows) {
    beginResetModel();
    m_header = std::move(header);
    m_rows = std::move(rows);
    for (auto& row : m_rows) row.resize(static_cast<std::size_t>(m_header.size()));
    endResetModel();
}

void GridModel::setStrongColor(const QColor& color) {
    m_strong = color;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1),
                           {Qt::ForegroundRole});
}

QString GridModel::textAt(const QString& row, const QString& column) const {
    const qsizetype at = m_header.indexOf(column);
    for (const auto& cells : m_rows)
        if (at >= 0 && cells.front().text == row) return cells[at].text;
    return {};
}

int GridModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int GridModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_header.size());
}

QVariant GridModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const GridCell& cell = m_rows[index.row()][index.column()];
    switch (role) {
        case Qt::DisplayRole:
            return cell.text;
        case Qt::ToolTipRole:
            return cell.tip.isEmpty() ? QVariant() : cell.tip;
        case Qt::TextAlignmentRole:
            return static_cast<int>((index.column() == 0 ? Qt::AlignLeft : Qt::AlignRight) |
                                    Qt::AlignVCenter);
        case Qt::ForegroundRole:
            return cell.strong && m_strong.isValid() ? QVariant(m_strong) : QVariant();
        case Qt::DecorationRole: {
            if (!cell.mark.isValid()) return {};
            QPixmap square(8, 8);
            square.fill(cell.mark);
            return square;
        }
        case kExactValueRole:
            return std::isnan(cell.exact) ? QVariant() : cell.exact;
        default:
            return {};
    }
}

QVariant GridModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= m_header.size()) return {};
    if (role == Qt::DisplayRole) return m_header[section];
    if (role == Qt::ToolTipRole) return m_header[section];
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    return {};
}

}  // namespace skd
