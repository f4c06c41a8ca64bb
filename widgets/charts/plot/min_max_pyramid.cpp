#include "charts/plot/min_max_pyramid.h"

#include <algorithm>
#include <cmath>

namespace skd {

namespace {

using Bucket = MinMaxPyramid::Bucket;

Bucket merge(const std::vector<double>& values, const Bucket& a, const Bucket& b) {
    if (a.minimum == MinMaxPyramid::kNone) return b;
    if (b.minimum == MinMaxPyramid::kNone) return a;
    return {values[b.minimum] < values[a.minimum] ? b.minimum : a.minimum,
            values[b.maximum] > values[a.maximum] ? b.maximum : a.maximum};
}

}  // namespace

void MinMaxPyramid::clear() {
    m_size = 0;
    m_levels.clear();
}

void MinMaxPyramid::assign(const std::vector<double>& values) {
    clear();
    extend(values);
}

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

}  // namespace skd
