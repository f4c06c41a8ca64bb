#include "carve/fader_bank.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <cmath>

#include "style/format.h"

namespace skd {

namespace {

constexpr double kWidestPitch = 60;  ///< of few faders, which would stand far apart
constexpr double kHalfNumber = 20;   ///< of the room for a layer's number
constexpr QMarginsF kMargins(4, 8, 12, 10);

void paintLock(QPainter& painter, const QRectF& rect, const QColor& color) {
    const double w = std::min(7.0, rect.width()), left = rect.center().x() - w / 2;
    const QRectF body(left, rect.center().y() - 0.5, w, 5);
    painter.setPen(QPen(color, 1.1));
    painter.setBrush(Qt::NoBrush);
    painter.drawArc(QRectF(left + w * 0.2, body.top() - 4, w * 0.6, 7), 0, 180 * 16);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(body, 1, 1);
}

}  // namespace

FaderBank::FaderBank(QWidget* parent) : SliderView(tr("Energy faders, one per layer"), parent) {}

void FaderBank::setFaders(std::vector<Fader> faders) {
    m_faders = std::move(faders);
    setCurrent(m_current);
}

void FaderBank::describe() {
    if (!m_faders.empty()) setAccessibleDescription(at(m_current).text);
}

void FaderBank::setTicks(std::vector<std::pair<double, QString>> ticks) {
    m_ticks = std::move(ticks);
    measureTicks();
    update();
}

void FaderBank::measureTicks() {
    const QFontMetricsF metrics(textFont(TextRole::Small));
    m_tickWidth = 0;
    for (const auto& tick : m_ticks)
        m_tickWidth = std::max(m_tickWidth, metrics.horizontalAdvance(tick.second));
}

void FaderBank::setCurrent(int fader) {
    m_current = std::clamp(fader, 0, std::max(0, count() - 1));
    describe();
    update();
}

QRectF FaderBank::tracks() const {
    return QRectF(rect()).marginsRemoved(kMargins).adjusted(0, 0, -m_tickWidth,
                                                            -2 * smallLineHeight());
}

double FaderBank::pitch() const {
    return std::min(tracks().width() / std::max(1, count()), kWidestPitch);
}

double FaderBank::stripLeft(int fader) const {
    return tracks().left() + fader * pitch();
}

int FaderBank::faderAt(double x) const {
    const int index = static_cast<int>(std::floor((x - tracks().left()) / pitch()));
    return index >= 0 && index < count() ? index : -1;
}

double FaderBank::positionY(double position) const {
    return tracks().bottom() - position * tracks().height();
}

QPointF FaderBank::handleCenter(int fader) const {
    return {trackX(fader), positionY(at(fader).position)};
}

QRectF FaderBank::lockRect(int fader) const {
    return {stripLeft(fader), tracks().bottom() + smallLineHeight() + 7, pitch(),
            smallLineHeight()};
}

/// The profile over depth as a soft band behind the faders.
void FaderBank::paintShape(QPainter& painter) const {
    if (m_faders.size() < 2) return;
    QPainterPath path(handleCenter(0));
    for (int i = 1; i < count(); ++i) path.lineTo(handleCenter(i));
    QColor color = colors().action;
    color.setAlphaF(0.16F);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(
        QPen(color, std::min(12.0, pitch() * 0.6), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

void FaderBank::paintTrack(QPainter& painter, int fader) const {
    const Fader& one = at(fader);
    const QRectF area = tracks();
    const QPointF handle = handleCenter(fader);
    const double track = std::clamp(pitch() * 0.16, 2.0, 4.0);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors().dark ? colors().raised : colors().border);
    painter.drawRoundedRect(QRectF(handle.x() - track / 2, area.top(), track, area.height()),
                            track / 2, track / 2);
    const QColor live = one.selected ? colors().accent
                        : one.locked ? colors().faint
                                     : colors().action;
    painter.setBrush(live);
    painter.drawRoundedRect(QRectF(QPointF(handle.x() - track / 2, handle.y()),
                                   QPointF(handle.x() + track / 2, area.bottom())),
                            track / 2, track / 2);
}

void FaderBank::paintHandle(QPainter& painter, int fader) const {
    const Fader& one = at(fader);
    const QPointF handle = handleCenter(fader);
    const QSizeF size(std::clamp(pitch() * 0.68, 5.0, 18.0), std::clamp(pitch() * 0.45, 5.0, 11.0));
    const QRectF knob(handle.x() - size.width() / 2, handle.y() - size.height() / 2, size.width(),
                      size.height());
    painter.setBrush(one.selected    ? colors().accent
                     : one.locked    ? colors().faint
                     : colors().dark ? QColor(0xC9, 0xCD, 0xD3)
                                     : QColor(0x6A, 0x72, 0x7E));
    const bool focused = fader == m_current && hasFocus();
    painter.setPen(focused ? QPen(colors().text, 1.6) : QPen(colors().card, 1));
    painter.drawRoundedRect(focused ? knob.adjusted(-1, -1, 1, 1) : knob, 2.5, 2.5);
}

/// Where the compared profile stands: an empty diamond, told from a handle by its shape.
void FaderBank::paintBehind(QPainter& painter, int fader) const {
    const Fader& one = at(fader);
    if (!one.behind) return;
    const QRectF area = tracks();
    const double half = std::clamp(pitch() * 0.3, 2.5, 6.0), x = trackX(fader),
                 y = area.bottom() - *one.behind * area.height();
    QColor fill = colors().card;
    fill.setAlphaF(0.6F);
    painter.setBrush(fill);
    painter.setPen(QPen(colors().secondary, 1.2));
    painter.drawPolygon(QPolygonF{QPointF(x - half, y), QPointF(x, y - half), QPointF(x + half, y),
                                  QPointF(x, y + half)});
}

void FaderBank::paintTicks(QPainter& painter) const {
    const double line = smallLineHeight(), left = tracks().left(), right = stripLeft(count());
    for (const auto& [position, text] : m_ticks) {
        const double y = std::round(positionY(position)) + 0.5;
        painter.setPen(QPen(colors().grid, 1));
        painter.drawLine(QPointF(left, y), QPointF(right, y));
        painter.setPen(colors().secondary);
        painter.drawText(QRectF(right + 8, y - line, 80, 2 * line),
                         Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

ViewTable FaderBank::viewTable() const {
    ViewTable table;
    table.header << tr("layer") << tr("setting") << tr("place of the fader") << tr("locked");
    table.rows = count();
    table.cell = [faders = m_faders](int row, int column) -> ViewCell {
        const Fader& fader = faders[static_cast<std::size_t>(row)];
        if (column == 0) return QString::number(row);
        if (column == 1)
            return QString(fader.text).replace(QLatin1Char('\n'), QStringLiteral(", "));
        if (column == 2) return {QString::number(fader.position, 'f', 3), fader.position};
        return fader.locked ? tr("yes") : QString();
    };
    return table;
}

void FaderBank::paintContent(QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    measureTicks();  // the size of text may have changed
    paintTicks(painter);
    paintShape(painter);
    const double wide =
        QFontMetricsF(painter.font()).horizontalAdvance(QString::number(count())) + 4;
    const int every = std::max(1, static_cast<int>(std::ceil(wide / pitch())));
    for (int i = 0; i < count(); ++i) {
        paintTrack(painter, i);
        paintBehind(painter, i);
        paintHandle(painter, i);
        if (at(i).locked) paintLock(painter, lockRect(i), colors().secondary);
        if (i % every != 0) continue;
        painter.setPen(at(i).selected ? colors().text : colors().secondary);
        painter.drawText(QRectF(trackX(i) - kHalfNumber, tracks().bottom() + 6, 2 * kHalfNumber,
                                smallLineHeight()),
                         Qt::AlignCenter, QString::number(i));
    }
}

void FaderBank::choose(int fader, bool extend) {
    setCurrent(fader);
    Q_EMIT chosen(m_current, extend);
}

bool FaderBank::pressable(const QPointF& position) const {
    return faderAt(position.x()) >= 0;
}

QString FaderBank::tipAt(const QPointF& position) const {
    return pressable(position) ? at(faderAt(position.x())).text : QString();
}

QString FaderBank::typingText(const QString& digits) const {
    return tr("energy %1 ⏎").arg(digits);
}

void FaderBank::mousePressEvent(QMouseEvent* event) {
    const int fader = faderAt(event->position().x());
    if (event->button() != Qt::LeftButton || fader < 0) return;
    if (event->position().y() > tracks().bottom() + smallLineHeight() + 4) {
        Q_EMIT lockToggled(fader);
        return;
    }
    const bool extend = (event->modifiers() & (Qt::ShiftModifier | Qt::ControlModifier)) != 0;
    if (!at(fader).selected || extend) choose(fader, extend);
    setCurrent(fader);
    Q_EMIT pressed(fader);
    startDrag(event->position().y());
}

void FaderBank::dragTo(double y) {
    Q_EMIT moved(m_current, std::clamp((tracks().bottom() - y) / tracks().height(), 0.0, 1.0));
}

void FaderBank::wheelEvent(QWheelEvent* event) {
    const int fader = faderAt(event->position().x());
    if (fader < 0 || event->angleDelta().y() == 0) return;
    setCurrent(fader);
    step(event->angleDelta().y() > 0 ? 1 : -1, false);
    event->accept();
}

void FaderBank::step(int direction, bool coarse) {
    Q_EMIT stepped(m_current, direction, coarse);
}

void FaderBank::enter(const QString& digits) {
    if (const double value = parseShare(digits); !std::isnan(value)) Q_EMIT typed(m_current, value);
}

bool FaderBank::ownKey(const QKeyEvent& event) {
    const bool extend = event.modifiers().testFlag(Qt::ShiftModifier);
    switch (event.key()) {
        case Qt::Key_Left:
            choose(m_current - 1, extend);
            return true;
        case Qt::Key_Right:
            choose(m_current + 1, extend);
            return true;
        case Qt::Key_Home:
            Q_EMIT moved(m_current, 1);
            return true;
        case Qt::Key_End:
            Q_EMIT moved(m_current, 0);
            return true;
        case Qt::Key_L:
        case Qt::Key_Space:
            Q_EMIT lockToggled(m_current);
            return true;
        default:
            return false;
    }
}

}  // namespace skd
