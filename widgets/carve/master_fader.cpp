#include "carve/master_fader.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <cmath>

#include "style/format.h"

namespace skd {

namespace {
constexpr double kTrack = 8, kCorner = 4;
}

MasterFader::MasterFader(QWidget* parent) : SliderView({}, parent) {
    setMeaning(
        tr("Master fader: MLP parameters to remove"),
        tr("Drag: share of MLP parameters to remove.\nThe preset decides where; locked layers "
           "stay."));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
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
    const double below = 2 * smallLineHeight() + 10;
    return {(width() - kTrack) / 2, kTrack, kTrack, height() - kTrack - below};
}

QPointF MasterFader::handleCenter() const {
    return {width() / 2.0, track().top() + m_value / kMaximum * track().height()};
}

void MasterFader::paintContent(QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = track();
    const QPointF handle = handleCenter();
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors().dark ? colors().raised : colors().border);
    painter.drawRoundedRect(area, kCorner, kCorner);
    painter.setBrush(colors().good);
    painter.drawRoundedRect(QRectF(QPointF(area.left(), handle.y()), area.bottomRight()), kCorner,
                            kCorner);
    if (hasFocus()) painter.setPen(QPen(colors().text, 1.6));
    painter.drawRoundedRect(QRectF(handle - QPointF(16, 8), QSizeF(32, 16)), kCorner, kCorner);
    painter.setFont(textFont(TextRole::Small));
    const double line = smallLineHeight();
    painter.setPen(colors().text);
    painter.drawText(QRectF(0, area.bottom() + 6, width(), line), Qt::AlignCenter, tr("master"));
    painter.setPen(colors().secondary);
    painter.drawText(QRectF(0, area.bottom() + 7 + line, width(), line), Qt::AlignCenter,
                     m_caption);
}

void MasterFader::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    Q_EMIT pressed();
    startDrag(event->position().y());
}

void MasterFader::dragTo(double y) {
    Q_EMIT moved(std::clamp((y - track().top()) / track().height(), 0.0, 1.0) * kMaximum);
}

void MasterFader::set(double value) {
    Q_EMIT pressed();
    Q_EMIT moved(std::clamp(value, 0.0, kMaximum));
    Q_EMIT released();
}

/// Up is towards dense.
void MasterFader::step(int direction, bool coarse) {
    set(m_value - direction * (coarse ? 0.05 : 0.01));
}

void MasterFader::wheelEvent(QWheelEvent* event) {
    if (event->angleDelta().y() == 0) return;
    step(event->angleDelta().y() > 0 ? 1 : -1, false);
    event->accept();
}

QString MasterFader::typingText(const QString& digits) const {
    return tr("remove %1 ⏎").arg(digits);
}

void MasterFader::enter(const QString& digits) {
    if (const double value = parseShare(digits); !std::isnan(value)) set(value);
}

bool MasterFader::ownKey(const QKeyEvent& event) {
    if (event.key() != Qt::Key_Home) return false;
    set(0);
    return true;
}

}  // namespace skd
