#pragma once

#include <QPixmap>
#include <QWidget>
#include <array>
#include <limits>
#include <optional>

#include "charts/exportable_view.h"
#include "charts/plot/plot_canvas.h"
#include "charts/plot/plot_legend.h"

namespace skd {

/// A line chart for any number of points: own scales and ticks, zoom with its own stack, crosshair,
/// a cut handle where wanted, a table twin. The rest of the window never sees QtCharts.
class PlotView : public QWidget, public ExportableView {
    Q_OBJECT
public:
    explicit PlotView(const QString& accessibleName, QWidget* parent = nullptr);
    ~PlotView() override;

    void setLogY(bool on);
    void setCompact(bool on);
    /// Names of the lines above the plot.
    void setLegend(bool on);
    void setXText(ValueText text, const QString& name);
    void setYText(ValueText text, const QString& name);
    /// Values the scales always include (a dense line, the last step that is planned).
    void setIncluded(std::vector<double> xs, std::vector<double> ys);
    /// Values below do not stretch the scale (NaN: none); the line leaves the plot there.
    void setYFloor(double floor);
    /// Text of the crosshair's bubble; empty function = the nearest value of every line.
    void setHoverText(std::function<QString(double x)> text) { m_hoverText = std::move(text); }

    void clearSeries();
    std::size_t addSeries(const SeriesStyle& style);
    void setStyle(std::size_t series, const SeriesStyle& style);
    void setData(std::size_t series, std::vector<double> xs, std::vector<double> ys);
    void append(std::size_t series, std::span<const double> xs, std::span<const double> ys);
    [[nodiscard]] const std::vector<PlotSeries>& series() const { return m_series; }
    void setAnnotations(PlotAnnotations annotations);
    [[nodiscard]] const PlotAnnotations& annotations() const { return m_annotations; }
    /// What stands in the middle while there is nothing to draw.
    void setEmptyText(const QString& text);
    /// Whether the context menu offers "Note here…".
    void setTakesNotes(bool takes) { m_takesNotes = takes; }

    /// A vertical handle to drag or to move with the arrow keys, in steps of `step`.
    void setHandle(std::optional<double> x, double step = 1);
    [[nodiscard]] std::optional<double> handle() const { return m_handle; }

    /// Two cursors that measure: the text of each line's difference between them. Alt+click places
    /// the first, Alt+Shift+click the second.
    void placeCursor(std::size_t which, std::optional<double> x);
    [[nodiscard]] std::optional<double> cursorAt(std::size_t which) const {
        return m_cursors.at(which);
    }
    /// "A 10 → B 40 (30): svd-15 −21.4"; empty without both.
    [[nodiscard]] QString cursorText() const;

    void zoomTo(const Range& x);
    /// One step back on the stack of zooms, and forward again.
    void zoomBack();
    void zoomForward();
    /// Shows everything; zoomForward() leads back in.
    void resetZoom();
    [[nodiscard]] std::size_t zoomDepth() const { return m_zoom.size(); }
    [[nodiscard]] const PlotAxes& axes();
    void showTable();

    [[nodiscard]] QString viewName() const override;
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;

    [[nodiscard]] QSize sizeHint() const override { return {320, 110}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {140, 70}; }

Q_SIGNALS:
    /// Of the annotations, by index; a click that is no drag.
    void markerClicked(std::size_t marker);
    /// "Note here…" of the context menu.
    void noteRequested(double x);
    void cursorsChanged();
    void handlePressed();
    void handleMoved(double x);
    void handleReleased();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    enum class Drag { None, Handle, Zoom };
    void markDirty();
    void autoscale();
    void layoutAxes(const QSizeF& size, bool legend);
    [[nodiscard]] std::vector<LegendEntry> legendEntries() const;
    void recolor(const ThemeColors& from, const ThemeColors& to);
    void renderCache();
    void paintOverlay(QPainter& painter);
    void paintHandle(QPainter& painter, const QColor& color) const;
    void paintCursors(QPainter& painter, const ThemeColors& colors) const;
    void stepCursor(std::size_t which, int direction);
    bool handleKey(int key, bool coarse);
    bool zoomKey(int key, bool shift);
    void zoomAround(double x, double factor);
    [[nodiscard]] double middle() const;
    void chooseMarkerNear(double x);
    [[nodiscard]] std::optional<std::size_t> markerAt(const QPointF& position) const;
    [[nodiscard]] QString nearestText(double x) const;
    [[nodiscard]] bool onHandle(const QPointF& position) const;
    [[nodiscard]] bool empty() const;
    void updateSummary();

    PlotCanvas m_canvas;
    PlotAxes m_axes;
    std::vector<PlotSeries> m_series;
    PlotAnnotations m_annotations;
    std::vector<double> m_includedX, m_includedY;
    double m_floor = std::numeric_limits<double>::quiet_NaN();
    std::vector<Range> m_zoom,
        m_forward;  ///< zooms in force, the last one shown; those that were left, the next one last
    std::function<QString(double)> m_hoverText;
    QString m_xName, m_yName, m_emptyText;
    QPixmap m_cache;
    bool m_dirty = true, m_wheeling = false;
    std::optional<QPointF> m_hover;
    std::optional<double> m_handle;
    std::array<std::optional<double>, 2> m_cursors;
    bool m_takesNotes = false, m_legend = false;
    double m_handleStep = 1;
    Drag m_drag = Drag::None;
    QPointF m_dragFrom;
};

}  // namespace skd
