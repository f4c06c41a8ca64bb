#include "charts/plot/plot_edges.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>
#include <optional>

namespace skd {

namespace {

/// At the plot's edge where a value could not be drawn: a triangle at the top for what is infinite,
/// a cross there for what is no number, a triangle at the bottom for what a log scale has no place
/// for.
void paintUnplottable(QPainter& painter, const PlotAxes& axes, const PlotSeries& series) {
    for (double x : series.unplottable(axes)) {
        const double value = series.ys()[series.nearest(x)];
        const double px = axes.pixelX(x), top = axes.area.top(), bottom = axes.area.bottom();
        if (std::isnan(value)) {
            painter.setPen(QPen(series.style.color, 1.4));
            painter.drawLine(QPointF(px - 3, top), QPointF(px + 3, top + 6));
            painter.drawLine(QPointF(px - 3, top + 6), QPointF(px + 3, top));
            continue;
        }
        painter.setPen(Qt::NoPen);
        painter.setBrush(series.style.color);
        if (value > 0)
            painter.drawPolygon(QPolygonF{{px - 4, top + 7}, {px + 4, top + 7}, {px, top}});
        else
            painter.drawPolygon(
                QPolygonF{{px - 4, bottom - 7}, {px + 4, bottom - 7}, {px, bottom}});
    }
}

/// Where a name of this size stands for a line that ends at `point`: as near to it as the others
/// allow. Nothing where there is no room.
std::optional<QRectF> endBox(const QPointF& point, const QSizeF& size, const QRectF& area,
                             const std::vector<QRectF>& taken) {
    const double left = std::min(point.x() + 7, area.right() - size.width() - 2);
    const double middle = point.y() - (left < point.x() ? 7 + size.height() / 2 : 0);
    for (int i = 0; i < 12; ++i) {
        const double shift = (i % 2 == 0 ? 1 : -1) * ((i + 1) / 2) * size.height();
        const QRectF box(QPointF(left, middle + shift - size.height() / 2), size);
        const bool free = std::none_of(taken.begin(), taken.end(),
                                       [&](const QRectF& other) { return other.intersects(box); });
        if (free && box.top() >= area.top() && box.bottom() <= area.bottom()) return box;
    }
    return std::nullopt;
}

void paintEndLabels(QPainter& painter, const PlotAxes& axes,
                    const std::vector<PlotSeries>& series) {
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    std::vector<QRectF> taken;
    for (const PlotSeries& one : series) {
        if (!one.style.endLabel || one.empty()) continue;
        const QPointF point = axes.pixel(one.xs().back(), one.ys().back());
        if (!axes.area.contains(point)) continue;
        const auto box = endBox(
            point, {metrics.horizontalAdvance(one.style.name), metrics.height()}, axes.area, taken);
        if (!box) continue;  // its tip and the table still have it
        taken.push_back(*box);
        painter.setPen(one.style.color);
        if (std::abs(box->center().y() - point.y()) > 1.5 * metrics.height())
            painter.drawLine(point, {box->left() - 2, box->center().y()});
        painter.drawText(*box, Qt::AlignLeft | Qt::AlignVCenter, one.style.name);
    }
}

}  // namespace

void paintEdges(QPainter& painter, const PlotAxes& axes, const std::vector<PlotSeries>& series) {
    for (const PlotSeries& one : series) paintUnplottable(painter, axes, one);
    paintEndLabels(painter, axes, series);
}

}  // namespace skd
