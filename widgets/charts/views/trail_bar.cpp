#include "charts/views/trail_bar.h"

#include <algorithm>
#include <cmath>

namespace skd {

namespace {
constexpr double kPitch = 14.5, kWidth = 11;

bool onScale(double value) {
    return value > 0 && std::isfinite(value);
}

QString oneLine(QString text, const char* separator) {
    return text.replace(QLatin1Char('\n'), QLatin1String(separator));
}

}  // namespace

TrailBar::TrailBar(QWidget* parent) : PaintedView(Kind::Control, tr("Last tries"), parent) {
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setMaximumHeight(64);
}

void TrailBar::setBars(std::vector<Bar> bars) {
    m_bars = std::move(bars);
    m_logs = kNoRange;
    for (const Bar& bar : m_bars)
        if (onScale(bar.value)) include(m_logs, std::log(bar.value));
    m_focus = std::min(m_focus, barCount() - 1);
    QString text = tr("Chart: %1 bars.").arg(m_bars.size());
    if (!m_bars.empty()) text += tr(" The last one: %1").arg(oneLine(m_bars.back().tip, "; "));
    setAccessibleDescription(text);
    update();
}

QRectF TrailBar::barRect(int bar) const {
    const double pitch = std::min(kPitch, static_cast<double>(width()) / std::max(1, barCount()));
    const double value = m_bars[bar].value;
    double share = 1;
    if (onScale(value))
        share =
            0.22 + 0.78 * (m_logs.high > m_logs.low ? (std::log(value) - m_logs.low) / m_logs.span()
                                                    : 0.3);
    const double tall = share * (height() - 2);
    return {bar * pitch, height() - tall, std::min(kWidth, pitch - 2), tall};
}

int TrailBar::barAt(const QPointF& position) const {
    for (int i = 0; i < barCount(); ++i) {
        const QRectF bar = barRect(i);
        if (position.x() >= bar.left() - 1.5 && position.x() <= bar.right() + 1.5) return i;
    }
    return -1;
}

ViewTable TrailBar::viewTable() const {
    return tableOf({tr("try"), tr("perplexity"), tr("what it was")}, m_bars,
                   [](const Bar& bar, int row) -> std::vector<ViewCell> {
                       return {QString::number(row + 1),
                               {QString::number(bar.value, 'g', 5), bar.value},
                               oneLine(bar.tip, ", ")};
                   });
}

void TrailBar::paintContent(QPainter& painter) {
    const int under = hover() && !exporting() ? barAt(*hover()) : -1;
    painter.setRenderHint(QPainter::Antialiasing);
    for (int i = 0; i < barCount(); ++i) {
        const Bar& bar = m_bars[i];
        QColor fill = bar.current     ? colors().accent
                      : bar.recorded  ? colors().faint
                      : colors().dark ? QColor(0x45, 0x4B, 0x55)
                                      : QColor(0xC2, 0xC7, 0xCF);
        if (i == under && !bar.current) fill = colors().secondary;
        painter.setPen(i == m_focus && hasFocus() ? QPen(colors().text, 1.5) : Qt::NoPen);
        painter.setBrush(fill);
        painter.drawRoundedRect(barRect(i), 2, 2);
    }
}

void TrailBar::mousePressEvent(QMouseEvent* event) {
    const int bar = barAt(event->position());
    if (event->button() == Qt::LeftButton && bar >= 0) Q_EMIT activated(bar);
}

void TrailBar::mouseMoveEvent(QMouseEvent* event) {
    setCursor(barAt(event->position()) >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    PaintedView::mouseMoveEvent(event);
}

void TrailBar::keyPressEvent(QKeyEvent* event) {
    const int last = barCount() - 1;
    const auto focused = [&] { return m_focus >= 0 && m_focus <= last; };
    if (event->key() == Qt::Key_Left)
        m_focus = std::max(0, m_focus - 1);
    else if (event->key() == Qt::Key_Right)
        m_focus = std::min(last, m_focus + 1);
    else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Space) && focused())
        Q_EMIT activated(m_focus);
    else
        return QWidget::keyPressEvent(event);
    if (focused()) setAccessibleDescription(m_bars[m_focus].tip);
    update();
}

void TrailBar::focusInEvent(QFocusEvent*) {
    if (m_focus < 0) m_focus = barCount() - 1;
    update();
}

QString TrailBar::tipAt(const QPointF& position) const {
    const int bar = barAt(position);
    return bar >= 0 ? m_bars[bar].tip : QString();
}

}  // namespace skd
