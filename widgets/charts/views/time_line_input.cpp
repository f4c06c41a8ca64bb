// How a TimeLine answers mouse and keyboard; the drawing is in time_line.cpp.
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "charts/views/time_line.h"

namespace skd {

void TimeLine::resizeEvent(QResizeEvent*) {
    markDirty();
}

void TimeLine::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) markDirty();
    QWidget::changeEvent(event);
}

void TimeLine::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || empty()) return;
    m_pressed = event->position();
    m_pressedView = m_view;
    m_pressedScroll = m_scroll;
    m_dragged = false;
}

void TimeLine::mouseMoveEvent(QMouseEvent* event) {
    m_hover = event->position();
    if (m_pressed && (m_dragged || (event->position() - *m_pressed).manhattanLength() > 4)) {
        m_dragged = true;
        setCursor(Qt::ClosedHandCursor);
        const QPointF moved = event->position() - *m_pressed;
        const double shift = moved.x() / area().width() * m_pressedView.span();
        const double rows = static_cast<double>(m_content.rows->rows.size()) * rowHeight();
        m_scroll =
            std::clamp(m_pressedScroll - moved.y(), 0.0, std::max(0.0, rows - area().height()));
        zoomTo({m_pressedView.low - shift, m_pressedView.high - shift});
    }
    update();
}

void TimeLine::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !m_pressed) return;
    m_pressed.reset();
    unsetCursor();
    if (std::exchange(m_dragged, false)) return update();
    const auto record = recordAtPoint(event->position());
    setCurrent(record);
    if (record)
        Q_EMIT picked(*record);
    else
        Q_EMIT pickedNothing();
}

void TimeLine::mouseDoubleClickEvent(QMouseEvent* event) {
    const auto record = recordAtPoint(event->position());
    if (!record) return zoomWhole();
    const ProfileRecord& one = (*m_content.records)[*record];
    const double margin = 0.05 * static_cast<double>(one.endNs - one.beginNs);
    zoomTo({static_cast<double>(one.beginNs) - margin, static_cast<double>(one.endNs) + margin});
}

void TimeLine::wheelEvent(QWheelEvent* event) {
    const QPoint turned = event->angleDelta();
    if (empty() || turned.isNull()) return;
    event->accept();
    if (std::abs(turned.x()) > std::abs(turned.y())) return pan(turned.x() > 0 ? -0.1 : 0.1);
    zoom(turned.y() > 0 ? 0.8 : 1.25, timeAt(std::max(event->position().x(), area().left())));
}

void TimeLine::leaveEvent(QEvent*) {
    m_hover.reset();
    update();
}

void TimeLine::keyPressEvent(QKeyEvent* event) {
    if (empty()) return QWidget::keyPressEvent(event);
    const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
    const double center = (m_view.low + m_view.high) / 2;
    switch (event->key()) {
        case Qt::Key_Left:
            return shift ? step(-1) : pan(-0.1);
        case Qt::Key_Right:
            return shift ? step(1) : pan(0.1);
        case Qt::Key_Plus:
        case Qt::Key_Equal:
        case Qt::Key_Up:
            return zoom(0.8, center);
        case Qt::Key_Minus:
        case Qt::Key_Down:
            return zoom(1.25, center);
        case Qt::Key_Home:
        case Qt::Key_Escape:
            return zoomWhole();
        default:
            QWidget::keyPressEvent(event);
    }
}

/// To the next record of the row in which the current one lies; of those that stand out, where some
/// do.
void TimeLine::step(int direction) {
    const auto& rows = m_content.rows->rows;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto& own = rows[row].records;
        const auto& records = m_anyMarked && !m_marked[row].empty() ? m_marked[row] : own;
        if (m_current && std::find(own.begin(), own.end(), *m_current) == own.end()) continue;
        const auto now =
            m_current ? std::find(records.begin(), records.end(), *m_current) : records.end();
        auto next = static_cast<std::ptrdiff_t>(0);
        if (now != records.end())
            next = std::clamp<std::ptrdiff_t>(now - records.begin() + direction, 0,
                                              std::ssize(records) - 1);
        setCurrent(records[static_cast<std::size_t>(next)]);
        break;
    }
    if (!m_current) return;
    const ProfileRecord& one = (*m_content.records)[*m_current];
    const double middle = static_cast<double>(one.beginNs + one.endNs) / 2;
    if (middle < m_view.low || middle > m_view.high)
        zoomTo({middle - m_view.span() / 2, middle + m_view.span() / 2});
    Q_EMIT picked(*m_current);
}

void TimeLine::setCurrent(std::optional<std::uint32_t> record) {
    m_current = record;
    setAccessibleDescription(record ? m_content.tip((*m_content.records)[*record]) : QString());
    update();
}

}  // namespace skd
