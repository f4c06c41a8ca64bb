#include "charts/plot/plot_cursors.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "charts/painted_view.h"

namespace skd {

std::optional<double> PlotCursors::stepped(std::size_t which, int direction,
                                           const PlotContent& content, const PlotAxes& axes) const {
    const auto line = std::find_if(content.series.begin(), content.series.end(),
                                   [](const PlotSeries& one) { return !one.empty(); });
    if (line == content.series.end()) return std::nullopt;
    const auto& xs = line->xs();
    const auto count = std::ssize(xs);
    auto index = static_cast<std::ptrdiff_t>(line->nearest(at(which).value_or(axes.middleX())));
    // More points than pixels: a key moves by a pixel at least.
    const auto stride = std::max<std::ptrdiff_t>(
        1, count / std::max<std::ptrdiff_t>(1, std::lround(axes.area.width())));
    if (at(which)) index += direction * stride;
    return xs[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(index, 0, count - 1))];
}

QString PlotCursors::text(const PlotContent& content, const PlotAxes& axes) const {
    if (!m_at[0] || !m_at[1]) return {};
    const double a = *m_at[0], b = *m_at[1];
    QStringList lines{QCoreApplication::translate("skd::PlotView", "A %1 → B %2 (%3)")
                          .arg(axes.xText(a), axes.xText(b), axes.xText(b - a))};
    for (const PlotSeries& one : content.series) {
        if (one.empty() || one.style.name.isEmpty() || lines.size() > 9) continue;
        const double change = one.ys()[one.nearest(b)] - one.ys()[one.nearest(a)];
        lines << QStringLiteral("%1  %2%3")
                     .arg(one.style.name, change < 0 ? QStringLiteral("−") : QStringLiteral("+"),
                          axes.yText(std::abs(change)));
    }
    return lines.join(QLatin1Char('\n'));
}

void PlotCursors::paint(QPainter& painter, const PlotContent& content, const PlotAxes& axes,
                        const ThemeColors& colors) const {
    painter.setFont(textFont(TextRole::Small));
    for (std::size_t i = 0; i < m_at.size(); ++i) {
        if (!m_at[i] || !axes.showsX(*m_at[i])) continue;
        const double px = axes.pixelX(*m_at[i]), top = axes.area.top();
        painter.setPen(QPen(colors.action, 1.4, Qt::DashLine));
        painter.drawLine(QPointF(px, top), QPointF(px, axes.area.bottom()));
        painter.setPen(colors.text);
        painter.drawText(QPointF(px + 4, top + 11),
                         i == 0 ? QStringLiteral("A") : QStringLiteral("B"));
    }
    if (const QString measured = text(content, axes); !measured.isEmpty())
        paintBubble(painter, axes.area.topLeft() + QPointF(14, 40), measured, axes.area, colors);
}

}  // namespace skd
