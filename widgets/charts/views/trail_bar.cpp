#include "charts/views/trail_bar.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "style/theme.h"

namespace skd {

namespace {
constexpr double kPitch = 14.5, kWidth = 11;
}

TrailBar::TrailBar(QWidget* parent) : PaintedView(Kind::Control, tr("Last tries"), parent) {
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setMaximumHeight(64);
}

void TrailBar::setBars(std::vector<Bar> bars) {
    m_bars = std::move(bars);
    m_low = INFINITY, m_high = -INFINITY;
    for (const Bar& bar : m_bars) {
        if (!(bar.value > 0) || !std::isfinite(bar.value)) continue;
        m_low = std::min(m_low, std::log(bar.value));
        m_high = std::max(m_high, std::log(bar.value));
    }
    m_focus = std::min(m_focus, static_cast<int>(m_bars.size()) - 1);
    const QString last =
        m_bars.empty()
            ? QString()
            : tr(" The last one: %1")
                  .arg(QString(m_bars.back().tip).replace(QLatin1Char('\n'), QLatin1String("; ")));
    setAccessibleDescription(tr("Chart: %1 bars.").arg(m_bars.size()) + last);
    update();
}

QRectF TrailBar::barRect(int bar) const {
    const double pitch =
        std::min(kPitch, width() / std::max(1.0, static_cast<double>(m_bars.size())));
    const double value = m_bars[static_cast<std::size_t>(bar)].value;
    double share = 1;
    if (value > 0 && std::isfinite(value))
        share = 0.22 + 0.78 * (m_high > m_low ? (std::log(value) - m_low) / (m_high - m_low) : 0.3);
    const double tall = share * (height() - 2);
    return {bar * pitch, height() - tall, std::min(kWidth, pitch - 2), tall};
}

int TrailBar::barAt(const QPointF& position) const {
    for (int i = 0; i < static_cast<int>(m_bars.size()); ++i) {
        const QRectF bar = barRect(i);
        if (position.x() >= bar.left() - 1.5 && position.x() <= bar.right() + 1.5) return i;
    }
    return -1;
}

ViewTable TrailBar::viewTable() const {
    ViewTable table;
    table.header << tr("try") << tr("perplexity") << tr("what it was");
    table.rows = static_cast<int>(m_bars.size());
    table.cell = [bars = m_bars](int row, int column) -> ViewCell {
        const Bar& bar = bars[static_cast<std::size_t>(row)];
        if (column == 0) return QString::number(row + 1);
        if (column == 1) return {QString::number(bar.value, 'g', 5), bar.value};
        return QString(bar.tip).replace(QLatin1Char('\n'), QStringLiteral(", "));
    };
    return table;
}

void TrailBar::paintContent(QPainter& painter) {
    const ThemeColors& colors = this->colors();
    const int under = hover() && !exporting() ? barAt(*hover()) : -1;
    painter.setRenderHint(QPainter::Antialiasing);
    for (int i = 0; i < static_cast<int>(m_bars.size()); ++i) {
        const Bar& bar = m_bars[static_cast<std::size_t>(i)];
        QColor fill = bar.current    ? colors.accent
                      : bar.recorded ? colors.faint
                      : colors.dark  ? QColor(0x45, 0x4B, 0x55)
                                     : QColor(0xC2, 0xC7, 0xCF);
        if (i == under && !bar.current) fill = colors.secondary;
        painter.setPen(i == m_focus && hasFocus() ? QPen(colors.text, 1.5) : Qt::NoPen);
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
    const int last = static_cast<int>(m_bars.size()) - 1;
    if (event->key() == Qt::Key_Left)
        m_focus = std::max(0, m_focus - 1);
    else if (event->key() == Qt::Key_Right)
        m_focus = std::min(last, m_focus + 1);
    else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Space) && m_focus >= 0 &&
             m_focus <= last)
        Q_EMIT activated(m_focus);
    else
        return QWidget::keyPressEvent(event);
    if (m_focus >= 0 && m_focus <= last)
        setAccessibleDescription(m_bars[static_cast<std::size_t>(m_focus)].tip);
    update();
}

void TrailBar::focusInEvent(QFocusEvent*) {
    if (m_focus < 0) m_focus = static_cast<int>(m_bars.size()) - 1;
    update();
}

QString TrailBar::tipAt(const QPointF& position) const {
    const int bar = barAt(position);
    return bar >= 0 ? m_bars[static_cast<std::size_t>(bar)].tip : QString();
}

}  // namespace skd
