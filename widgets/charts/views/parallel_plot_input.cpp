// How a ParallelPlot is shown on screen and answers mouse and keyboard; the drawing is in
// parallel_plot.cpp.
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <utility>

#include "charts/plot/plot_canvas.h"
#include "charts/views/parallel_plot.h"
#include "style/format.h"

namespace skd {

void ParallelPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const ThemeColors& colors = themeColors(this);
    if (m_axes.empty() || m_lines.empty()) {
        painter.setPen(colors.secondary);
        painter.drawText(rect().adjusted(20, 0, -20, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    const QSize pixels = size() * devicePixelRatioF();
    if (m_dirty || m_cache.size() != pixels) {
        arrange(size());
        if (m_cache.size() != pixels) m_cache = QPixmap(pixels);
        m_cache.setDevicePixelRatio(devicePixelRatioF());
        m_cache.fill(Qt::transparent);
        QPainter cached(&m_cache);
        paintLines(cached, colors);
        m_dirty = false;
    }
    painter.drawPixmap(0, 0, m_cache);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_hover) {
        painter.setPen(QPen(colors.text, 2.4));
        painter.drawPolyline(polygonOf(*m_hover));
    }
    paintAxes(painter, colors);
    if (m_hover)
        paintBubble(painter, m_area.topLeft() + QPointF(14, 60), describe(*m_hover), QRectF(rect()),
                    colors);
}

QString ParallelPlot::describe(std::size_t line) const {
    QStringList parts{m_lines[line].name};
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
        const double value = m_lines[line].values[axis];
        const ParallelAxis& one = m_axes[axis];
        const QString text = std::isnan(value)      ? QStringLiteral("–")
                             : !one.words.isEmpty() ? one.words.value(static_cast<qsizetype>(value))
                             : one.text             ? one.text(value)
                                                    : formatValue(value);
        parts << QStringLiteral("%1  %2").arg(one.name, text.left(40));
    }
    return parts.join(QLatin1Char('\n'));
}

void ParallelPlot::resizeEvent(QResizeEvent*) {
    arrange(size());
    m_dirty = true;
}

void ParallelPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        arrange(size());
        m_dirty = true;
        update();
    }
    QWidget::changeEvent(event);
}

double ParallelPlot::placeAt(double y) const {
    const double place = (m_area.bottom() - y) / m_area.height(), near = 4 / m_area.height();
    return place < near ? 0 : place > 1 - near ? 1 : place;  // the ends are easy to hit
}

std::optional<std::size_t> ParallelPlot::axisAt(const QPointF& position) const {
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis)
        if (std::abs(pixelOf(axis, 0).x() - position.x()) < 9) return axis;
    return {};
}

std::optional<std::size_t> ParallelPlot::lineAt(const QPointF& position) const {
    std::optional<std::size_t> nearest;
    double best = 7;
    for (std::size_t line = 0; line < m_lines.size(); ++line) {
        if (!passes(line)) continue;
        const QPolygonF points = polygonOf(line);
        for (qsizetype i = 1; i < points.size(); ++i) {
            const QPointF from = points[i - 1], to = points[i];
            if (position.x() < from.x() || position.x() > to.x() || to.x() <= from.x()) continue;
            const double share = (position.x() - from.x()) / (to.x() - from.x());
            const QPointF way = to - from;
            // Vertical distance, shortened by the slope: the distance to the line itself.
            const double away = std::abs(from.y() + share * way.y() - position.y()) * way.x() /
                                std::hypot(way.x(), way.y());
            if (away >= best) continue;
            best = away;
            nearest = line;
        }
    }
    return nearest;
}

void ParallelPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || m_axes.empty()) return;
    m_dragAxis = axisAt(event->position());
    m_dragFrom = event->position().y();
    m_dragged = false;
    if (m_dragAxis)
        m_axis = *m_dragAxis;
    else if (const auto line = lineAt(event->position()))
        Q_EMIT chosen(m_lines[*line].id, event->modifiers().testFlag(Qt::ControlModifier));
    update();
}

void ParallelPlot::mouseMoveEvent(QMouseEvent* event) {
    if (m_dragAxis) {
        m_dragged = m_dragged || std::abs(event->position().y() - m_dragFrom) > 4;
        if (!m_dragged) return;
        const double a = placeAt(m_dragFrom), b = placeAt(event->position().y());
        return setBrush(*m_dragAxis, Range{std::min(a, b), std::max(a, b)});
    }
    const auto axis = axisAt(event->position());
    const auto line = axis ? std::nullopt : lineAt(event->position());
    setCursor(axis ? Qt::SizeVerCursor : line ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (line == m_hover) return;
    m_hover = line;
    update();
}

void ParallelPlot::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !m_dragAxis) return;
    const std::size_t axis = *std::exchange(m_dragAxis, std::nullopt);
    if (!m_dragged) setBrush(axis, std::nullopt);
}

void ParallelPlot::mouseDoubleClickEvent(QMouseEvent* event) {
    if (axisAt(event->position())) return clearBrushes();
    if (const auto line = lineAt(event->position())) Q_EMIT opened(m_lines[*line].id);
}

void ParallelPlot::leaveEvent(QEvent*) {
    m_hover.reset();
    update();
}

void ParallelPlot::narrow(bool fromBelow, double step) {
    if (m_axes.empty()) return;
    Range part = m_brushes[m_axis].value_or(Range{0, 1});
    (fromBelow ? part.low : part.high) += fromBelow ? step : -step;
    part = {std::clamp(part.low, 0.0, 1.0), std::clamp(part.high, 0.0, 1.0)};
    if (part.low > part.high) return;
    const bool whole = part.low <= 0 && part.high >= 1;
    setBrush(m_axis, whole ? std::nullopt : std::optional(part));
}

void ParallelPlot::keyPressEvent(QKeyEvent* event) {
    const double step = event->modifiers().testFlag(Qt::ShiftModifier) ? -0.05 : 0.05;
    const auto goTo = [&](int by) {
        m_axis = static_cast<std::size_t>(std::clamp(
            static_cast<int>(m_axis) + by, 0, std::max(0, static_cast<int>(m_axes.size()) - 1)));
        if (!m_axes.empty()) setAccessibleDescription(tr("axis %1").arg(m_axes[m_axis].name));
        update();
    };
    switch (event->key()) {
        case Qt::Key_Left:
            return goTo(-1);
        case Qt::Key_Right:
            return goTo(1);
        case Qt::Key_Up:
            return narrow(true, step);
        case Qt::Key_Down:
            return narrow(false, step);
        case Qt::Key_Delete:
        case Qt::Key_Backspace:
            if (!m_axes.empty()) setBrush(m_axis, std::nullopt);
            return;
        case Qt::Key_Escape:
            return clearBrushes();
        default:
            QWidget::keyPressEvent(event);
    }
}

void ParallelPlot::focusInEvent(QFocusEvent*) {
    update();
}
void ParallelPlot::focusOutEvent(QFocusEvent*) {
    update();
}

}  // namespace skd
