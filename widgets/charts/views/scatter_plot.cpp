#include "charts/views/scatter_plot.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPolygonF>
#include <algorithm>
#include <cmath>

#include "charts/plot/plot_canvas.h"
#include "charts/views/pareto.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr double kRadius = 4.6;
}

ScatterPlot::ScatterPlot(const QString& accessibleName, QWidget* parent) : QWidget(parent) {
    setAccessibleName(accessibleName);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    m_axes.xText = formatValue;
    m_axes.yText = formatValue;
    m_emptyText = tr("no data yet");
}

void ScatterPlot::markDirty() {
    m_dirty = true;
    update();
}

void ScatterPlot::setGroups(std::vector<LegendEntry> groups) {
    m_groups = std::move(groups);
    markDirty();
}

void ScatterPlot::setPoints(std::vector<ScatterPoint> points) {
    const qint64 kept = m_current ? m_points[*m_current].id : 0;
    std::erase_if(points, [this](const ScatterPoint& point) {
        return !std::isfinite(point.x) || !std::isfinite(point.y) || (m_axes.logY && point.y <= 0);
    });
    // From left to right: the order in which the arrow keys walk.
    std::stable_sort(points.begin(), points.end(),
                     [](const ScatterPoint& a, const ScatterPoint& b) {
                         return std::pair(a.x, a.y) < std::pair(b.x, b.y);
                     });
    m_points = std::move(points);
    std::vector<QPointF> places;
    for (const ScatterPoint& point : m_points) places.emplace_back(point.x, point.y);
    m_front = paretoFront(places, m_lowX);
    m_hover.reset();
    m_current.reset();
    for (std::size_t i = 0; i < m_points.size(); ++i)
        if (kept != 0 && m_points[i].id == kept) m_current = i;
    setAccessibleDescription(tr("%1 points of %2 against %3; %4 of them on the front.")
                                 .arg(m_points.size())
                                 .arg(m_yName, m_xName)
                                 .arg(m_front.size()));
    markDirty();
}

void ScatterPlot::setXAxis(ValueText text, const QString& name, bool lowerIsBetter) {
    m_axes.xText = std::move(text);
    m_xName = name;
    m_lowX = lowerIsBetter;
    markDirty();
}

void ScatterPlot::setYAxis(ValueText text, const QString& name, bool log) {
    m_axes.yText = std::move(text);
    m_yName = name;
    m_axes.logY = log;
    markDirty();
}

void ScatterPlot::setReference(std::optional<double> y, const QString& label) {
    m_reference = y;
    m_referenceText = label;
    markDirty();
}

void ScatterPlot::setEmptyText(const QString& text) {
    m_emptyText = text;
    update();
}

void ScatterPlot::scale(const QSizeF& size) {
    Range x{INFINITY, -INFINITY}, y{INFINITY, -INFINITY};
    const auto include = [this](Range& range, double value, bool vertical) {
        if (std::isfinite(value) && !(vertical && m_axes.logY && value <= 0))
            range = {std::min(range.low, value), std::max(range.high, value)};
    };
    for (const ScatterPoint& point : m_points) {
        include(x, point.x, false);
        for (double away : {-1.0, 0.0, 1.0})
            include(y, point.y + (std::isfinite(point.deviation) ? away * point.deviation : 0),
                    true);
    }
    if (m_reference) include(y, *m_reference, true);
    if (!(x.high >= x.low)) x = {0, 1};
    if (!(y.high >= y.low)) y = {1, 10};
    m_axes.x = niceRange(x);
    const double pad = (m_axes.x.high - m_axes.x.low) * 0.02;  // no point on the frame
    m_axes.x = {m_axes.x.low - pad, m_axes.x.high + pad};
    y = m_axes.logY ? niceLogRange(y) : niceRange(y);
    m_axes.y = {m_axes.scaledY(y.low), m_axes.scaledY(y.high)};
    const double name = QFontMetricsF(textFont(TextRole::Small)).height() * 1.1;
    m_axes.headroom = legendHeight(m_groups, size.width() - 60);
    m_axes.layout({size.width(), size.height() - name});
}

QPointF ScatterPlot::placeOf(std::size_t point) {
    scale(size());
    return m_axes.pixel(m_points.at(point).x, m_points.at(point).y);
}

void ScatterPlot::paintFront(QPainter& painter, const ThemeColors& colors) const {
    if (m_front.size() < 2) return;
    QPolygonF steps;
    for (std::size_t i : m_front) {
        const QPointF at = m_axes.pixel(m_points[i].x, m_points[i].y);
        // One moves to the next point at the price of its y: up first, then across.
        if (!steps.isEmpty()) steps << QPointF(steps.last().x(), at.y());
        steps << at;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.action.lighter(colors.dark ? 130 : 100), 1.4, Qt::DashLine));
    painter.drawPolyline(steps);
}

void ScatterPlot::paintReference(QPainter& painter, const ThemeColors& colors) const {
    if (!m_reference || (m_axes.logY && *m_reference <= 0)) return;
    const double y = m_axes.pixelY(*m_reference);
    if (y < m_axes.area.top() - 1 || y > m_axes.area.bottom() + 1) return;
    painter.setPen(QPen(colors.secondary, 1, Qt::DashLine));
    painter.drawLine(QPointF(m_axes.area.left(), y), QPointF(m_axes.area.right(), y));
}

