#pragma once

#include "charts/painted_view.h"
#include "charts/plot/plot_axes.h"

namespace skd {

/// One axis of parallel coordinates: figures, or words at equal distances.
struct ParallelAxis {
    QString name;
    bool log = false;
    QStringList words;  ///< not empty: values are indices into it
    ValueText text;     ///< of a figure

    /// A value as displayed; empty for NaN.
    [[nodiscard]] QString textOf(double value) const;
};

struct ParallelLine {
    qint64 id = 0;
    QString name;
    std::vector<double> values;  ///< one per axis; NaN: it has none there
    bool strong = false;
};

/// Parallel coordinates: one line per run over axes of settings and results, coloured by the last
/// axis (viridis). Dragging along an axis keeps the lines that pass there; a click on the axis lets
/// all through again. Keys: Left and Right choose an axis, Up and Down narrow it from below and
/// from above (with Shift they widen), Delete clears it, Escape clears all.
class ParallelPlot : public PaintedView {
    Q_OBJECT
public:
    explicit ParallelPlot(const QString& accessibleName, QWidget* parent = nullptr)
        : PaintedView(Kind::Chart, accessibleName, parent) {}

    /// Keeps the brushes of axes that stay.
    void setData(std::vector<ParallelAxis> axes, std::vector<ParallelLine> lines);
    /// Lets only lines through whose place on the axis is in this part of it (0 at its foot).
    void setBrush(std::size_t axis, std::optional<Range> part);
    void clearBrushes();

    [[nodiscard]] const std::vector<ParallelAxis>& axes() const { return m_axes; }
    [[nodiscard]] const std::vector<ParallelLine>& lines() const { return m_lines; }
    [[nodiscard]] int passing() const;
    /// Where a place of an axis is drawn.
    [[nodiscard]] QPointF pixelOf(std::size_t axis, double place) const {
        return pixelIn(area(), axis, place);
    }

    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {420, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 140}; }

Q_SIGNALS:
    void brushed(int passing, int all);
    void chosen(qint64 id, bool add);
    void opened(qint64 id);

protected:
    [[nodiscard]] bool empty() const override { return axes().empty() || lines().empty(); }
    void paintContent(QPainter& painter) override;
    void paintOverlay(QPainter& painter) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] QRectF area() const;
    [[nodiscard]] QPointF pixelIn(const QRectF& area, std::size_t axis, double place) const;
    void changed();
    void findExtents();
    [[nodiscard]] bool passes(std::size_t line) const;
    /// Where a value of an axis lies, 0 at its foot and 1 at its top; NaN for none.
    [[nodiscard]] double placeOf(std::size_t axis, double value) const;
    /// The value at the top or foot of an axis, as displayed.
    [[nodiscard]] QString endText(std::size_t axis, bool top) const;
    [[nodiscard]] QPolygonF polygonOf(std::size_t line) const;
    [[nodiscard]] QColor colorOf(std::size_t line) const;
    void paintLines(QPainter& painter) const;
    void paintAxes(QPainter& painter) const;
    void paintAxis(QPainter& painter, std::size_t axis) const;
    void paintWords(QPainter& painter, std::size_t axis) const;
    void paintBrush(QPainter& painter, std::size_t axis) const;
    void paintScale(QPainter& painter) const;
    /// px that a text beside an axis has.
    [[nodiscard]] double roomOfAxis() const;
    [[nodiscard]] QString describe(std::size_t line) const;
    [[nodiscard]] std::optional<std::size_t> axisAt(const QPointF& position) const;
    [[nodiscard]] std::optional<std::size_t> lineAt(const QPointF& position) const;
    [[nodiscard]] double placeAt(double y) const;
    void goTo(int direction);
    void narrow(bool fromBelow, double step);

    std::vector<ParallelAxis> m_axes;
    std::vector<ParallelLine> m_lines;
    std::vector<Range> m_extents;  ///< on the axis' scale
    std::vector<std::optional<Range>> m_brushes;
    std::size_t m_axis = 0;  ///< of the keyboard
    std::optional<std::size_t> m_dragAxis;
    double m_dragFrom = 0;
    bool m_dragged = false;
};

}  // namespace skd
