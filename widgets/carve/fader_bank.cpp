#include "carve/fader_bank.h"

#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <cmath>

#include "charts/table_twin.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {

double lineHeight() {
    return QFontMetricsF(textFont(TextRole::Small)).height();
}

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

FaderBank::FaderBank(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Energy faders, one per layer"));
}

void FaderBank::setFaders(std::vector<Fader> faders) {
    m_faders = std::move(faders);
    m_current = std::clamp(m_current, 0, std::max(0, static_cast<int>(m_faders.size()) - 1));
    describe();
    update();
}

void FaderBank::describe() {
    if (!m_faders.empty())
        setAccessibleDescription(m_faders[static_cast<std::size_t>(m_current)].text);
}

void FaderBank::setTicks(std::vector<std::pair<double, QString>> ticks) {
    m_ticks = std::move(ticks);
    update();
}

void FaderBank::setCurrent(int fader) {
    m_current = std::clamp(fader, 0, std::max(0, static_cast<int>(m_faders.size()) - 1));
    describe();
    update();
}

QRectF FaderBank::tracks() const {
    double right = 0;
    for (const auto& tick : m_ticks)
        right = std::max(right,
                         QFontMetricsF(textFont(TextRole::Small)).horizontalAdvance(tick.second));
    return QRectF(rect()).adjusted(4, 8, -(right + 12), -(2 * lineHeight() + 10));
}

double FaderBank::pitch() const {
    return tracks().width() / std::max<double>(1, static_cast<double>(m_faders.size()));
}
double FaderBank::trackX(int fader) const {
    const double step = std::min(pitch(), 60.0);
    return tracks().left() + (fader + 0.5) * step;
}

double FaderBank::stripLeft(int fader) const {
    return tracks().left() + fader * std::min(pitch(), 60.0);
}

int FaderBank::faderAt(double x) const {
    const int index = static_cast<int>(std::floor((x - tracks().left()) / std::min(pitch(), 60.0)));
    return index >= 0 && index < static_cast<int>(m_faders.size()) ? index : -1;
}

double FaderBank::positionAt(double y) const {
    return std::clamp((tracks().bottom() - y) / tracks().height(), 0.0, 1.0);
}

QPointF FaderBank::handleCenter(int fader) const {
    const QRectF area = tracks();
    return {trackX(fader),
            area.bottom() - m_faders[static_cast<std::size_t>(fader)].position * area.height()};
}

QRectF FaderBank::lockRect(int fader) const {
    return {trackX(fader) - pitch() / 2, tracks().bottom() + lineHeight() + 7, pitch(),
            lineHeight()};
}

