#pragma once

#include <QPainter>
#include <optional>

#include "charts/plot/plot_axes.h"

namespace skd {

/// A vertical line of a plot that mouse and keys move.
struct PlotHandle {
    std::optional<double> x;  ///< nothing: there is none
    double step = 1;          ///< of the arrow keys

    [[nodiscard]] bool isAt(const QPointF& position, const PlotAxes& axes) const;
    /// Where a key takes it; nothing for keys that are not its own.
    [[nodiscard]] std::optional<double> keyed(int key, bool coarse) const;
    void paint(QPainter& painter, const PlotAxes& axes, const QColor& color) const;
};

}  // namespace skd
