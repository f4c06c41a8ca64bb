#pragma once

#include <QTableView>

#include "controls/grid_model.h"

class QSortFilterProxyModel;

namespace skd {

/// A sortable table of what lies on this machine; rows are named by their number in what was set.
class InventoryView : public QTableView {
    Q_OBJECT
public:
    /// `widths` of the columns; 0 takes what is left.
    InventoryView(const QString& name, const QStringList& columns, const std::vector<int>& widths,
                  QWidget* parent = nullptr);
    void set(GridModel::Rows rows);
    /// Of the selected row; -1 without one.
    [[nodiscard]] int current() const;
    /// What the selected row stands for among `entries`, in the order in which rows were set; null
    /// without one.
    template <class Entry>
    [[nodiscard]] const Entry* currentOf(const std::vector<Entry>& entries) const {
        const int row = current();
        return row >= 0 && row < static_cast<int>(entries.size()) ? &entries[row] : nullptr;
    }
    void choose(int row);

Q_SIGNALS:
    void chosen();
    void activatedRow(int row);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    GridModel* m_table;
    QSortFilterProxyModel* m_sorted;
    int m_wide = -1;  ///< the column that takes what is left
};

}  // namespace skd
