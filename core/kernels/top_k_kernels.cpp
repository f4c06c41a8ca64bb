#include "kernels/top_k_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/simd.h"

namespace skd {
namespace {

/// Elements whose maximum is kept: a row of 151,936 has 1,187 of these blocks.
constexpr std::size_t kBlock = 128;

struct PowerSums {
    double one = 0, threeHalves = 0, two = 0, three = 0;
};

template <class T>
SKD_ALWAYS_INLINE void blockMaxima(const T* x, std::size_t size, float* maxima) {
    for (std::size_t begin = 0, block = 0; begin < size; begin += kBlock, ++block) {
        const std::size_t end = std::min(begin + kBlock, size);
        float maximum = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : maximum)
        for (std::size_t i = begin; i < end; ++i)
            maximum = toFloat(x[i]) > maximum ? toFloat(x[i]) : maximum;
        maxima[block] = maximum;
    }
}

/// One exponential exp(y / 6) serves the whole grid: its powers 6, 4, 3 and 2.
template <class T>
SKD_ALWAYS_INLINE PowerSums powerSums(const T* x, std::size_t size, float maximum) {
    PowerSums total;
    for (std::size_t begin = 0; begin < size; begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, size);
        float one = 0, threeHalves = 0, two = 0, three = 0;
#pragma omp simd reduction(+ : one, threeHalves, two, three)
        for (std::size_t i = begin; i < end; ++i) {
            const float sixth = expNonPositive((toFloat(x[i]) - maximum) * (1.0f / 6.0f));
            const float square = sixth * sixth, cube = square * sixth;
            three += square;
            two += cube;
            threeHalves += square * square;
            one += cube * cube;
        }
        total.one += static_cast<double>(one);
        total.threeHalves += static_cast<double>(threeHalves);
        total.two += static_cast<double>(two);
        total.three += static_cast<double>(three);
    }
    return total;
}

struct Candidate {
    float value;
    std::int32_t id;
    bool operator<(const Candidate& other) const {
        return value != other.value ? value > other.value : id < other.id;
    }
};

/// At least k elements reach the k-th largest block maximum, so only the blocks that reach it can
/// hold one of the k largest elements.
template <class T>
std::vector<Candidate> candidates(std::span<const T> row, const std::vector<float>& maxima,
                                  std::size_t k) {
    float threshold = -std::numeric_limits<float>::infinity();
    if (maxima.size() > k) {
        std::vector<float> sorted = maxima;
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(k - 1),
                         sorted.end(), std::greater<>());
        threshold = sorted[k - 1];
    }
    std::vector<Candidate> found;
    for (std::size_t block = 0; block < maxima.size(); ++block) {
        if (maxima[block] < threshold) continue;
        const std::size_t end = std::min((block + 1) * kBlock, row.size());
        for (std::size_t i = block * kBlock; i < end; ++i)
            if (const float value = toFloat(row[i]); value >= threshold)
                found.push_back({value, static_cast<std::int32_t>(i)});
    }
    return found;
}

}  // namespace

template <class T>
TopKSummary topKAndLogZ(std::span<const T> row, std::span<std::int32_t> ids,
                        std::span<float> logProbabilities) {
    std::vector<float> maxima((row.size() + kBlock - 1) / kBlock);
    SKD_DISPATCH(blockMaxima(row.data(), row.size(), maxima.data()));
    const float maximum = *std::max_element(maxima.begin(), maxima.end());
    const PowerSums sums = SKD_DISPATCH(powerSums(row.data(), row.size(), maximum));
    TopKSummary summary;
    const double logOne = std::log(sums.one);
    summary.logSum = static_cast<double>(maximum) + logOne;
    summary.logZ = {0.0, std::log(sums.threeHalves) - logOne / 1.5,
                    std::log(sums.two) - logOne / 2.0, std::log(sums.three) - logOne / 3.0};
    std::vector<Candidate> found = candidates(row, maxima, ids.size());
    summary.found = std::min(ids.size(), found.size());
    const auto last = found.begin() + static_cast<std::ptrdiff_t>(summary.found);
    std::partial_sort(found.begin(), last, found.end());
    for (std::size_t j = 0; j < summary.found; ++j) {
        ids[j] = found[j].id;
        logProbabilities[j] =
            static_cast<float>(static_cast<double>(found[j].value) - summary.logSum);
    }
    return summary;
}

template TopKSummary topKAndLogZ(std::span<const float>, std::span<std::int32_t>, std::span<float>);
template TopKSummary topKAndLogZ(std::span<const std::uint16_t>, std::span<std::int32_t>,
                                 std::span<float>);

}  // namespace skd
