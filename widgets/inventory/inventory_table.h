#pragma once

#include <QAbstractTableModel>
#include <vector>

namespace skd {

/// A table of texts with keys to sort by: what lies on this machine.
class InventoryTable : public QAbstractTableModel {
    Q_OBJECT
public:
    struct Cell {
        QString text;
        QVariant key{};  ///< to sort by; invalid: the text. Numbers stand at the right
        QString tip{};
    };
    using Row = std::vector<Cell>;
    explicit InventoryTable(QStringList columns, QObject* parent = nullptr);
    void set(std::vector<Row> rows);

    static constexpr int kSortRole = Qt::UserRole + 1;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    QStringList m_columns;
    std::vector<Row> m_rows;
};

}  // namespace skd
