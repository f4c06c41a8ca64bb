#include "kernels/draw_kernels.h"

#include <algorithm>
#include <cmath>

#include "kernels/simd.h"
#include "kernels/softmax_kernels.h"

namespace skd {
namespace {

/// Sums of e = exp(y) and e y, y = (x - maximum) / T.
struct BlockSums {
    float one = 0, weighted = 0;
};

template <class T>
SKD_ALWAYS_INLINE BlockSums blockSums(const T* x, std::size_t size, float maximum, float inverse) {
    float one = 0, weighted = 0;
#pragma omp simd reduction(+ : one, weighted)
    for (std::size_t i = 0; i < size; ++i) {
        const float y = (toFloat(x[i]) - maximum) * inverse, e = expNonPositive(y);
        one += e;
        weighted += e * y;
    }
    return {one, weighted};
}

struct Drawn {
    std::int32_t id;
    std::uint16_t count;
    double weight;
    bool operator<(const Drawn& other) const {
        return count != other.count ? count > other.count : id < other.id;
    }
};

/// The row's cumulative sum, walked once for ascending numbers: whole blocks by their sums, only
/// the blocks that are hit element by element.
template <class T>
class Walk {
public:
    Walk(std::span<const T> row, float maximum, float inverse, const std::vector<double>& sums)
        : m_row(row), m_maximum(maximum), m_inverse(inverse), m_sums(sums) {}

    /// The element where the cumulative sum passes `goal`.
    std::size_t find(double goal) {
        while (m_block + 1 < m_sums.size() && m_before + m_sums[m_block] <= goal) enterNext();
        const std::size_t end = std::min((m_block + 1) * kSumBlock, m_row.size());
        // Rounding may leave the last element short of the goal; then it is the one.
        while (m_at + 1 < end && m_inside + weight(m_at) <= goal - m_before)
            m_inside += weight(m_at++);
        return m_at;
    }
    [[nodiscard]] double weight(std::size_t i) const {
        return static_cast<double>(expNonPositive((toFloat(m_row[i]) - m_maximum) * m_inverse));
    }

private:
    void enterNext() {
        m_before += m_sums[m_block++];
        m_at = m_block * kSumBlock;
        m_inside = 0;
    }

    std::span<const T> m_row;
    float m_maximum, m_inverse;
    const std::vector<double>& m_sums;
    std::size_t m_block = 0, m_at = 0;
    double m_before = 0, m_inside = 0;
};

}  // namespace

template <class T>
DrawSummary drawTokens(std::span<const T> row, double temperature, std::span<const double> uniforms,
                       std::span<std::int32_t> ids, std::span<std::uint16_t> counts,
                       std::vector<double>& sums) {
    const float maximum = rowMaximum(row), inverse = static_cast<float>(1.0 / temperature);
    double total = 0, weighted = 0;
    sums.clear();
    for (std::size_t begin = 0; begin < row.size(); begin += kSumBlock) {
        const std::size_t size = std::min(kSumBlock, row.size() - begin);
        const BlockSums block = SKD_DISPATCH(blockSums(row.data() + begin, size, maximum, inverse));
        sums.push_back(static_cast<double>(block.one));
        total += sums.back();
        weighted += static_cast<double>(block.weighted);
    }
    DrawSummary summary{weighted / total - std::log(total), 0, 0};
    if (!std::isfinite(summary.negativeEntropy)) return summary;
    std::vector<Drawn> drawn;
    Walk<T> walk(row, maximum, inverse, sums);
    for (const double uniform : uniforms) {
        const std::size_t at = walk.find(uniform * total);
        if (drawn.empty() || drawn.back().id != static_cast<std::int32_t>(at)) {
            drawn.push_back({static_cast<std::int32_t>(at), 0, walk.weight(at)});
            summary.mass += drawn.back().weight / total;
        }
        ++drawn.back().count;
    }
    std::sort(drawn.begin(), drawn.end());
    summary.found = drawn.size();
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        ids[i] = drawn[i].id;
        counts[i] = drawn[i].count;
    }
    return summary;
}

template DrawSummary drawTokens(std::span<const float>, double, std::span<const double>,
                                std::span<std::int32_t>, std::span<std::uint16_t>,
                                std::vector<double>&);
template DrawSummary drawTokens(std::span<const std::uint16_t>, double, std::span<const double>,
                                std::span<std::int32_t>, std::span<std::uint16_t>,
                                std::vector<double>&);

}  // namespace skd
