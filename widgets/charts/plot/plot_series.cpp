#include "charts/plot/plot_series.h"

#include <algorithm>
#include <cmath>

#include "charts/plot/polyline.h"

namespace skd {

namespace {
constexpr double kUnseen = 1.0 / 3;  ///< pixels
}

void PlotSeries::setData(std::vector<double> xs, std::vector<double> ys,
                         const SeriesSource& source) {
    m_source = source;
    m_xs = std::move(xs);
    m_ys = std::move(ys);
    m_ys.resize(m_xs.size(), std::nan(""));
    m_pyramid.assign(m_ys);
    m_nonFinite.clear();
    m_nonPositive.clear();
    noteUnplottable(0);
}

void PlotSeries::append(std::span<const double> xs, std::span<const double> ys) {
    const std::size_t before = m_ys.size();
    m_xs.insert(m_xs.end(), xs.begin(), xs.end());
    m_ys.insert(m_ys.end(), ys.begin(), ys.end());
    m_pyramid.extend(m_ys);
    noteUnplottable(before);
}

void PlotSeries::noteUnplottable(std::size_t from) {
    for (std::size_t i = from; i < m_ys.size(); ++i) {
        if (!std::isfinite(m_ys[i]))
            m_nonFinite.push_back(i);
        else if (m_ys[i] <= 0)
            m_nonPositive.push_back(i);
    }
}

std::pair<std::size_t, std::size_t> PlotSeries::indices(const Range& x) const {
    auto begin = std::lower_bound(m_xs.begin(), m_xs.end(), x.low);
    auto end = std::upper_bound(begin, m_xs.end(), x.high);
    if (begin != m_xs.begin())
        --begin;  // one point beyond each edge, so that the line leaves the plot
    if (end != m_xs.end()) ++end;
    return {static_cast<std::size_t>(begin - m_xs.begin()),
            static_cast<std::size_t>(end - m_xs.begin())};
}

QList<QPointF> PlotSeries::points(const PlotAxes& axes) const {
    const auto [begin, end] = indices(axes.x);
    const auto columns = static_cast<std::size_t>(std::max(1.0, axes.area.width()));
    QList<QPointF> list;
    list.reserve(static_cast<qsizetype>(std::min(2 * columns, end - begin)));
    for (std::size_t i : m_pyramid.decimate(m_ys, begin, end, columns)) {
        if (style.unitScale)
            list.append({m_xs[i], axes.y.low + m_ys[i] * axes.y.span()});
        else if (!axes.logY || m_ys[i] > 0)
            list.append({m_xs[i], axes.scaledY(m_ys[i])});
    }
    // A third of a pixel is not seen, and smooth lines lose nine points in ten.
    return straighten(list, kUnseen * axes.y.span() / std::max(1.0, axes.area.height()));
}

std::vector<double> PlotSeries::unplottable(const PlotAxes& axes) const {
    std::vector<double> found;
    double lastColumn = -1e9;
    const auto collect = [&](const std::vector<std::size_t>& indices) {
        for (std::size_t i : indices) {
            const double column = axes.pixelX(m_xs[i]);
            if (m_xs[i] < axes.x.low || m_xs[i] > axes.x.high || column - lastColumn < 1) continue;
            found.push_back(m_xs[i]);
            lastColumn = column;
        }
    };
    collect(m_nonFinite);
    if (axes.logY && !style.unitScale) {
        lastColumn = -1e9;
        collect(m_nonPositive);
    }
    return found;
}

Range PlotSeries::extent(const Range& x, bool logY) const {
    auto [begin, end] = indices(x);
    if (begin < end && m_xs[begin] < x.low) ++begin;
    if (begin < end && m_xs[end - 1] > x.high) --end;
    Range found{INFINITY, -INFINITY};
    const MinMaxPyramid::Bucket bucket = m_pyramid.range(m_ys, begin, end);
    if (bucket.minimum == MinMaxPyramid::kNone) return found;
    found = {m_ys[bucket.minimum], m_ys[bucket.maximum]};
    if (!logY || found.low > 0) return found;
    found = {INFINITY, -INFINITY};
    for (std::size_t i = begin; i < end; ++i) {
        if (!std::isfinite(m_ys[i]) || m_ys[i] <= 0) continue;
        found = {std::min(found.low, m_ys[i]), std::max(found.high, m_ys[i])};
    }
    return found;
}

std::size_t PlotSeries::nearest(double x) const {
    if (m_xs.empty()) return 0;
    auto at = std::lower_bound(m_xs.begin(), m_xs.end(), x);
    if (at == m_xs.end()) return m_xs.size() - 1;
    if (at != m_xs.begin() && x - *(at - 1) < *at - x) --at;
    return static_cast<std::size_t>(at - m_xs.begin());
}

}  // namespace skd
