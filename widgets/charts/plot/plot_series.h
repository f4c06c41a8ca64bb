#pragma once

#include <QColor>
#include <QPointF>
#include <QString>
#include <Qt>
#include <cstdint>
#include <span>
#include <vector>

#include "charts/plot/min_max_pyramid.h"
#include "charts/plot/plot_axes.h"

namespace skd {

struct SeriesStyle {
    QString name;
    QColor color;
    double width = 1.4;
    Qt::PenStyle pen = Qt::SolidLine;
    bool unitScale = false;  ///< y runs from 0 to 1 over the whole height, whatever the axis says
    bool endLabel = false;   ///< its name is written at the last point
};

/// Which edition of a curve the points of a line are, and what its values were multiplied by.
struct SeriesSource {
    std::uint64_t edition = 0;
    double factor = 1;
    bool operator==(const SeriesSource&) const = default;
};

/// One line of a plot: all of its points, and what of them is worth drawing.
class PlotSeries {
public:
    SeriesStyle style;

    /// x must ascend. Values that are not finite are kept and drawn at the edge.
    void setData(std::vector<double> xs, std::vector<double> ys, const SeriesSource& source = {});
    void append(std::span<const double> xs, std::span<const double> ys);

    [[nodiscard]] const std::vector<double>& xs() const { return m_xs; }
    [[nodiscard]] const std::vector<double>& ys() const { return m_ys; }
    [[nodiscard]] bool empty() const { return m_xs.empty(); }
    [[nodiscard]] const SeriesSource& source() const { return m_source; }

    /// Points on the axes' scale (log10 where it is logarithmic): at most two per pixel column, and
    /// none that the line would pass within a third of a pixel without it.
    [[nodiscard]] QList<QPointF> points(const PlotAxes& axes) const;
    /// x of values that cannot be drawn (NaN, infinite, not positive on a log scale), at most one
    /// per column.
    [[nodiscard]] std::vector<double> unplottable(const PlotAxes& axes) const;
    /// Extremes of the plottable values in an x range; low > high where there is none.
    [[nodiscard]] Range extent(const Range& x, bool logY) const;
    /// Index of the point nearest to x; size() where empty.
    [[nodiscard]] std::size_t nearest(double x) const;

private:
    [[nodiscard]] std::pair<std::size_t, std::size_t> indices(const Range& x) const;
    void noteUnplottable(std::size_t from);

    SeriesSource m_source;
    std::vector<double> m_xs, m_ys;
    MinMaxPyramid m_pyramid;
    std::vector<std::size_t> m_nonFinite, m_nonPositive;
};

}  // namespace skd
