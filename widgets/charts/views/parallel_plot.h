#pragma once

#include <QPixmap>
#include <QWidget>
#include <optional>

#include "charts/exportable_view.h"
#include "charts/plot/plot_axes.h"

namespace skd {

/// One axis of parallel coordinates: figures, or words at equal distances.
struct ParallelAxis {
    QString name;
    bool log = false;
    QStringList words;  ///< not empty: values are indices into it
    ValueText text;     ///< of a figure
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
class ParallelPlot : public QWidget, public ExportableView {
    Q_OBJECT
public:
    explicit ParallelPlot(const QString& accessibleName, QWidget* parent = nullptr);

    /// Keeps the brushes of axes that stay.
    void setData(std::vector<ParallelAxis> axes, std::vector<ParallelLine> lines);
    void setEmptyText(const QString& text);
    /// Lets only lines through whose place on the axis is in this part of it (0 at its foot).
    void setBrush(std::size_t axis, std::optional<Range> part);
    void clearBrushes();

    [[nodiscard]] const std::vector<ParallelAxis>& axes() const { return m_axes; }
    [[nodiscard]] const std::vector<ParallelLine>& lines() const { return m_lines; }
    [[nodiscard]] bool passes(std::size_t line) const;
    [[nodiscard]] int passing() const;
    /// Where a value of an axis lies, 0 at its foot, 1 at its top; NaN for none.
    [[nodiscard]] double placeOf(std::size_t axis, double value) const;
    [[nodiscard]] QPointF pixelOf(std::size_t axis, double place) const;

    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {420, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 140}; }

Q_SIGNALS:
    void brushed(int passing, int all);
    void chosen(qint64 id, bool add);
    void opened(qint64 id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void arrange(const QSizeF& size);
    void changed();
    void findExtents();
    [[nodiscard]] QPolygonF polygonOf(std::size_t line) const;
    [[nodiscard]] QColor colorOf(std::size_t line, const ThemeColors& colors) const;
    void paintLines(QPainter& painter, const ThemeColors& colors) const;
    void paintAxes(QPainter& painter, const ThemeColors& colors) const;
    void paintAxis(QPainter& painter, std::size_t axis, const ThemeColors& colors) const;
    void paintScale(QPainter& painter, const ThemeColors& colors) const;
    [[nodiscard]] QString endText(std::size_t axis, bool top) const;
    [[nodiscard]] QString describe(std::size_t line) const;
    [[nodiscard]] std::optional<std::size_t> axisAt(const QPointF& position) const;
    [[nodiscard]] std::optional<std::size_t> lineAt(const QPointF& position) const;
    [[nodiscard]] double placeAt(double y) const;
    void narrow(bool fromBelow, double step);

    std::vector<ParallelAxis> m_axes;
    std::vector<ParallelLine> m_lines;
    std::vector<Range> m_extents;  ///< on the axis' scale
    std::vector<std::optional<Range>> m_brushes;
    QString m_emptyText;
    QRectF m_area;
    QPixmap m_cache;
    bool m_dirty = true;
    std::size_t m_axis = 0;  ///< of the keyboard
    std::optional<std::size_t> m_hover, m_dragAxis;
    double m_dragFrom = 0;
    bool m_dragged = false;
};

}  // namespace skd
