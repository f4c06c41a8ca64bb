#include "controls/grid_model.h"

#include <QPixmap>
#include <cmath>

#include "charts/view_table.h"

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

QVariant GridModel::sortKeyOf(int column, const GridCell& cell) const {
    const double key = std::isnan(cell.key) ? cell.exact : cell.key;
    if (!std::isnan(key)) return key;
    return isFigure(column, &cell) ? QVariant(-1.0) : QVariant(cell.text);
}

bool GridModel::isFigure(int column, const GridCell* cell) const {
    return m_layout == GridLayout::Figures ? column > 0
                                           : cell != nullptr && !std::isnan(cell->exact);
}

/// Of a cell, or of a header above it.
int GridModel::alignmentOf(int column, const GridCell* cell) const {
    return static_cast<int>((isFigure(column, cell) ? Qt::AlignRight : Qt::AlignLeft) |
                            Qt::AlignVCenter);
}

QVariant GridModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const GridCell& cell = m_rows[index.row()][index.column()];
    switch (role) {
        case Qt::DisplayRole:
            return cell.text;
        case Qt::ToolTipRole:
            if (cell.tip.isEmpty() && m_layout == GridLayout::List) return cell.text;
            return cell.tip.isEmpty() ? QVariant() : cell.tip;
        case Qt::TextAlignmentRole:
            return alignmentOf(index.column(), &cell);
        case kSortRole:
            return sortKeyOf(index.column(), cell);
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
    if (role == Qt::ToolTipRole) return m_tips.isEmpty() ? m_header[section] : m_tips[section];
    if (role == Qt::TextAlignmentRole)
        return alignmentOf(section, m_rows.empty() ? nullptr : &m_rows.front()[section]);
    return {};
}

}  // namespace skd
