#include "kernels/softmax_kernels.h"

#include <algorithm>
#include <limits>

#include "kernels/simd.h"

namespace skd {
namespace {

template <class T>
SKD_ALWAYS_INLINE float maximumOf(std::span<const T> row) {
    const T* x = row.data();
    const std::size_t size = row.size();
    float maximum = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : maximum)
    for (std::size_t i = 0; i < size; ++i) {
        const float value = toFloat(x[i]);
        maximum = value > maximum ? value : maximum;
    }
    return maximum;
}

template <class T>
SKD_ALWAYS_INLINE double sumExpOf(std::span<const T> row, float maximum) {
    const T* x = row.data();
    double total = 0;
    for (std::size_t begin = 0; begin < row.size(); begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, row.size());
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::size_t i = begin; i < end; ++i) sum += expNonPositive(toFloat(x[i]) - maximum);
        total += static_cast<double>(sum);
    }
    return total;
}

}  // namespace

float rowMaximum(std::span<const float> row) {
    return SKD_DISPATCH(maximumOf(row));
}
float rowMaximum(std::span<const std::uint16_t> row) {
    return SKD_DISPATCH(maximumOf(row));
}
double rowSumExp(std::span<const float> row, float maximum) {
    return SKD_DISPATCH(sumExpOf(row, maximum));
}
double rowSumExp(std::span<const std::uint16_t> row, float maximum) {
    return SKD_DISPATCH(sumExpOf(row, maximum));
}

}  // namespace skd