/// The profile over depth as a soft band behind the faders.
void FaderBank::paintShape(QPainter& painter, const ThemeColors& colors) const {
    if (m_faders.size() < 2) return;
    QPainterPath path(handleCenter(0));
    for (int i = 1; i < static_cast<int>(m_faders.size()); ++i) path.lineTo(handleCenter(i));
    QColor color = colors.action;
    color.setAlphaF(0.16F);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(
        QPen(color, std::min(12.0, pitch() * 0.6), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

void FaderBank::paintTrack(QPainter& painter, int fader, const ThemeColors& colors) const {
    const Fader& one = m_faders[static_cast<std::size_t>(fader)];
    const QRectF area = tracks();
    const QPointF handle = handleCenter(fader);
    const double track = std::clamp(pitch() * 0.16, 2.0, 4.0);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.dark ? colors.raised : colors.border);
    painter.drawRoundedRect(QRectF(handle.x() - track / 2, area.top(), track, area.height()),
                            track / 2, track / 2);
    const QColor live = one.selected ? colors.accent : one.locked ? colors.faint : colors.action;
    painter.setBrush(live);
    painter.drawRoundedRect(QRectF(QPointF(handle.x() - track / 2, handle.y()),
                                   QPointF(handle.x() + track / 2, area.bottom())),
                            track / 2, track / 2);
}

void FaderBank::paintHandle(QPainter& painter, int fader, const ThemeColors& colors) const {
    const Fader& one = m_faders[static_cast<std::size_t>(fader)];
    const QPointF handle = handleCenter(fader);
    const QSizeF size(std::clamp(pitch() * 0.68, 5.0, 18.0), std::clamp(pitch() * 0.45, 5.0, 11.0));
    const QRectF knob(handle.x() - size.width() / 2, handle.y() - size.height() / 2, size.width(),
                      size.height());
    painter.setBrush(one.selected  ? colors.accent
                     : one.locked  ? colors.faint
                     : colors.dark ? QColor(0xC9, 0xCD, 0xD3)
                                   : QColor(0x6A, 0x72, 0x7E));
    const bool focused = fader == m_current && hasFocus();
    painter.setPen(focused ? QPen(colors.text, 1.6) : QPen(colors.card, 1));
    painter.drawRoundedRect(focused ? knob.adjusted(-1, -1, 1, 1) : knob, 2.5, 2.5);
}

/// Where the compared profile stands: an empty diamond, told from a handle by its shape.
void FaderBank::paintBehind(QPainter& painter, int fader, const ThemeColors& colors) const {
    const Fader& one = m_faders[static_cast<std::size_t>(fader)];
    if (!one.behind) return;
    const QRectF area = tracks();
    const double half = std::clamp(pitch() * 0.3, 2.5, 6.0), x = trackX(fader),
                 y = area.bottom() - *one.behind * area.height();
    QColor fill = colors.card;
    fill.setAlphaF(0.6F);
    painter.setBrush(fill);
    painter.setPen(QPen(colors.secondary, 1.2));
    painter.drawPolygon(QPolygonF{QPointF(x - half, y), QPointF(x, y - half), QPointF(x + half, y),
                                  QPointF(x, y + half)});
}

void FaderBank::paintTicks(QPainter& painter, const ThemeColors& colors) const {
    const QRectF area = tracks();
    const QFontMetricsF metrics(painter.font());
    const double right = m_faders.empty() ? area.right()
                                          : trackX(static_cast<int>(m_faders.size()) - 1) +
                                                std::min(pitch(), 60.0) / 2;
    for (const auto& [position, text] : m_ticks) {
        const double y = std::round(area.bottom() - position * area.height()) + 0.5;
        painter.setPen(QPen(colors.grid, 1));
        painter.drawLine(QPointF(area.left(), y), QPointF(right, y));
        painter.setPen(colors.secondary);
        painter.drawText(QRectF(right + 8, y - metrics.height(), 80, 2 * metrics.height()),
                         Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

void FaderBank::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_faders.empty()) {
        painter.setPen(themeColors(this).secondary);
        painter.drawText(rect().adjusted(6, 0, -6, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    paintAll(painter, themeColors(this));
}

void FaderBank::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    const double scale = std::min(area.width() / width(), area.height() / height());
    painter.save();
    painter.translate(area.topLeft());
    painter.scale(scale, scale);
    paintAll(painter, colors);
    painter.restore();
}

ViewTable FaderBank::viewTable() const {
    ViewTable table;
    table.header << tr("layer") << tr("setting") << tr("place of the fader") << tr("locked");
    table.rows = static_cast<int>(m_faders.size());
    table.cell = [this](int row, int column) -> ViewCell {
        const Fader& fader = m_faders[static_cast<std::size_t>(row)];
        if (column == 0) return QString::number(row);
        if (column == 1)
            return QString(fader.text).replace(QLatin1Char('\n'), QStringLiteral(", "));
        if (column == 2) return {QString::number(fader.position, 'f', 3), fader.position};
        return fader.locked ? tr("yes") : QString();
    };
    return table;
}

void FaderBank::paintAll(QPainter& painter, const ThemeColors& colors) const {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    paintTicks(painter, colors);
    paintShape(painter, colors);
    const double wide =
        QFontMetricsF(painter.font()).horizontalAdvance(QString::number(m_faders.size())) + 4;
    const int every = std::max(1, static_cast<int>(std::ceil(wide / pitch())));
    for (int i = 0; i < static_cast<int>(m_faders.size()); ++i) {
        const Fader& fader = m_faders[static_cast<std::size_t>(i)];
        paintTrack(painter, i, colors);
        paintBehind(painter, i, colors);
        paintHandle(painter, i, colors);
        if (fader.locked) paintLock(painter, lockRect(i), colors.secondary);
        if (i % every != 0) continue;
        painter.setPen(fader.selected ? colors.text : colors.secondary);
        painter.drawText(QRectF(trackX(i) - 20, tracks().bottom() + 6, 40, lineHeight()),
                         Qt::AlignCenter, QString::number(i));
    }
}

void FaderBank::choose(int fader, bool extend) {
    setCurrent(fader);
    Q_EMIT chosen(m_current, extend);
}

void FaderBank::mousePressEvent(QMouseEvent* event) {
    const int fader = faderAt(event->position().x());
    if (event->button() != Qt::LeftButton || fader < 0) return;
    if (event->position().y() > tracks().bottom() + lineHeight() + 4) {
        Q_EMIT lockToggled(fader);
        return;
    }
    const bool extend = (event->modifiers() & (Qt::ShiftModifier | Qt::ControlModifier)) != 0;
    if (!m_faders[static_cast<std::size_t>(fader)].selected || extend) choose(fader, extend);
    setCurrent(fader);
    const double offset = handleCenter(fader).y() - event->position().y();
    m_grab = std::abs(offset) < 9 ? offset : 0;
    Q_EMIT pressed(fader);
    if (std::abs(offset) >= 9) Q_EMIT moved(fader, positionAt(event->position().y()));
}

void FaderBank::mouseMoveEvent(QMouseEvent* event) {
    if (m_grab)
        Q_EMIT moved(m_current, positionAt(event->position().y() + *m_grab));
    else
        setCursor(faderAt(event->position().x()) >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void FaderBank::mouseReleaseEvent(QMouseEvent*) {
    if (!m_grab) return;
    m_grab.reset();
    Q_EMIT released();
}

void FaderBank::wheelEvent(QWheelEvent* event) {
    const int fader = faderAt(event->position().x());
    if (fader < 0 || event->angleDelta().y() == 0) return;
    setCurrent(fader);
    Q_EMIT stepped(fader, event->angleDelta().y() > 0 ? 1 : -1, false);
    event->accept();
}

bool FaderBank::typeDigit(const QString& text) {
    if (text.size() != 1 || !(text[0].isDigit() || text[0] == QLatin1Char('.'))) return false;
    m_typing += text;
    QToolTip::showText(mapToGlobal(handleCenter(m_current).toPoint()),
                       tr("energy %1 ⏎").arg(m_typing), this);
    return true;
}

void FaderBank::keyPressEvent(QKeyEvent* event) {
    const int last = static_cast<int>(m_faders.size()) - 1;
    if (last < 0) return QWidget::keyPressEvent(event);
    const bool extend = event->modifiers().testFlag(Qt::ShiftModifier);
    if (!(event->modifiers() & Qt::ControlModifier) && typeDigit(event->text())) return;
    switch (event->key()) {
        case Qt::Key_Left:
            return choose(m_current - 1, extend);
        case Qt::Key_Right:
            return choose(m_current + 1, extend);
        case Qt::Key_Up:
            Q_EMIT stepped(m_current, 1, false);
            return;
        case Qt::Key_Down:
            Q_EMIT stepped(m_current, -1, false);
            return;
        case Qt::Key_PageUp:
            Q_EMIT stepped(m_current, 1, true);
            return;
        case Qt::Key_PageDown:
            Q_EMIT stepped(m_current, -1, true);
            return;
        case Qt::Key_Home:
            Q_EMIT moved(m_current, 1);
            return;
        case Qt::Key_End:
            Q_EMIT moved(m_current, 0);
            return;
        case Qt::Key_L:
        case Qt::Key_Space:
            Q_EMIT lockToggled(m_current);
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (const double value = parseShare(std::exchange(m_typing, {})); !std::isnan(value))
                Q_EMIT typed(m_current, value);
            return;
        case Qt::Key_Escape:
            m_typing.clear();
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void FaderBank::focusInEvent(QFocusEvent*) {
    update();
}
void FaderBank::focusOutEvent(QFocusEvent*) {
    m_typing.clear();
    update();
}

void FaderBank::contextMenuEvent(QContextMenuEvent* event) {
    if (!m_faders.empty()) showTableMenu(this, event->globalPos(), viewName(), viewTable());
}

bool FaderBank::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    const int fader = faderAt(help->pos().x());
    if (fader >= 0)
        QToolTip::showText(help->globalPos(), m_faders[static_cast<std::size_t>(fader)].text, this);
    else
        QToolTip::hideText();
    return true;
}

}  // namespace skd
