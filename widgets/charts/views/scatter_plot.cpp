#include "charts/views/scatter_plot.h"

#include <QPolygonF>
#include <algorithm>
#include <cmath>

#include "results/pareto.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr double kRadius = 4.6;  ///< px of a point
constexpr double kStrong = 1.25, kRing = 10, kReach = 12;
}  // namespace

std::vector<std::size_t> paretoFront(const std::vector<QPointF>& points, bool lowX) {
    std::vector<ParetoPoint> plain;
    for (const QPointF& point : points) plain.push_back({point.x(), point.y()});
    return unbeatenPoints(plain, lowX);
}

ScatterPlot::ScatterPlot(const QString& accessibleName, QWidget* parent)
    : PaintedView(Kind::Chart, accessibleName, parent) {
    m_axes.xText = formatValue;
    m_axes.yText = formatValue;
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
    m_current.reset();
    for (std::size_t i = 0; i < m_points.size(); ++i)
        if (kept != 0 && m_points[i].id == kept) m_current = i;
    setAccessibleDescription(tr("%1 points of %2 against %3; %4 of them on the front.")
                                 .arg(m_points.size())
                                 .arg(m_axes.yName, m_axes.xName)
                                 .arg(m_front.size()));
    markDirty();
}

void ScatterPlot::setXAxis(ValueText text, const QString& name, bool lowerIsBetter) {
    m_axes.xText = std::move(text);
    m_axes.xName = name;
    m_lowX = lowerIsBetter;
    markDirty();
}

void ScatterPlot::setYAxis(ValueText text, const QString& name, bool log) {
    m_axes.yText = std::move(text);
    m_axes.yName = name;
    m_axes.logY = log;
    markDirty();
}

void ScatterPlot::setReference(std::optional<double> y, const QString& label) {
    m_reference = y;
    m_referenceText = label;
    markDirty();
}

void ScatterPlot::scale() {
    Range x = kNoRange, y = kNoRange;
    const auto includeY = [&](double value) {
        if (!m_axes.logY || value > 0) include(y, value);
    };
    for (const ScatterPoint& point : m_points) {
        include(x, point.x);
        for (double away : {-1.0, 0.0, 1.0})
            includeY(point.y + (std::isfinite(point.deviation) ? away * point.deviation : 0));
    }
    if (m_reference) includeY(*m_reference);
    if (!(x.high >= x.low)) x = {0, 1};
    if (!(y.high >= y.low)) y = {1, 10};
    m_axes.x = niceRange(x);
    const double pad = (m_axes.x.high - m_axes.x.low) * 0.02;  // no point on the frame
    m_axes.x = {m_axes.x.low - pad, m_axes.x.high + pad};
    y = m_axes.logY ? niceLogRange(y) : niceRange(y);
    m_axes.y = {m_axes.scaledY(y.low), m_axes.scaledY(y.high)};
}

/// The title says what goes upwards; in a file there is none.
void ScatterPlot::arrange() {
    scale();
    m_axes.headroom = legendHeight(m_groups, extent().width());
    m_axes.layout(extent(), true, exporting());
}

QPointF ScatterPlot::placeOf(std::size_t point) {
    arrange();
    return pixelOf(m_points.at(point));
}

void ScatterPlot::paintFront(QPainter& painter) const {
    if (m_front.size() < 2) return;
    QPolygonF steps;
    for (std::size_t i : m_front) {
        const QPointF at = pixelOf(m_points[i]);
        // One moves to the next point at the price of its y: up first, then across.
        if (!steps.isEmpty()) steps << QPointF(steps.last().x(), at.y());
        steps << at;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors().action.lighter(colors().dark ? 130 : 100), 1.4, Qt::DashLine));
    painter.drawPolyline(steps);
}

void ScatterPlot::paintReference(QPainter& painter) const {
    if (!showsReference()) return;
    const double y = m_axes.pixelY(*m_reference);
    painter.setPen(QPen(colors().secondary, 1, Qt::DashLine));
    painter.drawLine(QPointF(m_axes.area.left(), y), QPointF(m_axes.area.right(), y));
}

/// Over the points, on a ground of its own: it can be read where they are dense.
void ScatterPlot::paintReferenceText(QPainter& painter) const {
    if (!showsReference() || m_referenceText.isEmpty()) return;
    const double y = m_axes.pixelY(*m_reference);
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    const double height = metrics.height(), width = metrics.horizontalAdvance(m_referenceText) + 8;
    const bool below = y + height + 3 < m_axes.area.bottom();
    const QRectF box(m_axes.area.right() - width, below ? y + 2 : y - height - 2, width, height);
    painter.fillRect(box, withAlpha(colors().card, 0.82F));
    writeText(painter, colors().secondary, box, Qt::AlignCenter, m_referenceText);
}

void ScatterPlot::paintDeviation(QPainter& painter, const ScatterPoint& point) const {
    const double x = m_axes.pixelX(point.x), least = point.y - point.deviation;
    const double low = m_axes.logY && least <= 0 ? m_axes.area.bottom() : m_axes.pixelY(least);
    const double high = m_axes.pixelY(point.y + point.deviation);
    painter.drawLine(QPointF(x, low), QPointF(x, high));
    for (double end : {low, high}) painter.drawLine(QPointF(x - 3, end), QPointF(x + 3, end));
}

