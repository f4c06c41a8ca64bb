#pragma once

#include <QAbstractTableModel>
#include <QColor>
#include <limits>
#include <vector>

namespace skd {

struct GridCell {
    QString text;
    double exact = std::numeric_limits<double>::quiet_NaN();  ///< the figure behind the text
    bool strong = false;                                      ///< what the eye should find
    QColor mark = {};  ///< a small square in this colour before the text
    QString tip = {};
};

/// A table that is worked out as a whole and shown as it is. The first column names its row.
class GridModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;
    using Rows = std::vector<std::vector<GridCell>>;

    void setGrid(QStringList header, Rows rows);
    /// The colour of strong cells.
    void setStrongColor(const QColor& color);
    [[nodiscard]] const Rows& rows() const { return m_rows; }
    /// Text of a cell by its row's name and its column's title; null where there is none.
    [[nodiscard]] QString textAt(const QString& row, const QString& column) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    QStringList m_header;
    Rows m_rows;  ///< each as long as the header
    QColor m_strong;
};

}  // namespace skd
