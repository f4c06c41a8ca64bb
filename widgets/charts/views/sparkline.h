#pragma once

#include <QColor>
#include <QRectF>
#include <vector>

class QPainter;

namespace skd {

/// Draws values left to right in `rect`, on a log scale; gaps where a value is not finite.
void paintSparkline(QPainter& painter, const QRectF& rect, const std::vector<double>& values,
                    const QColor& color);

}  // namespace skd
