#pragma once

#include <QPixmap>
#include <QWidget>
#include <optional>

#include "charts/exportable_view.h"
#include "charts/plot/plot_axes.h"
#include "charts/plot/plot_legend.h"

namespace skd {

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
class ScatterPlot : public QWidget, public ExportableView {
    Q_OBJECT
public:
    explicit ScatterPlot(const QString& accessibleName, QWidget* parent = nullptr);

    /// What tells points apart, by colour and shape.
    void setGroups(std::vector<LegendEntry> groups);
    /// Points with a figure that is not finite (or not positive on a log axis) are left out.
    void setPoints(std::vector<ScatterPoint> points);
    void setXAxis(ValueText text, const QString& name, bool lowerIsBetter);
    void setYAxis(ValueText text, const QString& name, bool log);
    void setReference(std::optional<double> y, const QString& label);
    void setEmptyText(const QString& text);

    [[nodiscard]] const std::vector<ScatterPoint>& points() const { return m_points; }
    [[nodiscard]] const std::vector<std::size_t>& front() const { return m_front; }
    [[nodiscard]] std::optional<std::size_t> current() const { return m_current; }
    /// Where a point is drawn.
    [[nodiscard]] QPointF placeOf(std::size_t point);

    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {420, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 120}; }

Q_SIGNALS:
    /// `add`: beside those in view (Ctrl).
    void chosen(qint64 id, bool add);
    void opened(qint64 id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void markDirty();
    void scale(const QSizeF& size);
    void paintAll(QPainter& painter, const ThemeColors& colors) const;
    void paintFront(QPainter& painter, const ThemeColors& colors) const;
    void paintReference(QPainter& painter, const ThemeColors& colors) const;
    void paintReferenceText(QPainter& painter, const ThemeColors& colors) const;
    void paintPoint(QPainter& painter, const ScatterPoint& point, const ThemeColors& colors) const;
    void paintNames(QPainter& painter, const QSizeF& size, const ThemeColors& colors) const;
    void makeCurrent(std::optional<std::size_t> point);
    void walk(int direction);
    [[nodiscard]] std::optional<std::size_t> pointAt(const QPointF& position);

    PlotAxes m_axes;
    std::vector<LegendEntry> m_groups;
    std::vector<ScatterPoint> m_points;
    std::vector<std::size_t> m_front;
    QString m_xName, m_yName, m_referenceText, m_emptyText;
    std::optional<double> m_reference;
    std::optional<std::size_t> m_current, m_hover;
    QPixmap m_cache;
    bool m_lowX = false, m_dirty = true;
};

}  // namespace skd
