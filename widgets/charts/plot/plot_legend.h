#pragma once

#include <QPainter>
#include <vector>

#include "style/theme.h"

namespace skd {

/// Shapes that tell points apart besides colour.
enum class MarkerShape { None, Circle, Square, Triangle, Diamond, Down, Plus, Cross };
/// The n-th shape of a set; repeats.
MarkerShape markerShape(std::size_t index);
/// A filled shape in the painter's pen and brush.
void paintMarkerShape(QPainter& painter, const QPointF& center, double radius, MarkerShape shape);

struct LegendEntry {
    QString name;
    QColor color;
    Qt::PenStyle pen = Qt::SolidLine;  ///< NoPen: the marker alone
    MarkerShape marker = MarkerShape::None;
};

/// Height of a legend above a plot of this width, beside which its axis has labels; at most three
/// lines, the rest is counted.
double legendHeight(const std::vector<LegendEntry>& entries, double width);
void paintLegend(QPainter& painter, const QRectF& area, const std::vector<LegendEntry>& entries,
                 const ThemeColors& colors);

}  // namespace skd
