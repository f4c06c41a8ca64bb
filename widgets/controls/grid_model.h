#pragma once

#include <QAbstractTableModel>
#include <QColor>
#include <limits>
#include <vector>

namespace skd {

struct GridCell {
    QString text;
    double exact = std::numeric_limits<double>::quiet_NaN();  ///< the figure behind the text
    bool strong = false;                                      ///< emphasised
    QColor mark = {};  ///< a small square in this colour before the text
    QString tip = {};
    double key = std::numeric_limits<double>::quiet_NaN();  ///< to sort by, where not by the figure
};

/// Figures: the first column names its row, all others are aligned right. List: texts and figures
/// side by side, each cell aligned by what it is; a cell without a tip shows its own text in full.
enum class GridLayout { Figures, List };

/// A table that is worked out as a whole and shown as it is.
class GridModel : public QAbstractTableModel {
    Q_OBJECT
public:
    explicit GridModel(QObject* parent = nullptr, GridLayout layout = GridLayout::Figures)
        : QAbstractTableModel(parent), m_layout(layout) {}
    using Row = std::vector<GridCell>;
    using Rows = std::vector<Row>;
    /// Under which a cell gives what to sort by: its key or figure (-1 where a column of figures
    /// has none), else its text.
    static constexpr int kSortRole = Qt::UserRole;

    void setGrid(QStringList header, Rows rows);
    /// Other rows below the same header.
    void setRows(Rows rows) { setGrid(m_header, std::move(rows)); }
    /// What the columns mean, by place; their titles without it.
    void setHeaderTips(QStringList tips) { m_tips = std::move(tips); }
    /// The colour of strong cells.
    void setStrongColor(const QColor& color);
    [[nodiscard]] const Rows& rows() const { return m_rows; }
    /// Text of a cell by its row's name and its column's title; null where there is none.
    [[nodiscard]] QString textAt(const QString& row, const QString& column) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_header.size());
    }
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] QVariant sortKeyOf(int column, const GridCell& cell) const;
    [[nodiscard]] bool isFigure(int column, const GridCell* cell) const;
    [[nodiscard]] int alignmentOf(int column, const GridCell* cell) const;

    GridLayout m_layout;
    QStringList m_header, m_tips;
    Rows m_rows;  ///< each as long as the header
    QColor m_strong;
};

}  // namespace skd
