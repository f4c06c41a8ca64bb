#include "charts/plot_view.h"

#include <QContextMenuEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "charts/painted_view.h"
#include "delegates/format.h"

namespace skd {

PlotView::PlotView(const QString& accessibleName, QWidget* parent) : QWidget(parent) {
    setAccessibleName(accessibleName);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    m_axes.xText = formatValue;
    m_axes.yText = formatValue;
    m_emptyText = tr("no data yet");
}

PlotView::~PlotView() = default;

void PlotView::markDirty() {
    m_dirty = true;
    update();
}

void PlotView::setLogY(bool on) {
    m_axes.logY = on;
    markDirty();
}

void PlotView::setCompact(bool on) {
    m_axes.compact = on;
    markDirty();
}

void PlotView::setXText(ValueText text, const QString& name) {
    m_axes.xText = std::move(text);
    m_xName = name;
}

void PlotView::setYText(ValueText text, const QString& name) {
    m_axes.yText = std::move(text);
    m_yName = name;
}

void PlotView::setIncluded(std::vector<double> xs, std::vector<double> ys) {
    m_includedX = std::move(xs);
    m_includedY = std::move(ys);
    markDirty();
}

void PlotView::setYFloor(double floor) {
    m_floor = floor;
    markDirty();
}

void PlotView::clearSeries() {
    m_series.clear();
    m_annotations = {};
    markDirty();
}

std::size_t PlotView::addSeries(const SeriesStyle& style) {
    m_series.emplace_back().style = style;
    markDirty();
    return m_series.size() - 1;
}

void PlotView::setStyle(std::size_t series, const SeriesStyle& style) {
    m_series.at(series).style = style;
    markDirty();
}

void PlotView::setData(std::size_t series, std::vector<double> xs, std::vector<double> ys) {
    m_series.at(series).setData(std::move(xs), std::move(ys));
    markDirty();
}

void PlotView::append(std::size_t series, std::span<const double> xs, std::span<const double> ys) {
    m_series.at(series).append(xs, ys);
    markDirty();
}

void PlotView::setAnnotations(PlotAnnotations annotations) {
    m_annotations = std::move(annotations);
    markDirty();
}

void PlotView::setEmptyText(const QString& text) {
    if (m_emptyText == text) return;
    m_emptyText = text;
    markDirty();
}

void PlotView::setHandle(std::optional<double> x, double step) {
    m_handle = x;
    m_handleStep = step;
    update();
}

bool PlotView::empty() const {
    return std::all_of(m_series.begin(), m_series.end(),
                       [](const PlotSeries& one) { return one.empty(); });
}

void PlotView::autoscale() {
    Range x{INFINITY, -INFINITY}, y{INFINITY, -INFINITY};
    for (const auto& envelope : m_annotations.envelopes) {
        if (envelope.xs.empty()) continue;
        x = {std::min(x.low, envelope.xs.front()), std::max(x.high, envelope.xs.back())};
    }
    const auto include = [](Range& range, double value) {
        if (std::isfinite(value)) range = {std::min(range.low, value), std::max(range.high, value)};
    };
    for (const PlotSeries& one : m_series) {
        if (one.empty()) continue;
        include(x, one.xs().front());
        include(x, one.xs().back());
    }
    for (double value : m_includedX) include(x, value);
    if (!(x.high > x.low)) x = std::isfinite(x.low) ? Range{x.low, x.low + 1} : Range{0, 1};
    m_axes.x = m_zoom.empty() ? x : m_zoom.back();
    for (const PlotSeries& one : m_series) {
        if (one.empty() || one.style.unitScale) continue;
        const Range extent = one.extent(m_axes.x, m_axes.logY);
        include(y, extent.low);
        include(y, extent.high);
    }
    for (double value : m_includedY)
        if (!m_axes.logY || value > 0) include(y, value);
    if (m_floor < y.high) y.low = std::max(y.low, m_floor);
    if (!(y.high >= y.low)) y = m_axes.logY ? Range{1, 10} : Range{0, 1};
    y = m_axes.logY ? niceLogRange(y) : niceRange(y, m_axes.compact ? 3 : 5);
    m_axes.y = {m_axes.scaledY(y.low), m_axes.scaledY(y.high)};
}

const PlotAxes& PlotView::axes() {
    if (m_dirty) {
        autoscale();
        layoutAxes(size(), m_legend);
    }
    return m_axes;
}

void PlotView::renderCache() {
    const QSize pixels = size() * devicePixelRatioF();
    if (!m_dirty && m_cache.size() == pixels) return;
    autoscale();
    layoutAxes(size(), m_legend);
    if (m_cache.size() != pixels) m_cache = QPixmap(pixels);
    m_cache.setDevicePixelRatio(devicePixelRatioF());
    m_cache.fill(Qt::transparent);
    QPainter painter(&m_cache);
    m_canvas.paint(painter, size(), m_axes, m_series, m_annotations, themeColors(this));
    if (m_legend)
        paintLegend(painter, QRectF(m_axes.area.left(), 0, m_axes.area.width(), m_axes.headroom),
                    legendEntries(), themeColors(this));
    m_dirty = false;
    updateSummary();
}

void PlotView::updateSummary() {
    qsizetype points = 0;
    for (const PlotSeries& one : m_series) points += static_cast<qsizetype>(one.xs().size());
    QString text =
        tr("Chart: %1, %2.")
            .arg(countText(static_cast<qint64>(m_series.size()), tr("%1 line"), tr("%1 lines")),
                 countText(points, tr("%1 point"), tr("%1 points")));
    if (!m_series.empty() && !m_series.front().empty())
        text += QLatin1Char(' ') + nearestText(m_series.front().xs().back())
                                       .replace(QLatin1Char('\n'), QLatin1String("; "));
    if (const QString measured = cursorText(); !measured.isEmpty())
        text +=
            QLatin1Char(' ') + QString(measured).replace(QLatin1Char('\n'), QLatin1String("; "));
    if (text != accessibleDescription()) setAccessibleDescription(text);
}

void PlotView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (empty()) {
        painter.setPen(themeColors(this).secondary);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    renderCache();
    painter.drawPixmap(0, 0, m_cache);
    paintOverlay(painter);
}

void PlotView::paintOverlay(QPainter& painter) {
    const ThemeColors& colors = themeColors(this);
    if (m_drag == Drag::Zoom && m_hover) {
        QColor fill = colors.action;
        fill.setAlphaF(0.18F);
        const double from = std::clamp(m_dragFrom.x(), m_axes.area.left(), m_axes.area.right());
        const double to = std::clamp(m_hover->x(), m_axes.area.left(), m_axes.area.right());
        painter.fillRect(
            QRectF(QPointF(from, m_axes.area.top()), QPointF(to, m_axes.area.bottom())), fill);
    }
    paintHandle(painter, hasFocus() ? colors.accent : colors.text);
    paintCursors(painter, colors);
    if (!m_hover || !m_axes.area.contains(*m_hover) || m_drag == Drag::Zoom) return;
    const double x = m_axes.valueX(m_hover->x());
    QString text = m_hoverText ? m_hoverText(x) : nearestText(x);
    if (const auto marker = markerAt(*m_hover);
        marker && !m_annotations.markers[*marker].tip.isEmpty())
        text = m_annotations.markers[*marker].tip;
    if (text.isEmpty()) return;
    painter.setPen(QPen(colors.faint, 1));
    painter.drawLine(QPointF(m_hover->x(), m_axes.area.top()),
                     QPointF(m_hover->x(), m_axes.area.bottom()));
    paintBubble(painter, *m_hover + QPointF(12, 0), text, m_axes.area, colors);
}

std::optional<std::size_t> PlotView::markerAt(const QPointF& position) const {
    for (std::size_t i = 0; i < m_annotations.markers.size(); ++i) {
        const auto& marker = m_annotations.markers[i];
        const QPointF away = m_axes.pixel(marker.x, marker.y) - position;
        if (QPointF::dotProduct(away, away) < 81) return i;
    }
    return {};
}

QString PlotView::nearestText(double x) const {
    QStringList lines;
    for (const PlotSeries& one : m_series) {
        if (one.empty() || one.style.name.isEmpty()) continue;
        const std::size_t index = one.nearest(x);
        if (lines.isEmpty())
            lines << QStringLiteral("%1 %2").arg(m_xName, m_axes.xText(one.xs()[index]));
        lines << QStringLiteral("%1  %2").arg(one.style.name, m_axes.yText(one.ys()[index]));
        if (lines.size() > 9) break;
    }
    return lines.join(QLatin1Char('\n'));
}

}  // namespace skd
