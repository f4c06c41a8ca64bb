#pragma once

#include "charts/painted_view.h"
#include "charts/plot/plot_axes.h"
#include "charts/plot/plot_legend.h"

namespace skd {

/// unbeatenPoints (results/pareto.h) of points of the window.
std::vector<std::size_t> paretoFront(const std::vector<QPointF>& points, bool lowX);

struct ScatterPoint {
    double x = 0, y = 0;
    double deviation = 0;  ///< of y; 0 or NaN: none
    qint64 id = 0;
    QString name, detail;   ///< what the bubble says
    std::size_t group = 0;  ///< of ScatterPlot::setGroups
    bool strong = false;    ///< one of those in view: drawn larger, with a ring
};

/// Points of two figures, with the front of those that none beats: hover names one, a click chooses
/// it, a double click or Enter opens it, arrow keys walk from point to point.
class ScatterPlot : public PaintedView {
    Q_OBJECT
public:
    explicit ScatterPlot(const QString& accessibleName, QWidget* parent = nullptr);

    /// What tells points apart, by colour and shape.
    void setGroups(std::vector<LegendEntry> groups) { take(m_groups, std::move(groups)); }
    /// Points with a figure that is not finite (or not positive on a log axis) are skipped.
    void setPoints(std::vector<ScatterPoint> points);
    void setXAxis(ValueText text, const QString& name, bool lowerIsBetter);
    void setYAxis(ValueText text, const QString& name, bool log);
    void setReference(std::optional<double> y, const QString& label);

    [[nodiscard]] const std::vector<ScatterPoint>& points() const { return m_points; }
    [[nodiscard]] const std::vector<std::size_t>& front() const { return m_front; }
    [[nodiscard]] std::optional<std::size_t> current() const { return m_current; }
    /// Where a point is drawn.
    [[nodiscard]] QPointF placeOf(std::size_t point);

    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {420, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 120}; }

Q_SIGNALS:
    /// `add`: beside those in view (Ctrl).
    void chosen(qint64 id, bool add);
    void opened(qint64 id);

protected:
    [[nodiscard]] bool empty() const override { return m_points.empty(); }
    void paintContent(QPainter& painter) override;
    void paintOverlay(QPainter& painter) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void scale();
    void arrange();
    [[nodiscard]] QPointF pixelOf(const ScatterPoint& point) const {
        return m_axes.pixel(point.x, point.y);
    }
    void paintFront(QPainter& painter) const;
    [[nodiscard]] bool showsReference() const { return m_reference && m_axes.showsY(*m_reference); }
    void paintReference(QPainter& painter) const;
    void paintReferenceText(QPainter& painter) const;
    void paintDeviation(QPainter& painter, const ScatterPoint& point) const;
    void paintPoint(QPainter& painter, const ScatterPoint& point) const;
    void makeCurrent(std::size_t point);
    void walk(int direction);
    [[nodiscard]] std::optional<std::size_t> pointAt(const QPointF& position);

    PlotAxes m_axes;
    std::vector<LegendEntry> m_groups;
    std::vector<ScatterPoint> m_points;
    std::vector<std::size_t> m_front;
    QString m_referenceText;
    std::optional<double> m_reference;
    std::optional<std::size_t> m_current;
    bool m_lowX = false;
};

}  // namespace skd
