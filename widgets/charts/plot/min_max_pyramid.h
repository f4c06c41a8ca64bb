#pragma once

#include <cstddef>
#include <limits>
#include <vector>

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

    void clear();
    /// Takes over a whole series.
    void assign(const std::vector<double>& values);
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

}  // namespace skd
