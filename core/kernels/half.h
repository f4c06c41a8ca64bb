#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace skd {

static_assert(std::endian::native == std::endian::little,
              "safetensors and GGUF store little-endian values, which are read in place");

/// IEEE binary16 bits to float, exactly. Free of branches, so that loops over it vectorise, and of
/// subnormal arithmetic, so that flush-to-zero modes do not change it.
inline float halfToFloat(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
    const std::uint32_t magnitude = half & 0x7fffu;
    const std::uint32_t normal = (magnitude << 13) + (112u << 23);
    const std::uint32_t nonFinite = normal + (112u << 23);
    // In [0.5, 1) floats are 2^-24 apart, which is the value of a subnormal half's last bit.
    const float subnormal = std::bit_cast<float>((126u << 23) + magnitude) - 0.5f;
    std::uint32_t bits = magnitude >= 0x7c00u ? nonFinite : normal;
    bits = magnitude < 0x0400u ? std::bit_cast<std::uint32_t>(subnormal) : bits;
    return std::bit_cast<float>(bits | sign);
}

/// Float to IEEE binary16 bits, to nearest, ties to even; NaN becomes a quiet NaN.
inline std::uint16_t floatToHalf(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t doubled = bits + bits;  // the sign is shifted out
    const std::uint32_t sign = (bits & 0x80000000u) >> 16;
    if (doubled > 0xff000000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
    // Adding 2^(e+15) (at least 2^1 for subnormal results) makes the addition itself round
    // to the ten bits that remain; the two scalings send overflow to infinity.
    const std::uint32_t bias = doubled < 0x71000000u ? 0x71000000u : doubled & 0xff000000u;
    const float scaled = (std::fabs(value) * 0x1.0p+112f) * 0x1.0p-110f;
    const float rounded = std::bit_cast<float>((bias >> 1) + 0x07800000u) + scaled;
    const std::uint32_t result = std::bit_cast<std::uint32_t>(rounded);
    return static_cast<std::uint16_t>(sign | (((result >> 13) & 0x7c00u) + (result & 0x0fffu)));
}

/// bfloat16 bits to float: they are the upper half of it.
inline float bfloat16ToFloat(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Float to bfloat16 bits, to nearest, ties to even; NaN becomes a quiet NaN.
inline std::uint16_t floatToBfloat16(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
    return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace skd
