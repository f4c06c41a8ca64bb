#include "models/inventory_table.h"

namespace skd {

InventoryTable::InventoryTable(QStringList columns, QObject* parent)
    : QAbstractTableModel(parent), m_columns(std::move(columns)) {}

void InventoryTable::set(std::vector<Row> rows) {
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

int InventoryTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int InventoryTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant InventoryTable::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Cell& cell = m_rows[index.row()][index.column()];
    if (role == Qt::DisplayRole) return cell.text;
    if (role == kSortRole) return cell.key.isValid() ? cell.key : QVariant(cell.text);
    if (role == Qt::ToolTipRole) return cell.tip.isEmpty() ? cell.text : cell.tip;
    if (role == Qt::TextAlignmentRole && cell.key.isValid())
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant InventoryTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role == Qt::TextAlignmentRole && orientation == Qt::Horizontal) {
        // As the column's cells are: figures to the right.
        const bool figures = !m_rows.empty() && section >= 0 && section < m_columns.size() &&
                             m_rows.front()[section].key.isValid();
        return static_cast<int>((figures ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) return {};
    return orientation == Qt::Vertical ? QVariant(section + 1) : QVariant(m_columns.value(section));
}

}  // namespace skd
