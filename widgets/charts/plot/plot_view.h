#pragma once

#include "charts/painted_view.h"
#include "charts/plot/plot_cursors.h"
#include "charts/plot/plot_zoom.h"

namespace skd {

/// A line chart for any number of points: own scales and ticks, zoom with its own stack, crosshair,
/// a cut handle where wanted, a table twin.
class PlotView : public PaintedView {
    Q_OBJECT
public:
    explicit PlotView(const QString& accessibleName, QWidget* parent = nullptr);

    void setLogY(bool on) { take(m_axes.logY, on); }
    void setCompact(bool on) { take(m_axes.compact, on); }
    /// Names of the lines above the plot.
    void setLegend(bool on) { take(m_legend, on); }
    void setXText(ValueText text, const QString& name) {
        m_axes.xText = std::move(text);
        m_axes.xName = name;
    }
    void setYText(ValueText text, const QString& name) {
        m_axes.yText = std::move(text);
        m_axes.yName = name;
    }
    /// Values the scales always include (a dense line, the last step that is planned).
    void setIncluded(std::vector<double> xs, std::vector<double> ys) {
        take(m_content.includedX, std::move(xs));
        take(m_content.includedY, std::move(ys));
    }
    /// Values below do not stretch the scale (NaN: none); the line leaves the plot there.
    void setYFloor(double floor) { take(m_content.floor, floor); }
    /// Text of the crosshair's bubble; empty function = the nearest value of every line.
    void setHoverText(std::function<QString(double x)> text) { m_hoverText = std::move(text); }

    void clearSeries() {
        m_content.series.clear();
        setAnnotations({});
    }
    std::size_t addSeries(const SeriesStyle& style);
    void setStyle(std::size_t series, const SeriesStyle& style) {
        take(m_content.series.at(series).style, style);
    }
    void setData(std::size_t series, std::vector<double> xs, std::vector<double> ys,
                 const SeriesSource& source = {});
    void append(std::size_t series, std::span<const double> xs, std::span<const double> ys);
    [[nodiscard]] const std::vector<PlotSeries>& series() const { return m_content.series; }
    void setAnnotations(PlotAnnotations annotations) {
        take(m_content.annotations, std::move(annotations));
    }
    [[nodiscard]] const PlotAnnotations& annotations() const { return m_content.annotations; }
    /// Whether the context menu offers "Note here…".
    void setTakesNotes(bool takes) { m_takesNotes = takes; }

    /// A vertical handle to drag or to move with the arrow keys, in steps of `step`.
    void setHandle(std::optional<double> x, double step = 1);
    [[nodiscard]] std::optional<double> handle() const { return m_handle.x; }

    /// Two cursors that measure: the text of each line's difference between them. Alt+click places
    /// the first, Alt+Shift+click the second.
    void placeCursor(std::size_t which, std::optional<double> x);
    [[nodiscard]] std::optional<double> cursorAt(std::size_t which) const {
        return m_cursors.at(which);
    }
    /// "A 10 → B 40 (30): svd-15 −21.4"; empty without both.
    [[nodiscard]] QString cursorText() const { return m_cursors.text(m_content, m_axes); }

    void zoomTo(const Range& x) {
        m_zoom.narrow(x, m_content.wholeX());
        markDirty();
    }
    /// One step back on the stack of zooms, and forward again.
    void zoomBack() { walkZooms(&PlotZoom::back); }
    void zoomForward() { walkZooms(&PlotZoom::forward); }
    /// Shows everything; zoomForward() leads back in.
    void resetZoom() { walkZooms(&PlotZoom::reset); }
    [[nodiscard]] std::size_t zoomDepth() const { return m_zoom.depth(); }
    /// As they are, or will be with the next repaint.
    [[nodiscard]] const PlotAxes& axes();

    [[nodiscard]] ViewTable viewTable() const override {
        return m_content.table(m_axes.xName, m_axes.yName);
    }

    [[nodiscard]] QSize sizeHint() const override { return {320, 110}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {140, 70}; }

Q_SIGNALS:
    /// Of the annotations, by index; a click that is no drag.
    void markerClicked(std::size_t marker);
    /// "Note here…" of the context menu.
    void noteRequested(double x);
    void handlePressed();
    void handleMoved(double x);
    void handleReleased();

protected:
    [[nodiscard]] bool empty() const override { return m_content.empty(); }
    void paintContent(QPainter& painter) override;
    void paintOverlay(QPainter& painter) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent*) override { resetZoom(); }
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    enum class Drag { None, Handle, Zoom };
    void arrange();
    void paintLegendAbove(QPainter& painter, const PlotContent& content) const;
    void paintFigure(QPainter& painter) const;
    void paintZoomBand(QPainter& painter, const QPointF& to) const;
    void moveHandle(double x);
    void walkZooms(void (PlotZoom::*step)()) {
        (m_zoom.*step)();
        markDirty();
    }
    bool zoomKey(const QKeyEvent& event);
    void zoomAround(double x, double factor, bool byWheel);
    void removeCursors();
    void chooseMarkerNear(double x);
    [[nodiscard]] std::optional<std::size_t> markerAt(const QPointF& position);
    void addCursorActions(QMenu& menu, double x);
    void addZoomActions(QMenu& menu);
    void updateSummary();

    PlotContent m_content;
    PlotAxes m_axes;
    PlotZoom m_zoom;
    PlotHandle m_handle;
    PlotCursors m_cursors;
    std::function<QString(double)> m_hoverText;
    bool m_takesNotes = false, m_legend = false;
    Drag m_drag = Drag::None;
    QPointF m_dragFrom;
};

}  // namespace skd
