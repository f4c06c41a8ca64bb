#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "charts/painted_view.h"

namespace skd {

/// Layers x {gate, up, down} as coloured cells: click, rubber band, Shift and Ctrl, arrow keys.
/// Ctrl+arrows walk without selecting, Space selects what they reach.
class HeatMap : public PaintedView {
    Q_OBJECT
public:
    struct Cell {
        double level = 0;  ///< place on the colour scale, 0 to 1; NaN = unknown
        QString text;      ///< "dense"
        bool present = true;
        double value = std::numeric_limits<double>::quiet_NaN();  ///< what the level stands for
        QString behind;  ///< the same cell of a profile that is compared with; empty = none is
        int above = 0;   ///< 1: this cell has more than the one behind, -1: less, 0: the same
    };

    explicit HeatMap(QWidget* parent = nullptr);

    /// Row-major cells of `rows` layers; keeps the selection where the shape stays.
    void setCells(QStringList columns, int rows, std::vector<Cell> cells);
    void setSelection(const std::vector<std::size_t>& cells, std::size_t current);
    void setTip(std::function<QString(std::size_t cell)> tip) { m_tip = std::move(tip); }
    [[nodiscard]] std::size_t current() const { return m_current; }
    [[nodiscard]] const std::vector<bool>& selected() const { return m_selected; }
    [[nodiscard]] QRectF cellRect(std::size_t cell) const;

    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void selectionEdited(const std::vector<std::size_t>& cells, std::size_t current);
    void hovered(int cell);  ///< -1: none
    /// "+" and "-": the current cells' ranks go up or down by steps.
    void nudged(int steps);
    void lockToggled();
    /// Enter: continue to what is done with the selection.
    void entered();

protected:
    [[nodiscard]] bool empty() const override { return m_cells.empty(); }
    void paintContent(QPainter& painter) override;
    void paintOverlay(QPainter& painter) override;
    [[nodiscard]] QString tipAt(const QPointF& position) const override;
    [[nodiscard]] QSizeF contentSize() const override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent*) override { Q_EMIT hovered(-1); }
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] int columnCount() const { return static_cast<int>(m_columns.size()); }
    [[nodiscard]] double headerHeight() const { return smallLineHeight() + 5; }
    [[nodiscard]] double labelWidth() const;
    [[nodiscard]] std::optional<std::size_t> cellAt(const QPointF& position, bool nearest) const;
    [[nodiscard]] double cellGap() const;
    void paintCell(QPainter& painter, std::size_t cell) const;
    void paintBehind(QPainter& painter, const QRectF& box, const QColor& fill, int above) const;
    void paintSelection(QPainter& painter, std::size_t cell) const;
    void paintLabels(QPainter& painter) const;
    void selectRectangle(std::size_t from, std::size_t to, bool add);
    /// Makes another cell current: by one step with Ctrl the selection stays, with Shift it reaches
    /// from the anchor to it, else it is the cell alone.
    void moveCurrent(int rows, int columns, Qt::KeyboardModifiers modifiers);
    void toggleCurrent();
    void describe();
    void announce();

    QStringList m_columns;
    int m_rows = 0;
    std::vector<Cell> m_cells;
    std::vector<bool> m_selected, m_beforeBand;
    std::size_t m_current = 0, m_anchor = 0;
    std::optional<QPointF> m_bandFrom, m_bandTo;
    std::function<QString(std::size_t)> m_tip;
};

}  // namespace skd
