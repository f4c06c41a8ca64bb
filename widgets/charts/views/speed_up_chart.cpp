#include "charts/views/speed_up_chart.h"

#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QMenu>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <cmath>

#include "charts/table_twin.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

SpeedUpChart::SpeedUpChart(const QString& accessibleName, QWidget* parent) : QWidget(parent) {
    setAccessibleName(accessibleName);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void SpeedUpChart::setEntries(std::vector<Entry> entries) {
    m_entries = std::move(entries);
    QStringList sentences;
    for (const Entry& entry : m_entries) sentences << entry.tip;
    setAccessibleDescription(sentences.isEmpty() ? m_emptyText : sentences.join(QLatin1Char('\n')));
    update();
}

void SpeedUpChart::setEmptyText(const QString& text) {
    m_emptyText = text;
    update();
}

PlotAxes SpeedUpChart::axes(const QSizeF& size) const {
    PlotAxes axes;
    Range range{1, 1};
    for (const Entry& entry : m_entries)
        for (double value : {entry.low, entry.high, entry.predicted, entry.ceiling})
            if (std::isfinite(value))
                range = {std::min(range.low, value), std::max(range.high, value)};
    range.high += 0.06 * range.span();
    axes.y = niceRange(range, 5);
    axes.x = {0, std::max<double>(1, static_cast<double>(m_entries.size()))};
    axes.yText = [](double y) { return formatFactor(y); };
    axes.xText = [](double) { return QString(); };
    axes.compact = true;
    axes.layout(size);
    const double labels = 2 * QFontMetricsF(textFont(TextRole::Small)).height();
    axes.area.setBottom(size.height() - labels - 6);
    return axes;
}

double SpeedUpChart::slot(const PlotAxes& axes) const {
    return axes.area.width() / static_cast<double>(m_entries.size());
}

void SpeedUpChart::paintEntry(QPainter& painter, const PlotAxes& axes, std::size_t index,
                              const ThemeColors& colors) const {
    const Entry& entry = m_entries[index];
    const double center = axes.area.left() + (static_cast<double>(index) + 0.5) * slot(axes);
    const double half = std::min(30.0, slot(axes) * 0.22), base = axes.pixelY(1);
    const double top = axes.pixelY(entry.measured);
    const QRectF bar(QPointF(center - half, std::min(top, base)),
                     QPointF(center + half, std::max(top, base)));
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.action);
    painter.drawRect(bar);
    painter.setPen(QPen(colors.text, 1.2));
    painter.drawLine(QPointF(center, axes.pixelY(entry.low)),
                     QPointF(center, axes.pixelY(entry.high)));
    for (double end : {entry.low, entry.high})
        painter.drawLine(QPointF(center - 4, axes.pixelY(end)),
                         QPointF(center + 4, axes.pixelY(end)));
    const double line = QFontMetricsF(painter.font()).height();
    const QPointF diamond(center + half + 8, axes.pixelY(entry.predicted));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.series[1], 1.6));
    painter.drawPolygon(QPolygonF{diamond + QPointF(0, -5), diamond + QPointF(5, 0),
                                  diamond + QPointF(0, 5), diamond + QPointF(-5, 0)});
    const QRectF name(axes.area.left() + static_cast<double>(index) * slot(axes) + 2,
                      axes.area.bottom() + 4, slot(axes) - 4, line);
    painter.setPen(colors.text);
    painter.setFont(textFont(TextRole::Strong));
    painter.drawText(name, Qt::AlignCenter, formatFactor(entry.measured));
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(colors.secondary);
    painter.drawText(
        name.translated(0, line), Qt::AlignCenter,
        QFontMetricsF(painter.font()).elidedText(entry.name, Qt::ElideMiddle, name.width()));
}

void SpeedUpChart::paintCeiling(QPainter& painter, const PlotAxes& axes, std::size_t index,
                                const ThemeColors& colors) const {
    const Entry& entry = m_entries[index];
    if (!std::isfinite(entry.ceiling)) return;
    const double left = axes.area.left() + static_cast<double>(index) * slot(axes),
                 y = axes.pixelY(entry.ceiling);
    painter.setPen(QPen(colors.accent, 2));
    painter.drawLine(QPointF(left + slot(axes) * 0.1, y), QPointF(left + slot(axes) * 0.9, y));
    const QString text = tr("ceiling %1").arg(formatFactor(entry.ceiling));
    if (QFontMetricsF(painter.font()).horizontalAdvance(text) > slot(axes)) return;
    painter.drawText(QRectF(left, y - QFontMetricsF(painter.font()).height() - 2, slot(axes),
                            QFontMetricsF(painter.font()).height()),
                     Qt::AlignCenter, text);
}

void SpeedUpChart::paintEvent(QPaintEvent*) {
    const ThemeColors& colors = themeColors(this);
    QPainter painter(this);
    if (m_entries.empty()) {
        painter.setPen(colors.secondary);
        painter.drawText(rect().adjusted(12, 0, -12, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    paintAll(painter, size(), colors);
}

void SpeedUpChart::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    painter.save();
    painter.translate(area.topLeft());
    paintAll(painter, area.size(), colors);
    painter.restore();
}

void SpeedUpChart::paintAll(QPainter& painter, const QSizeF& size,
                            const ThemeColors& colors) const {
    painter.setFont(textFont(TextRole::Small));
    const PlotAxes axes = this->axes(size);
    for (double tick : axes.ticksY()) {
        const double y = axes.pixelY(tick);
        painter.setPen(colors.grid);
        painter.drawLine(QPointF(axes.area.left(), y), QPointF(axes.area.right(), y));
        painter.setPen(colors.secondary);
        painter.drawText(QRectF(0, y - 10, axes.area.left() - 5, 20),
                         Qt::AlignRight | Qt::AlignVCenter, formatFactor(tick));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        paintEntry(painter, axes, i, colors);
        paintCeiling(painter, axes, i, colors);
    }
}

bool SpeedUpChart::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip || m_entries.empty()) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const PlotAxes axes = this->axes(size());
    const double at = (help->pos().x() - axes.area.left()) / slot(axes);
    const bool inside = at >= 0 && at < static_cast<double>(m_entries.size());
    QToolTip::showText(help->globalPos(),
                       inside ? m_entries[static_cast<std::size_t>(at)].tip : QString(), this);
    return true;
}

ViewTable SpeedUpChart::viewTable() const {
    ViewTable table{{tr("Model"), tr("measured"), tr("1st quartile"), tr("3rd quartile"),
                     tr("predicted"), tr("ceiling")},
                    static_cast<int>(m_entries.size()),
                    {}};
    table.cell = [entries = m_entries](int row, int column) -> ViewCell {
        const Entry& e = entries[static_cast<std::size_t>(row)];
        if (column == 0) return e.name;
        const double value = std::array{e.measured, e.low, e.high, e.predicted,
                                        e.ceiling}[static_cast<std::size_t>(column - 1)];
        return {formatFactor(value), value};
    };
    return table;
}

void SpeedUpChart::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    menu.addAction(tr("Show as table"), this,
                   [this] { showTableTwin(this, accessibleName(), viewTable()); });
    menu.exec(event->globalPos());
}

}  // namespace skd
