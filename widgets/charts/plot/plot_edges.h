#pragma once

#include <QPainter>
#include <vector>

#include "charts/plot/plot_axes.h"
#include "charts/plot/plot_series.h"

namespace skd {

/// What lines have at their ends and at the plot's edge: names at their last points, which make
/// room for each other, and marks where a value could not be drawn.
void paintEdges(QPainter& painter, const PlotAxes& axes, const std::vector<PlotSeries>& series);

}  // namespace skd
