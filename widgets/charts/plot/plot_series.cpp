#include "charts/plot/plot_series.h"

#include <algorithm>
#include <cmath>

namespace skd {

namespace {

constexpr double kUnseen = 1.0 / 3;  ///< pixels

using Bucket = MinMaxPyramid::Bucket;

Bucket merge(const std::vector<double>& values, const Bucket& a, const Bucket& b) {
    if (a.minimum == MinMaxPyramid::kNone) return b;
    if (b.minimum == MinMaxPyramid::kNone) return a;
    return {values[b.minimum] < values[a.minimum] ? b.minimum : a.minimum,
            values[b.maximum] > values[a.maximum] ? b.maximum : a.maximum};
}

}  // namespace

void MinMaxPyramid::extend(const std::vector<double>& values) {
    const std::size_t first = m_size;
    m_size = values.size();
    if (first < m_size) rebuildTail(values, first);
}

Bucket MinMaxPyramid::bucketAt(const std::vector<double>& values, std::size_t level,
                               std::size_t index) const {
    if (level > 0) return m_levels[level - 1][index];
    return std::isfinite(values[index]) ? Bucket{index, index} : Bucket{};
}

void MinMaxPyramid::rebuildTail(const std::vector<double>& values, std::size_t firstChanged) {
    std::size_t below = m_size;  // buckets of the level beneath
    for (std::size_t level = 1; below > 1; ++level) {
        const std::size_t count = (below + 1) / 2;
        if (m_levels.size() < level) {
            m_levels.emplace_back();
            firstChanged = 0;  // a level that is new must be filled from its beginning
        }
        auto& buckets = m_levels[level - 1];
        const std::size_t begin = std::min(firstChanged / 2, buckets.size());
        buckets.resize(count);
        for (std::size_t i = begin; i < count; ++i) {
            buckets[i] = bucketAt(values, level - 1, 2 * i);
            if (2 * i + 1 < below)
                buckets[i] = merge(values, buckets[i], bucketAt(values, level - 1, 2 * i + 1));
        }
        firstChanged = begin;
        below = count;
    }
}

Bucket MinMaxPyramid::range(const std::vector<double>& values, std::size_t begin,
                            std::size_t end) const {
    Bucket result;
    end = std::min(end, m_size);
    while (begin < end) {
        std::size_t level = 0;
        while (level < m_levels.size() && begin % (std::size_t{2} << level) == 0 &&
               begin + (std::size_t{2} << level) <= end)
            ++level;
        result = merge(values, result, bucketAt(values, level, begin >> level));
        begin += std::size_t{1} << level;
    }
    return result;
}

std::vector<std::size_t> MinMaxPyramid::decimate(const std::vector<double>& values,
                                                 std::size_t begin, std::size_t end,
                                                 std::size_t columns) const {
    end = std::min(end, m_size);
    std::vector<std::size_t> indices;
    if (begin >= end || columns == 0) return indices;
    std::size_t width = 1;
    // Buckets are anchored at 0, so a range may touch one more than its length suggests.
    while (((end - 1) / width) - (begin / width) + 1 > columns && width < m_size) width *= 2;
    indices.reserve(2 * columns);
    for (std::size_t first = begin; first < end;) {
        const std::size_t next = std::min(end, (first / width + 1) * width);
        const Bucket bucket = range(values, first, next);
        first = next;
        if (bucket.minimum == kNone) continue;
        indices.push_back(std::min(bucket.minimum, bucket.maximum));
        if (bucket.minimum != bucket.maximum)
            indices.push_back(std::max(bucket.minimum, bucket.maximum));
    }
    return indices;
}

QList<QPointF> straighten(const QList<QPointF>& line, double tolerance) {
    if (line.size() < 3 || !(tolerance > 0)) return line;
    QList<QPointF> kept{line.front()};
    kept.reserve(line.size());
    double low = -INFINITY,
           high = INFINITY;  // slopes from the last kept point that pass near all since
    for (qsizetype i = 1; i < line.size(); ++i) {
        const auto narrow = [&] {
            const QPointF way = line[i] - kept.back();
            const bool within =
                way.x() > 0 && way.y() >= low * way.x() && way.y() <= high * way.x();
            low = std::max(low, (way.y() - tolerance) / way.x());
            high = std::min(high, (way.y() + tolerance) / way.x());
            return within;
        };
        if (narrow()) continue;
        if (kept.back() != line[i - 1]) {
            kept.append(line[i - 1]);
            low = -INFINITY;
            high = INFINITY;
            if (narrow()) continue;
        }
        kept.append(line[i]);  // straight above or below the last one
        low = -INFINITY;
        high = INFINITY;
    }
    if (kept.back() != line.back()) kept.append(line.back());
    return kept;
}

void PlotSeries::setData(std::vector<double> xs, std::vector<double> ys,
                         const SeriesSource& source) {
    m_source = source;
    m_xs = std::move(xs);
    m_ys = std::move(ys);
    m_ys.resize(m_xs.size(), std::nan(""));
    m_pyramid = {};
    m_pyramid.extend(m_ys);
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
    const Bucket bucket = m_pyramid.range(m_ys, begin, end);
    if (bucket.minimum == MinMaxPyramid::kNone) return kNoRange;
    if (!logY || m_ys[bucket.minimum] > 0) return {m_ys[bucket.minimum], m_ys[bucket.maximum]};
    Range found = kNoRange;
    for (std::size_t i = begin; i < end; ++i)
        if (m_ys[i] > 0) include(found, m_ys[i]);
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
