#include "charts/plot/polyline.h"

#include <algorithm>
#include <cmath>

namespace skd {

QList<QPointF> straighten(const QList<QPointF>& line, double tolerance) {
    if (line.size() < 3 || !(tolerance > 0)) return line;
    QList<QPointF> kept{line.front()};
    kept.reserve(line.size());
    double low = -INFINITY,
           high = INFINITY;  // slopes from the last kept point that pass near all since
    for (qsizetype i = 1; i < line.size(); ++i) {
        const auto narrow = [&] {
            const QPointF way = line[i] - kept.back();
            const bool within =
                way.x() > 0 && way.y() >= low * way.x() && way.y() <= high * way.x();
            low = std::max(low, (way.y() - tolerance) / way.x());
            high = std::min(high, (way.y() + tolerance) / way.x());
            return within;
        };
        if (narrow()) continue;
        if (kept.back() != line[i - 1]) {
            kept.append(line[i - 1]);
            low = -INFINITY;
            high = INFINITY;
            if (narrow()) continue;
        }
        kept.append(line[i]);  // straight above or below the last one
        low = -INFINITY;
        high = INFINITY;
    }
    if (kept.back() != line.back()) kept.append(line.back());
    return kept;
}

}  // namespace skd
