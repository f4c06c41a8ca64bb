#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "base/instruction_set.h"
#include "kernels/half.h"

#define SKD_ALWAYS_INLINE [[gnu::always_inline]] inline

/// Evaluates an expression compiled for AVX-512, AVX2 or the baseline, whichever instructionSet()
/// says: the one way in which kernels choose, also in templates. Inside it kRegisterBytes is the
/// width of the set's registers. What is to become code of that set has to be SKD_ALWAYS_INLINE and
/// take what its loops read by value, since they cannot see through references into the caller's
/// frame.
#define SKD_DISPATCH(...)                                                          \
    ::skd::dispatch([&](auto skdBytes) __attribute__((always_inline)) {            \
        [[maybe_unused]] constexpr int kRegisterBytes = decltype(skdBytes)::value; \
        return __VA_ARGS__;                                                        \
    })

namespace skd {

template <int kBytes>
using RegisterBytes = std::integral_constant<int, kBytes>;

#if defined(__x86_64__)
template <class Body>
[[gnu::target("arch=x86-64-v4"), gnu::noinline]] auto onAvx512(Body body) {
    return body(RegisterBytes<64>{});
}
template <class Body>
[[gnu::target("arch=x86-64-v3"), gnu::noinline]] auto onAvx2(Body body) {
    return body(RegisterBytes<32>{});
}
#endif

/// Calls the always_inline `body` inside a function of this process's instruction set. Use
/// SKD_DISPATCH.
template <class Body>
auto dispatch(Body body) {
    switch (instructionSet()) {
#if defined(__x86_64__)
        case InstructionSet::Avx512:
            return onAvx512(body);
        case InstructionSet::Avx2:
            return onAvx2(body);
#endif
        default:
            return body(RegisterBytes<16>{});
    }
}

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

/// Elements summed in f32 before the sum moves on to f64: short enough that 8 lanes and more stay
/// exact to a few ulp (the baseline's four to 2e-6), long enough that the conversion costs nothing.
constexpr std::size_t kSumBlock = 2048;

}  // namespace skd
