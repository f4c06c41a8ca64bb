#include "charts/plot/plot_cursors.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <map>

#include "charts/painted_view.h"

namespace skd {

namespace {
constexpr double kReach = 8;   ///< px from a handle at which the mouse still hits it
constexpr double kCoarse = 4;  ///< steps
}  // namespace

bool PlotHandle::isAt(const QPointF& position, const PlotAxes& axes) const {
    return x && std::abs(axes.pixelX(*x) - position.x()) < kReach;
}

std::optional<double> PlotHandle::keyed(int key, bool coarse) const {
    if (!x) return std::nullopt;
    static const std::map<int, double> ways{{Qt::Key_Left, -1},
                                            {Qt::Key_Right, 1},
                                            {Qt::Key_PageDown, -kCoarse},
                                            {Qt::Key_PageUp, kCoarse}};
    const auto way = ways.find(key);
    if (way == ways.end()) return std::nullopt;
    return *x + way->second * step * (coarse ? kCoarse : 1);
}

void PlotHandle::paint(QPainter& painter, const PlotAxes& axes, const QColor& color) const {
    if (!x || !axes.showsX(*x)) return;
    const double px = axes.pixelX(*x), top = axes.area.top();
    painter.setPen(QPen(color, 2));
    painter.drawLine(QPointF(px, top), QPointF(px, axes.area.bottom()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(QPolygonF{{px - 7, top - 4}, {px + 7, top - 4}, {px, top + 6}});
}

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
