// The two cursors of a PlotView that measure, its handle, and what keys do to them.
#include <QKeyEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "charts/plot_view.h"
#include "charts/painted_view.h"
#include "delegates/format.h"

namespace skd {

void PlotView::placeCursor(std::size_t which, std::optional<double> x) {
    m_cursors.at(which) = x;
    update();
    updateSummary();
    Q_EMIT cursorsChanged();
}

QString PlotView::cursorText() const {
    if (!m_cursors[0] || !m_cursors[1]) return {};
    QStringList lines{tr("A %1 → B %2 (%3)")
                          .arg(m_axes.xText(*m_cursors[0]), m_axes.xText(*m_cursors[1]),
                               m_axes.xText(*m_cursors[1] - *m_cursors[0]))};
    for (const PlotSeries& one : m_series) {
        if (one.empty() || one.style.name.isEmpty() || lines.size() > 9) continue;
        const double change =
            one.ys()[one.nearest(*m_cursors[1])] - one.ys()[one.nearest(*m_cursors[0])];
        lines << QStringLiteral("%1  %2%3")
                     .arg(one.style.name, change < 0 ? QStringLiteral("−") : QStringLiteral("+"),
                          m_axes.yText(std::abs(change)));
    }
    return lines.join(QLatin1Char('\n'));
}

/// By a point of the first line; from the middle of what is shown where the cursor stands nowhere
/// yet.
void PlotView::stepCursor(std::size_t which, int direction) {
    const auto line = std::find_if(m_series.begin(), m_series.end(),
                                   [](const PlotSeries& one) { return !one.empty(); });
    if (line == m_series.end()) return;
    const PlotAxes& shown = axes();
    const auto& at = m_cursors.at(which);
    auto index = static_cast<std::ptrdiff_t>(line->nearest(at.value_or(middle())));
    // More points than pixels: a key moves by a pixel at least.
    const auto stride = std::max<std::ptrdiff_t>(
        1, static_cast<std::ptrdiff_t>(static_cast<double>(line->xs().size()) /
                                       std::max(1.0, shown.area.width())));
    if (at) index += direction * stride;
    index =
        std::clamp<std::ptrdiff_t>(index, 0, static_cast<std::ptrdiff_t>(line->xs().size()) - 1);
    placeCursor(which, line->xs()[static_cast<std::size_t>(index)]);
}

double PlotView::middle() const {
    return m_axes.x.low + m_axes.x.span() / 2;
}

bool PlotView::handleKey(int key, bool coarse) {
    if (!m_handle) return false;
    const auto move = [&](double direction) {
        Q_EMIT handlePressed();
        Q_EMIT handleMoved(*m_handle + direction * m_handleStep * (coarse ? 4 : 1));
        Q_EMIT handleReleased();
        return true;
    };
    switch (key) {
        case Qt::Key_Left:
            return move(-1);
        case Qt::Key_Right:
            return move(1);
        case Qt::Key_PageDown:
            return move(-4);
        case Qt::Key_PageUp:
            return move(4);
        default:
            return false;
    }
}

bool PlotView::zoomKey(int key, bool shift) {
    const double around = m_cursors[0].value_or(middle());
    switch (key) {
        case Qt::Key_Backspace:
            shift ? zoomForward() : zoomBack();
            return true;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
        case Qt::Key_Minus:
            if (m_handle) return false;
            zoomAround(around, key == Qt::Key_Minus ? 1.25 : 0.8);
            return true;
        case Qt::Key_Home:
            if (m_handle) return false;
            resetZoom();
            return true;
        default:
            return false;
    }
}

void PlotView::keyPressEvent(QKeyEvent* event) {
    const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
    const int key = event->key();
    static_cast<void>(axes());  // keys speak of what is shown
    if (zoomKey(key, shift) || handleKey(key, shift)) return;
    const bool cursors = m_cursors[0] || m_cursors[1];
    if (!m_handle && (key == Qt::Key_Left || key == Qt::Key_Right))
        return stepCursor(shift ? 1 : 0, key == Qt::Key_Left ? -1 : 1);
    if (key == Qt::Key_N && m_takesNotes && m_cursors[0])
        return Q_EMIT noteRequested(*m_cursors[0]);
    if ((key == Qt::Key_Return || key == Qt::Key_Enter) && m_cursors[0])
        return chooseMarkerNear(*m_cursors[0]);
    if (key == Qt::Key_Escape && !cursors && !m_zoom.empty()) return resetZoom();
    if ((key == Qt::Key_Escape || key == Qt::Key_Delete) && cursors) {
        placeCursor(0, {});
        return placeCursor(1, {});
    }
    QWidget::keyPressEvent(event);
}

void PlotView::chooseMarkerNear(double x) {
    std::optional<std::size_t> nearest;
    double away = 9;
    for (std::size_t i = 0; i < m_annotations.markers.size(); ++i) {
        const double distance =
            std::abs(m_axes.pixelX(m_annotations.markers[i].x) - m_axes.pixelX(x));
        if (m_annotations.markers[i].tip.isEmpty() || distance >= away) continue;
        away = distance;
        nearest = i;
    }
    if (nearest) Q_EMIT markerClicked(*nearest);
}

void PlotView::paintHandle(QPainter& painter, const QColor& color) const {
    if (!m_handle) return;
    const double px = m_axes.pixelX(*m_handle);
    if (px < m_axes.area.left() - 1 || px > m_axes.area.right() + 1) return;
    const double top = m_axes.area.top();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 2));
    painter.drawLine(QPointF(px, top), QPointF(px, m_axes.area.bottom()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(QPolygonF{{px - 7, top - 4}, {px + 7, top - 4}, {px, top + 6}});
}

void PlotView::paintCursors(QPainter& painter, const ThemeColors& colors) const {
    painter.setFont(textFont(TextRole::Small));
    for (std::size_t i = 0; i < m_cursors.size(); ++i) {
        if (!m_cursors[i]) continue;
        const double px = m_axes.pixelX(*m_cursors[i]);
        if (px < m_axes.area.left() - 1 || px > m_axes.area.right() + 1) continue;
        painter.setPen(QPen(colors.action, 1.4, Qt::DashLine));
        painter.drawLine(QPointF(px, m_axes.area.top()), QPointF(px, m_axes.area.bottom()));
        painter.setPen(colors.text);
        painter.drawText(QPointF(px + 4, m_axes.area.top() + 11),
                         i == 0 ? QStringLiteral("A") : QStringLiteral("B"));
    }
    if (const QString text = cursorText(); !text.isEmpty())
        paintBubble(painter, m_axes.area.topLeft() + QPointF(14, 40), text, m_axes.area, colors);
}

}  // namespace skd
