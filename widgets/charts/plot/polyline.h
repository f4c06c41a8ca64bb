#pragma once

#include <QList>
#include <QPointF>

namespace skd {

/// The points of a line that a viewer can tell from the whole: no point left out lies more than
/// `tolerance` above or below the line that remains. x ascends, both ends stay, one pass (the cone
/// of Sklansky and Gonzalez, "Fast polygonal approximation of digitized curves", 1980). y in units
/// of the tolerance.
[[nodiscard]] QList<QPointF> straighten(const QList<QPointF>& line, double tolerance);

}  // namespace skd
