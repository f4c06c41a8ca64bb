// How a ScatterPlot is shown on screen and answers mouse and keyboard; the drawing is in
// scatter_plot.cpp.
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <cmath>

#include "charts/plot/plot_canvas.h"
#include "charts/views/scatter_plot.h"

namespace skd {

void ScatterPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const ThemeColors& colors = themeColors(this);
    if (m_points.empty()) {
        painter.setFont(textFont(TextRole::Body));
        painter.setPen(colors.secondary);
        painter.drawText(rect().adjusted(20, 0, -20, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    const QSize pixels = size() * devicePixelRatioF();
    if (m_dirty || m_cache.size() != pixels) {
        scale(size());
        if (m_cache.size() != pixels) m_cache = QPixmap(pixels);
        m_cache.setDevicePixelRatio(devicePixelRatioF());
        m_cache.fill(Qt::transparent);
        QPainter cached(&m_cache);
        paintAll(cached, colors);
        paintNames(cached, size(), colors);
        m_dirty = false;
    }
    painter.drawPixmap(0, 0, m_cache);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto shown = m_hover ? m_hover : hasFocus() ? m_current : std::nullopt;
    if (m_current && hasFocus()) {
        painter.setPen(QPen(colors.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(m_axes.pixel(m_points[*m_current].x, m_points[*m_current].y), 10, 10);
    }
    if (!shown) return;
    const ScatterPoint& point = m_points[*shown];
    const QString text =
        point.detail.isEmpty() ? point.name : point.name + QLatin1Char('\n') + point.detail;
    paintBubble(painter, m_axes.pixel(point.x, point.y) + QPointF(12, 0), text, m_axes.area,
                colors);
}

void ScatterPlot::resizeEvent(QResizeEvent*) {
    m_dirty = true;
}

void ScatterPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) markDirty();
    QWidget::changeEvent(event);
}

std::optional<std::size_t> ScatterPlot::pointAt(const QPointF& position) {
    if (m_points.empty()) return {};
    scale(size());
    std::optional<std::size_t> nearest;
    double best = 12 * 12;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF away = m_axes.pixel(m_points[i].x, m_points[i].y) - position;
        if (const double distance = QPointF::dotProduct(away, away); distance < best) {
            best = distance;
            nearest = i;
        }
    }
    return nearest;
}

void ScatterPlot::makeCurrent(std::optional<std::size_t> point) {
    m_current = point;
    if (point)
        setAccessibleDescription(m_points[*point].name + QStringLiteral(", ") +
                                 m_points[*point].detail);
    update();
}

void ScatterPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const auto point = pointAt(event->position());
    if (!point) return;
    makeCurrent(point);
    Q_EMIT chosen(m_points[*point].id, event->modifiers().testFlag(Qt::ControlModifier));
}

void ScatterPlot::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const auto point = pointAt(event->position())) Q_EMIT opened(m_points[*point].id);
}

void ScatterPlot::mouseMoveEvent(QMouseEvent* event) {
    const auto point = pointAt(event->position());
    setCursor(point ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (point == m_hover) return;
    m_hover = point;
    update();
}

void ScatterPlot::leaveEvent(QEvent*) {
    m_hover.reset();
    update();
}

void ScatterPlot::walk(int direction) {
    if (m_points.empty()) return;
    const auto count = static_cast<int>(m_points.size());
    const int from = m_current ? static_cast<int>(*m_current) : direction > 0 ? -1 : count;
    m_hover.reset();
    makeCurrent(static_cast<std::size_t>(std::clamp(from + direction, 0, count - 1)));
}

void ScatterPlot::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Left:
        case Qt::Key_Up:
            return walk(-1);
        case Qt::Key_Right:
        case Qt::Key_Down:
            return walk(1);
        case Qt::Key_Home:
            return walk(-static_cast<int>(m_points.size()));
        case Qt::Key_End:
            return walk(static_cast<int>(m_points.size()));
        case Qt::Key_Space:
            if (m_current)
                Q_EMIT chosen(m_points[*m_current].id,
                              event->modifiers().testFlag(Qt::ControlModifier));
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (m_current) Q_EMIT opened(m_points[*m_current].id);
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void ScatterPlot::focusInEvent(QFocusEvent*) {
    update();
}
void ScatterPlot::focusOutEvent(QFocusEvent*) {
    update();
}

}  // namespace skd
