#pragma once

#include <bit>
#include <cstdint>

#include "model/half.h"

/// Compiles a function for AVX-512, AVX2 and the baseline, and chooses when the program starts.
/// Sanitizers instrument the chooser before they are ready, so they get the baseline alone.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SKD_TARGET_CLONES \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SKD_TARGET_CLONES
#endif
#define SKD_ALWAYS_INLINE [[gnu::always_inline]] inline

namespace skd {

SKD_ALWAYS_INLINE float toFloat(float value) {
    return value;
}
/// bfloat16 bits.
SKD_ALWAYS_INLINE float toFloat(std::uint16_t bits) {
    return bfloat16ToFloat(bits);
}

SKD_ALWAYS_INLINE void store(float& target, float value) {
    target = value;
}
SKD_ALWAYS_INLINE void store(std::uint16_t& target, float value) {
    target = floatToBfloat16(value);
}

/// exp(x) for x <= 0, relative error below 1e-7; arguments under -87 give exp(-87), NaN stays NaN.
/// Cody-Waite reduction and the polynomial of Cephes' expf; free of branches, so that loops
/// vectorise.
SKD_ALWAYS_INLINE float expNonPositive(float x) {
    x = x < -87.0f ? -87.0f : x;
    const std::int32_t exponent = static_cast<std::int32_t>(x * 1.44269504f - 0.5f);
    const float n = static_cast<float>(exponent);
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return p * std::bit_cast<float>((static_cast<std::uint32_t>(exponent) + 127u) << 23);
}

/// Elements summed in f32 before the sum moves on to f64: short enough that 32 lanes stay exact to
/// a few ulp, long enough that the conversion costs nothing.
constexpr std::size_t kSumBlock = 2048;

}  // namespace skd
