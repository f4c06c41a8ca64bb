#pragma once

#include <QColor>
#include <QList>
#include <cstdint>
#include <limits>
#include <span>

#include "charts/plot/plot_axes.h"

namespace skd {

/// Smallest and largest finite value of every power-of-two bucket anchored at index 0, so that a
/// long line can be drawn with two points per pixel column and no extreme is ever lost.
class MinMaxPyramid {
public:
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

    /// Indices of the extremes of a bucket; kNone where it has no finite value.
    struct Bucket {
        std::size_t minimum = kNone;
        std::size_t maximum = kNone;
    };

    /// Extends the pyramid to values[0, values.size()); earlier values must not have changed.
    void extend(const std::vector<double>& values);

    /// Extremes of values[begin, end).
    [[nodiscard]] Bucket range(const std::vector<double>& values, std::size_t begin,
                               std::size_t end) const;
    /// Ascending indices to draw for [begin, end) with at most `columns` buckets: at most two each.
    [[nodiscard]] std::vector<std::size_t> decimate(const std::vector<double>& values,
                                                    std::size_t begin, std::size_t end,
                                                    std::size_t columns) const;
    [[nodiscard]] std::size_t size() const { return m_size; }

private:
    [[nodiscard]] Bucket bucketAt(const std::vector<double>& values, std::size_t level,
                                  std::size_t index) const;
    void rebuildTail(const std::vector<double>& values, std::size_t firstChanged);

    std::size_t m_size = 0;
    std::vector<std::vector<Bucket>> m_levels;  ///< level k has buckets of 2^(k+1) values
};

/// The points of a line that a viewer can tell from the whole: no point left out lies more than
/// `tolerance` above or below the line that remains. x ascends, both ends stay, one pass (the cone
/// of Sklansky and Gonzalez, "Fast polygonal approximation of digitized curves", 1980). y in units
/// of the tolerance.
[[nodiscard]] QList<QPointF> straighten(const QList<QPointF>& line, double tolerance);

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
