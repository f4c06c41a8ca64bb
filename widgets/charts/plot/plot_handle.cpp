#include "charts/plot/plot_handle.h"

#include <cmath>

namespace skd {

namespace {
constexpr double kReach = 8;   ///< px from the line at which the mouse still hits it
constexpr double kCoarse = 4;  ///< steps
}  // namespace

bool PlotHandle::isAt(const QPointF& position, const PlotAxes& axes) const {
    return x && std::abs(axes.pixelX(*x) - position.x()) < kReach;
}

std::optional<double> PlotHandle::keyed(int key, bool coarse) const {
    if (!x) return std::nullopt;
    const double unit = step * (coarse ? kCoarse : 1);
    switch (key) {
        case Qt::Key_Left:
            return *x - unit;
        case Qt::Key_Right:
            return *x + unit;
        case Qt::Key_PageDown:
            return *x - kCoarse * unit;
        case Qt::Key_PageUp:
            return *x + kCoarse * unit;
        default:
            return std::nullopt;
    }
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

}  // namespace skd
