#include "charts/views/sparkline.h"

#include <QPainterPath>
#include <algorithm>

#include "charts/plot/plot_axes.h"

namespace skd {

void paintSparkline(QPainter& painter, const QRectF& rect, const std::vector<double>& values,
                    const QColor& color) {
    Range logs = kNoRange;
    for (double value : values)
        if (value > 0) include(logs, std::log(value));
    if (values.size() < 2 || !(logs.high >= logs.low)) return;
    const double span = std::max(logs.span(), 1e-9);
    QPainterPath path;
    bool pen = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i]) || values[i] <= 0) {
            pen = false;
            continue;
        }
        const QPointF point(
            rect.left() +
                rect.width() * static_cast<double>(i) / static_cast<double>(values.size() - 1),
            rect.bottom() - rect.height() * (std::log(values[i]) - logs.low) / span);
        pen ? path.lineTo(point) : path.moveTo(point);
        pen = true;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, 1.3));
    painter.drawPath(path);
    painter.restore();
}

}  // namespace skd
