#include "inventory/inventory_view.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <algorithm>

#include "controls/build.h"

namespace skd {

namespace {
constexpr int kPadding = 28;    ///< px beside a header's text
constexpr int kNarrowest = 80;  ///< px of the column that takes what is left, at 100 % text
}  // namespace

InventoryView::InventoryView(const QString& name, const QStringList& columns,
                             const std::vector<int>& widths, QWidget* parent)
    : QTableView(parent),
      m_table(new GridModel(this, GridLayout::List)),
      m_sorted(new QSortFilterProxyModel(this)) {
    m_table->setGrid(columns, {});
    setAccessibleName(name);
    m_sorted->setSourceModel(m_table);
    m_sorted->setSortRole(GridModel::kSortRole);
    setModel(m_sorted);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setWordWrap(false);
    setSortingEnabled(true);
    sortByColumn(-1, Qt::AscendingOrder);
    verticalHeader()->hide();
    showAsRows(*this, 26);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(30);
    horizontalHeader()->ensurePolished();  // in its own font it is measured
    for (int i = 0; i < static_cast<int>(widths.size()); ++i) {
        const int width = widths[i];
        if (width > 0)
            setColumnWidth(
                i, std::max(
                       scaledByText(width),
                       horizontalHeader()->fontMetrics().horizontalAdvance(columns[i]) + kPadding));
        else
            m_wide = i;
    }
    connect(selectionModel(), &QItemSelectionModel::selectionChanged, this, &InventoryView::chosen);
    connect(m_table, &QAbstractItemModel::modelReset, this, &InventoryView::chosen);
    connect(this, &QAbstractItemView::activated, this, [this] { Q_EMIT activatedRow(current()); });
}

/// What the others leave, but room for a name: a narrow table scrolls.
void InventoryView::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    if (m_wide < 0) return;
    const int others = horizontalHeader()->length() - columnWidth(m_wide);
    setColumnWidth(m_wide, std::max(scaledByText(kNarrowest), viewport()->width() - others));
}

void InventoryView::set(GridModel::Rows rows) {
    const int row = current();
    m_table->setRows(std::move(rows));
    if (row >= 0 && row < m_table->rowCount()) choose(row);
}

int InventoryView::current() const {
    const QModelIndexList rows = selectionModel()->selectedRows();
    return rows.isEmpty() ? -1 : m_sorted->mapToSource(rows.front()).row();
}

void InventoryView::choose(int row) {
    setCurrentIndex(m_sorted->mapFromSource(m_table->index(row, 0)));
}

}  // namespace skd
