#pragma once

#include <QPainter>
#include <cmath>
#include <functional>

#include "base/ticks.h"
#include "style/theme.h"

namespace skd {

/// The range of no values: include() makes it that of what it is given.
inline constexpr Range kNoRange{INFINITY, -INFINITY};
/// Grows a range to a value; one that is not finite leaves it as it is.
void include(Range& range, double value);

using ValueText = std::function<QString(double)>;

/// Maps values to pixels of a plot and draws grid and labels. A log axis holds log10 of its values.
struct PlotAxes {
    Range x, y;  ///< y in log10 where logY
    bool logY = false;
    bool compact = false;  ///< few labels: a small chart
    double headroom = 0;   ///< kept free above the plot, e.g. for a legend
    QRectF area;
    ValueText xText, yText;
    QString xName, yName;

    [[nodiscard]] double scaledY(double value) const { return logY ? std::log10(value) : value; }
    [[nodiscard]] double unscaledY(double scaled) const {
        return logY ? std::pow(10.0, scaled) : scaled;
    }
    [[nodiscard]] double pixelX(double value) const {
        return area.left() + (value - x.low) / x.span() * area.width();
    }
    [[nodiscard]] double pixelY(double value) const {
        return area.bottom() - (scaledY(value) - y.low) / y.span() * area.height();
    }
    [[nodiscard]] QPointF pixel(double valueX, double valueY) const {
        return {pixelX(valueX), pixelY(valueY)};
    }
    [[nodiscard]] double valueX(double pixel) const {
        return x.low + (pixel - area.left()) / area.width() * x.span();
    }
    [[nodiscard]] double middleX() const { return x.low + x.span() / 2; }
    /// Whether a vertical line there lies inside the plot or on its edge.
    [[nodiscard]] bool showsX(double value) const;
    [[nodiscard]] bool showsY(double value) const;

    [[nodiscard]] std::vector<double> ticksX() const;
    [[nodiscard]] std::vector<double> ticksY() const;
    /// Places the plot area inside `size`, leaving room for the labels, and for the names of the
    /// axes that are asked for.
    void layout(const QSizeF& size, bool nameX = false, bool nameY = false);
    void paintGrid(QPainter& painter, const ThemeColors& colors) const;
    void paintLabels(QPainter& painter, const ThemeColors& colors) const;
    /// Those that layout() left room for.
    void paintNames(QPainter& painter, const QColor& color) const;

private:
    double m_below = 0, m_beside = 0;  ///< px for the names
};

}  // namespace skd