void ScatterPlot::paintPoint(QPainter& painter, const ScatterPoint& point) const {
    const LegendEntry entry = point.group < m_groups.size() ? m_groups[point.group] : LegendEntry{};
    const QColor color = entry.color.isValid() ? themed(entry.color) : colors().series[4];
    painter.setPen(QPen(color, 1.2));
    if (point.deviation > 0) paintDeviation(painter, point);
    painter.setPen(point.strong ? QPen(colors().text, 1.4) : QPen(colors().card, 0.8));
    painter.setBrush(color);
    const MarkerShape shape =
        entry.marker == MarkerShape::None ? MarkerShape::Circle : entry.marker;
    paintMarkerShape(painter, pixelOf(point), point.strong ? kRadius * kStrong : kRadius, shape);
}

void ScatterPlot::paintContent(QPainter& painter) {
    arrange();
    m_axes.paintGrid(painter, colors());
    painter.setRenderHint(QPainter::Antialiasing);
    paintReference(painter);
    paintFront(painter);
    for (bool strong : {false, true})
        for (const ScatterPoint& point : m_points)
            if (point.strong == strong) paintPoint(painter, point);
    paintReferenceText(painter);
    m_axes.paintLabels(painter, colors());
    std::vector<LegendEntry> groups = m_groups;
    for (LegendEntry& group : groups) group.color = themed(group.color);
    paintLegend(painter, QRectF(m_axes.area.left(), 0, m_axes.area.width(), m_axes.headroom),
                groups, colors());
    m_axes.paintNames(painter, colors().secondary);
}

void ScatterPlot::paintOverlay(QPainter& painter) {
    if (m_current && hasFocus()) {
        painter.setPen(QPen(colors().accent, 2));
        painter.drawEllipse(pixelOf(m_points[*m_current]), kRing, kRing);
    }
    const auto under = hover() ? pointAt(*hover()) : std::nullopt;
    const auto shown = under ? under : hasFocus() ? m_current : std::nullopt;
    if (!shown) return;
    const ScatterPoint& point = m_points[*shown];
    const QString text =
        point.detail.isEmpty() ? point.name : point.name + QLatin1Char('\n') + point.detail;
    paintBubble(painter, pixelOf(point) + QPointF(12, 0), text, m_axes.area, colors());
}

ViewTable ScatterPlot::viewTable() const {
    const QStringList header{tr("name"),   tr("group"), m_axes.xName,
                             m_axes.yName, tr("std"),   tr("on the front")};
    return tableOf(header, m_points,
                   [groups = m_groups, front = m_front, axes = m_axes](
                       const ScatterPoint& point, std::size_t row) -> std::vector<ViewCell> {
                       const bool best = std::find(front.begin(), front.end(), row) != front.end();
                       return {point.name,
                               point.group < groups.size() ? groups[point.group].name : QString(),
                               {axes.xText(point.x), point.x},
                               {axes.yText(point.y), point.y},
                               point.deviation > 0
                                   ? ViewCell(axes.yText(point.deviation), point.deviation)
                                   : ViewCell(),
                               best ? tr("yes") : QString()};
                   });
}

std::optional<std::size_t> ScatterPlot::pointAt(const QPointF& position) {
    arrange();
    std::optional<std::size_t> nearest;
    double best = kReach * kReach;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF away = pixelOf(m_points[i]) - position;
        if (const double distance = QPointF::dotProduct(away, away); distance < best) {
            best = distance;
            nearest = i;
        }
    }
    return nearest;
}

void ScatterPlot::makeCurrent(std::size_t point) {
    m_current = point;
    setAccessibleDescription(m_points[point].name + QStringLiteral(", ") + m_points[point].detail);
    update();
}

void ScatterPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const auto point = pointAt(event->position());
    if (!point) return;
    makeCurrent(*point);
    Q_EMIT chosen(m_points[*point].id, event->modifiers().testFlag(Qt::ControlModifier));
}

void ScatterPlot::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const auto point = pointAt(event->position())) Q_EMIT opened(m_points[*point].id);
}

void ScatterPlot::mouseMoveEvent(QMouseEvent* event) {
    setCursor(pointAt(event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
    PaintedView::mouseMoveEvent(event);
}

void ScatterPlot::walk(int direction) {
    if (m_points.empty()) return;
    const auto count = static_cast<int>(m_points.size());
    const int from = m_current ? static_cast<int>(*m_current) : direction > 0 ? -1 : count;
    forgetHover();
    makeCurrent(static_cast<std::size_t>(std::clamp(from + direction, 0, count - 1)));
}

void ScatterPlot::keyPressEvent(QKeyEvent* event) {
    const int all = static_cast<int>(m_points.size());
    const bool add = event->modifiers().testFlag(Qt::ControlModifier);
    const bool known = actOnKey(*event, {{{Qt::Key_Left, Qt::Key_Up}, [&] { walk(-1); }},
                                         {{Qt::Key_Right, Qt::Key_Down}, [&] { walk(1); }},
                                         {{Qt::Key_Home}, [&] { walk(-all); }},
                                         {{Qt::Key_End}, [&] { walk(all); }},
                                         {{Qt::Key_Space},
                                          [&] {
                                              if (m_current)
                                                  Q_EMIT chosen(m_points[*m_current].id, add);
                                          }},
                                         {{Qt::Key_Return, Qt::Key_Enter}, [&] {
                                              if (m_current) Q_EMIT opened(m_points[*m_current].id);
                                          }}});
    if (!known) QWidget::keyPressEvent(event);
}

}  // namespace skd
