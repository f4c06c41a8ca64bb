#include "carve/master_fader.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <cmath>

#include "style/format.h"
#include "style/theme.h"

namespace skd {

MasterFader::MasterFader(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMeaning(
        tr("Master fader: MLP parameters to remove"),
        tr("Drag: share of MLP parameters to remove.\nThe preset decides where; locked layers "
           "stay."));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    setCursor(Qt::PointingHandCursor);
}

void MasterFader::setValue(double value, const QString& caption) {
    m_value = std::isnan(value) ? 0 : std::clamp(value, 0.0, kMaximum);
    m_caption = caption;
    setAccessibleDescription(caption);
    update();
}

void MasterFader::setMeaning(const QString& name, const QString& tip) {
    setAccessibleName(name);
    setToolTip(tip);
}

QRectF MasterFader::track() const {
    const double below = 2 * QFontMetricsF(textFont(TextRole::Small)).height() + 10;
    return QRectF(width() / 2.0 - 4, 8, 8, height() - 8 - below);
}

QPointF MasterFader::handleCenter() const {
    return {width() / 2.0, track().top() + m_value / kMaximum * track().height()};
}

void MasterFader::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors& colors = themeColors(this);
    const QRectF area = track();
    const QPointF handle = handleCenter();
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.dark ? colors.raised : colors.border);
    painter.drawRoundedRect(area, 4, 4);
    painter.setBrush(colors.good);
    painter.drawRoundedRect(QRectF(QPointF(area.left(), handle.y()), area.bottomRight()), 4, 4);
    if (hasFocus()) painter.setPen(QPen(colors.text, 1.6));
    painter.drawRoundedRect(QRectF(handle.x() - 16, handle.y() - 8, 32, 16), 4, 4);
    painter.setFont(textFont(TextRole::Small));
    const double line = QFontMetricsF(painter.font()).height();
    painter.setPen(colors.text);
    painter.drawText(QRectF(0, area.bottom() + 6, width(), line), Qt::AlignCenter, tr("master"));
    painter.setPen(colors.secondary);
    painter.drawText(QRectF(0, area.bottom() + 7 + line, width(), line), Qt::AlignCenter,
                     m_caption);
}

void MasterFader::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    m_dragging = true;
    Q_EMIT pressed();
    if (std::abs(event->position().y() - handleCenter().y()) > 9) mouseMoveEvent(event);
}

void MasterFader::mouseMoveEvent(QMouseEvent* event) {
    if (!m_dragging) return;
    const double share = (event->position().y() - track().top()) / track().height();
    Q_EMIT moved(std::clamp(share, 0.0, 1.0) * kMaximum);
}

void MasterFader::mouseReleaseEvent(QMouseEvent*) {
    if (!m_dragging) return;
    m_dragging = false;
    Q_EMIT released();
}

void MasterFader::step(double by) {
    Q_EMIT pressed();
    Q_EMIT moved(std::clamp(m_value + by, 0.0, kMaximum));
    Q_EMIT released();
}

void MasterFader::wheelEvent(QWheelEvent* event) {
    if (event->angleDelta().y() == 0) return;
    step(event->angleDelta().y() > 0 ? -0.01 : 0.01);
    event->accept();
}

bool MasterFader::typeDigit(const QString& text) {
    if (text.size() != 1 || !(text[0].isDigit() || text[0] == QLatin1Char('.'))) return false;
    m_typing += text;
    QToolTip::showText(mapToGlobal(handleCenter().toPoint()), tr("remove %1 ⏎").arg(m_typing),
                       this);
    return true;
}

void MasterFader::keyPressEvent(QKeyEvent* event) {
    if (!(event->modifiers() & Qt::ControlModifier) && typeDigit(event->text())) return;
    switch (event->key()) {
        case Qt::Key_Up:
            return step(-0.01);
        case Qt::Key_Down:
            return step(0.01);
        case Qt::Key_PageUp:
            return step(-0.05);
        case Qt::Key_PageDown:
            return step(0.05);
        case Qt::Key_Home:
            return step(-kMaximum);
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (const double value = parseShare(std::exchange(m_typing, {})); !std::isnan(value))
                step(value - m_value);
            return;
        case Qt::Key_Escape:
            m_typing.clear();
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void MasterFader::focusInEvent(QFocusEvent*) {
    update();
}
void MasterFader::focusOutEvent(QFocusEvent*) {
    m_typing.clear();
    update();
}

}  // namespace skd
