#pragma once

#include "charts/plot/plot_content.h"

namespace skd {

/// Draws grid, bands, lines, marks and labels; `axes.area` must be laid out. On a screen long lines
/// are drawn thin and very many points without smooth edges, so that a repaint stays below 16 ms.
void paintPlot(QPainter& painter, const PlotAxes& axes, const PlotContent& content,
               const ThemeColors& colors, bool onScreen);

}  // namespace skd