/// Over the points, on a ground of its own: it can be read where they are dense.
void ScatterPlot::paintReferenceText(QPainter& painter, const ThemeColors& colors) const {
    if (!m_reference || m_referenceText.isEmpty() || (m_axes.logY && *m_reference <= 0)) return;
    const double y = m_axes.pixelY(*m_reference);
    if (y < m_axes.area.top() - 1 || y > m_axes.area.bottom() + 1) return;
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    const double height = metrics.height(), width = metrics.horizontalAdvance(m_referenceText) + 8;
    const bool below = y + height + 3 < m_axes.area.bottom();
    const QRectF box(m_axes.area.right() - width, below ? y + 2 : y - height - 2, width, height);
    QColor ground = colors.card;
    ground.setAlphaF(0.82F);
    painter.fillRect(box, ground);
    painter.setPen(colors.secondary);
    painter.drawText(box, Qt::AlignCenter, m_referenceText);
}

void ScatterPlot::paintPoint(QPainter& painter, const ScatterPoint& point,
                             const ThemeColors& colors) const {
    const LegendEntry entry = point.group < m_groups.size() ? m_groups[point.group] : LegendEntry{};
    const QColor color =
        inTheme(entry.color.isValid() ? entry.color : colors.series[4], themeColors(this), colors);
    const QPointF at = m_axes.pixel(point.x, point.y);
    if (point.deviation > 0) {
        const double low = m_axes.logY && point.y - point.deviation <= 0
                               ? m_axes.area.bottom()
                               : m_axes.pixelY(point.y - point.deviation);
        const double high = m_axes.pixelY(point.y + point.deviation);
        painter.setPen(QPen(color, 1.2));
        painter.drawLine(QPointF(at.x(), low), QPointF(at.x(), high));
        for (double end : {low, high})
            painter.drawLine(QPointF(at.x() - 3, end), QPointF(at.x() + 3, end));
    }
    painter.setPen(point.strong ? QPen(colors.text, 1.4) : QPen(colors.card, 0.8));
    painter.setBrush(color);
    const MarkerShape shape =
        entry.marker == MarkerShape::None ? MarkerShape::Circle : entry.marker;
    paintMarkerShape(painter, at, point.strong ? kRadius * 1.25 : kRadius, shape);
}

void ScatterPlot::paintNames(QPainter& painter, const QSizeF& size,
                             const ThemeColors& colors) const {
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(colors.secondary);
    const double height = QFontMetricsF(painter.font()).height() * 1.2;
    painter.drawText(
        QRectF(m_axes.area.left(), size.height() - height, m_axes.area.width(), height),
        Qt::AlignCenter, m_xName);
}

void ScatterPlot::paintAll(QPainter& painter, const ThemeColors& colors) const {
    m_axes.paintGrid(painter, colors);
    painter.setRenderHint(QPainter::Antialiasing);
    paintReference(painter, colors);
    paintFront(painter, colors);
    for (bool strong : {false, true})
        for (const ScatterPoint& point : m_points)
            if (point.strong == strong) paintPoint(painter, point, colors);
    paintReferenceText(painter, colors);
    m_axes.paintLabels(painter, colors);
    std::vector<LegendEntry> groups = m_groups;
    for (LegendEntry& group : groups) group.color = inTheme(group.color, themeColors(this), colors);
    paintLegend(painter, QRectF(m_axes.area.left(), 0, m_axes.area.width(), m_axes.headroom),
                groups, colors);
}

void ScatterPlot::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    const double left = QFontMetricsF(textFont(TextRole::Small)).height() * 1.2;
    const QSizeF size(area.width() - left, area.height());
    scale(size);
    painter.save();
    painter.translate(area.left() + left, area.top());
    paintAll(painter, colors);
    paintNames(painter, size, colors);
    painter.translate(-left, m_axes.area.center().y());
    painter.rotate(-90);
    painter.setPen(colors.secondary);
    painter.drawText(QRectF(-m_axes.area.height() / 2, 0, m_axes.area.height(), left),
                     Qt::AlignCenter, m_yName);
    painter.restore();
    markDirty();
}

ViewTable ScatterPlot::viewTable() const {
    ViewTable table;
    table.header << tr("name") << tr("group") << m_xName << m_yName << tr("std")
                 << tr("on the front");
    table.rows = static_cast<int>(m_points.size());
    table.cell = [this](int row, int column) -> ViewCell {
        const auto i = static_cast<std::size_t>(row);
        const ScatterPoint& point = m_points[i];
        switch (column) {
            case 0:
                return point.name;
            case 1:
                return point.group < m_groups.size() ? m_groups[point.group].name : QString();
            case 2:
                return {m_axes.xText(point.x), point.x};
            case 3:
                return {m_axes.yText(point.y), point.y};
            case 4:
                return point.deviation > 0
                           ? ViewCell(m_axes.yText(point.deviation), point.deviation)
                           : ViewCell();
            default:
                return std::find(m_front.begin(), m_front.end(), i) == m_front.end() ? QString()
                                                                                     : tr("yes");
        }
    };
    return table;
}

}  // namespace skd
