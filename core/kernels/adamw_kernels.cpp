#include "kernels/adamw_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/simd.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace skd {
namespace {

/// Elements whose bfloat16 copies are gathered before they are written out.
constexpr std::int64_t kGathered = 1024;

/// Writes past the cache where it can: the copy is not read again before the next forward pass, and
/// its lines need not be fetched in order to be overwritten.
void writeOut(std::uint16_t* target, const std::uint16_t* source, std::int64_t size) {
#if defined(__SSE2__)
    if (reinterpret_cast<std::uintptr_t>(target) % 16 == 0 && size % 8 == 0) {
        for (std::int64_t i = 0; i < size; i += 8)
            _mm_stream_si128(reinterpret_cast<__m128i*>(target + i),
                             _mm_load_si128(reinterpret_cast<const __m128i*>(source + i)));
        return;
    }
#endif
    std::memcpy(target, source, static_cast<std::size_t>(size) * sizeof(*target));
}

void finishWrites() {
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

/// Updates `size` elements from `begin` on; their masters as bfloat16 go to `copies` where it is
/// given.
template <class T, bool kCopies>
SKD_ALWAYS_INLINE void updateRange(const AdamWSlice& s, const T* gradients, std::int64_t begin,
                                   std::int64_t size, const AdamWFactors& f,
                                   std::uint16_t* copies) {
    float* master = s.master + begin;
    float* means = s.mean + begin;
    float* variances = s.variance + begin;
    gradients += begin;
#pragma omp simd
    for (std::int64_t i = 0; i < size; ++i) {
        const float gradient = toFloat(gradients[i]) * f.gradientScale;
        const float mean = f.beta1 * means[i] + (1.0f - f.beta1) * gradient;
        const float variance = f.beta2 * variances[i] + (1.0f - f.beta2) * gradient * gradient;
        const float denominator = std::sqrt(variance) * f.inverseRoot + f.epsilon;
        const float value = master[i] * f.decay - f.stepSize * mean / denominator;
        means[i] = mean;
        variances[i] = variance;
        master[i] = value;
        if constexpr (kCopies) copies[i] = floatToBfloat16(value);
    }
}

template <class T>
SKD_ALWAYS_INLINE void updateOf(const AdamWSlice& slice, const T* gradient, std::int64_t size,
                                const AdamWFactors& factors) {
    if (slice.live == nullptr) {
        updateRange<T, false>(slice, gradient, 0, size, factors, nullptr);
        return;
    }
    alignas(64) std::uint16_t copies[kGathered];
    for (std::int64_t begin = 0; begin < size; begin += kGathered) {
        const std::int64_t count = std::min(kGathered, size - begin);
        updateRange<T, true>(slice, gradient, begin, count, factors, copies);
        writeOut(slice.live + begin, copies, count);
    }
    finishWrites();
}

/// In lanes that do not depend on the instruction set, and in f64, where the square of a float is
/// exact: with and without fused multiply-add the same bits.
template <class T>
SKD_ALWAYS_INLINE double squaresOf(const T* values, std::int64_t size) {
    constexpr std::int64_t kLanes = 32;
    double lanes[kLanes] = {};
    std::int64_t i = 0;
    for (; i + kLanes <= size; i += kLanes)
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
            const double value = static_cast<double>(toFloat(values[i + lane]));
            lanes[lane] += value * value;
        }
    for (; i < size; ++i) {
        const double value = static_cast<double>(toFloat(values[i]));
        lanes[i % kLanes] += value * value;
    }
    double total = 0;
    for (const double lane : lanes) total += lane;
    return total;
}

}  // namespace

void adamwUpdate(const AdamWSlice& slice, const float* gradient, std::int64_t size,
                 const AdamWFactors& factors) {
    SKD_DISPATCH(updateOf(slice, gradient, size, factors));
}
void adamwUpdate(const AdamWSlice& slice, const std::uint16_t* gradient, std::int64_t size,
                 const AdamWFactors& factors) {
    SKD_DISPATCH(updateOf(slice, gradient, size, factors));
}
double sumOfSquares(const float* values, std::int64_t size) {
    return SKD_DISPATCH(squaresOf(values, size));
}
double sumOfSquares(const std::uint16_t* values, std::int64_t size) {
    return SKD_DISPATCH(squaresOf(values, size));
}

}  // namespace skd
