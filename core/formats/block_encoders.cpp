#include "formats/block_encoders.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/half.h"
#include "kernels/simd.h"

namespace skd {
namespace {

using Code = std::uint8_t;
/// Terms are summed in this many lanes, whose order no instruction set changes.
constexpr int kLanes = 16;

void putHalf(std::byte* out, float value) {
    const std::uint16_t bits = floatToHalf(value);
    std::memcpy(out, &bits, sizeof bits);
}

float storedHalf(float value) {
    return halfToFloat(floatToHalf(value));
}

SKD_ALWAYS_INLINE float limited(float value, float low, float high) {
    value = value < low ? low : value;
    return value > high ? high : value;
}

/// To the nearest integer from `low` to `high`, of magnitudes below 2^22, ties to even. Limited
/// before the sum, so that no fused multiply-add skips the product's rounding: steps are chosen
/// such that the largest value of a block often is a tie.
SKD_ALWAYS_INLINE float nearest(float value, float low, float high) {
    constexpr float kShift = 12582912.0f;  // 1.5 * 2^23: floats around it are 1 apart
    return (limited(value, low, high) + kShift) - kShift;
}

SKD_ALWAYS_INLINE float sumOfLanes(const float* lanes) {
    float sum = 0;
    for (int j = 0; j < kLanes; ++j) sum += lanes[j];
    return sum;
}

// --- 32 values with one step

/// Bytes of 32 codes of four or five bits: the fifth bits where there are, then nibbles, the later
/// sixteen above the earlier.
template <int kBits>
void packCodes(const Code* codes, std::byte* out) {
    if constexpr (kBits == 5) {
        std::uint32_t fifth = 0;
        for (int j = 0; j < 32; ++j) fifth |= static_cast<std::uint32_t>(codes[j] >> 4 & 1) << j;
        std::memcpy(out, &fifth, sizeof fifth);
        out += sizeof fifth;
    }
    for (int j = 0; j < 16; ++j)
        out[j] = static_cast<std::byte>((codes[j] & 15) | (codes[j + 16] & 15) << 4);
}

template <int kBits, bool kMinimum>
void encodeNibbles(std::span<const float> values, std::byte* out) {
    constexpr int kScales = kMinimum ? 4 : 2;
    constexpr int kMiddle = 1 << (kBits - 1), kLast = (1 << kBits) - 1;
    for (; !values.empty(); values = values.subspan(32)) {
        const auto block = values.first(32);
        const auto [low, high] = std::ranges::minmax(block);
        const auto magnitude = [](float value) { return std::fabs(value); };
        const float extreme = *std::ranges::max_element(block, {}, magnitude);
        const float d = kMinimum ? (high - low) / kLast : extreme / -kMiddle;
        const float offset = kMinimum ? low : 0.0f, middle = kMinimum ? 0.0f : kMiddle;
        const float inverse = d != 0 && std::isfinite(1 / d) ? 1 / d : 0.0f;
        putHalf(out, d);
        if (kMinimum) putHalf(out + 2, low);
        std::array<Code, 32> codes{};
        for (std::size_t j = 0; j < 32; ++j) {
            const float steps = (block[j] - offset) * inverse + middle + 0.5f;
            codes[j] = static_cast<Code>(limited(steps, 0, kLast));
        }
        packCodes<kBits>(codes.data(), out + kScales);
        out += kScales + (kBits == 5 ? 20 : 16);
    }
}

// --- super-blocks of 256 values

/// Sums of a least-squares fit to codes q, each term times its weight.
struct Sums {
    float q = 0, qq = 0, qx = 0;
};

/// A sub-block's values as scale * q - minimum, minimum >= 0.
struct Affine {
    float scale = 0, minimum = 0;
};

/// What is known of a sub-block of 32 values before any code is.
struct Weighted {
    const float* x;
    float weights[32];
    float sum = 0, sumX = 0;  ///< of the weights; of the weighted values
    float low = 0, high = 0;  ///< low: at most 0
};

/// Weights |x| + rms.
SKD_ALWAYS_INLINE Weighted weighted(const float* x) {
    Weighted w{x, {}};
    float squares[kLanes] = {}, sums[kLanes] = {}, products[kLanes] = {};
    for (int i = 0; i < 32; i += kLanes)
        for (int j = 0; j < kLanes; ++j) squares[j] += x[i + j] * x[i + j];
    const float rms = std::sqrt(sumOfLanes(squares) / 32);
    for (int j = 0; j < 32; ++j) w.weights[j] = rms + std::fabs(x[j]);
    for (int i = 0; i < 32; i += kLanes)
        for (int j = 0; j < kLanes; ++j) {
            sums[j] += w.weights[i + j];
            products[j] += w.weights[i + j] * x[i + j];
        }
    w.sum = sumOfLanes(sums);
    w.sumX = sumOfLanes(products);
    w.low = std::min(0.0f, *std::min_element(x, x + 32));
    w.high = *std::max_element(x, x + 32);
    return w;
}

/// Codes 0 to `last` of the range from -minimum to the largest value in `parts`.
SKD_ALWAYS_INLINE void codesOf(const Weighted& w, float minimum, float parts, float last,
                               float* codes) {
    const float inverse = parts / (w.high + minimum);
    const float* x = w.x;
    for (int j = 0; j < 32; ++j) codes[j] = nearest(inverse * (x[j] + minimum), 0, last);
}

SKD_ALWAYS_INLINE Sums sumsOf(const Weighted& w, const float* codes) {
    float q[kLanes] = {}, qq[kLanes] = {}, qx[kLanes] = {};
    for (int i = 0; i < 32; i += kLanes)
        for (int j = 0; j < kLanes; ++j) {
            const float weight = w.weights[i + j] * codes[i + j];
            q[j] += weight;
            qq[j] += weight * codes[i + j];
            qx[j] += weight * w.x[i + j];
        }
    return {sumOfLanes(q), sumOfLanes(qq), sumOfLanes(qx)};
}

/// Weighted squared error of scale * q - minimum.
SKD_ALWAYS_INLINE float errorOf(const Weighted& w, const float* codes, Affine fit) {
    float errors[kLanes] = {};
    for (int i = 0; i < 32; i += kLanes)
        for (int j = 0; j < kLanes; ++j) {
            const float off = fit.scale * codes[i + j] - fit.minimum - w.x[i + j];
            errors[j] += w.weights[i + j] * off * off;
        }
    return sumOfLanes(errors);
}

/// The fit to codes with the least error; nothing where all codes are the same. In f64, for the
/// determinant is the difference of two large products.
SKD_ALWAYS_INLINE bool solve(const Weighted& w, const Sums& sums, Affine& fit) {
    const double all = w.sum, x = w.sumX, q = sums.q, qq = sums.qq, qx = sums.qx;
    const double determinant = all * qq - q * q;
    if (!(determinant > 0)) return false;
    const double minimum = (q * qx - qq * x) / determinant;
    fit = minimum < 0 ? Affine{static_cast<float>(qx / qq), 0}
                      : Affine{static_cast<float>((all * qx - x * q) / determinant),
                               static_cast<float>(minimum)};
    return true;
}

/// Steps that are tried: the range in last + first, last + first + 0.1, ... parts.
struct Steps {
    float last;
    float first;
    int count;
};

/// The range begins at the minimum of the best fit so far.
SKD_ALWAYS_INLINE Affine fitAffine(const float* x, Steps steps) {
    const Weighted w = weighted(x);
    const float range = w.high - w.low;
    Affine best{range / steps.last, -w.low};
    if (!std::isfinite(1 / best.scale)) return {0, -w.low};
    float codes[32];
    codesOf(w, best.minimum, steps.last, steps.last, codes);
    float least = errorOf(w, codes, best);
    for (int step = 0; step < steps.count; ++step) {
        const float parts = steps.last + steps.first + 0.1f * static_cast<float>(step);
        codesOf(w, best.minimum, parts, steps.last, codes);
        Affine fit;
        if (!solve(w, sumsOf(w, codes), fit)) continue;
        const float error = errorOf(w, codes, fit);
        if (!(error < least)) continue;
        least = error;
        best = fit;
    }
    return best;
}

/// Eight scales and minima of six bits each in twelve bytes.
void packScales(const Code* scales, const Code* minima, std::byte* out) {
    for (int j = 0; j < 4; ++j) {
        out[j] = static_cast<std::byte>(scales[j] | scales[j + 4] >> 4 << 6);
        out[j + 4] = static_cast<std::byte>(minima[j] | minima[j + 4] >> 4 << 6);
        out[j + 8] = static_cast<std::byte>((scales[j + 4] & 15) | (minima[j + 4] & 15) << 4);
    }
}

/// value / unit as a code of six bits.
Code sixBits(float value, float unit) {
    return static_cast<Code>(unit > 0 ? nearest(value / unit, 0, 63) : 0.0f);
}

/// Nibbles of 256 codes, and before them the fifth bits where there are.
template <int kBits>
void packSuperBlock(const Code* codes, std::byte* out) {
    if constexpr (kBits == 5) {
        for (int l = 0; l < 32; ++l) {
            unsigned fifth = 0;
            for (int j = 0; j < 8; ++j)
                fifth |= static_cast<unsigned>(codes[32 * j + l] >> 4 & 1) << j;
            out[l] = static_cast<std::byte>(fifth);
        }
        out += 32;
    }
    for (int j = 0; j < 256; j += 64, out += 32)
        for (int l = 0; l < 32; ++l)
            out[l] = static_cast<std::byte>((codes[j + l] & 15) | (codes[j + l + 32] & 15) << 4);
}

template <int kBits>
SKD_ALWAYS_INLINE void encodeSuperBlock(const float* x, std::byte* out) {
    constexpr float kLast = (1 << kBits) - 1;
    constexpr Steps kSteps = kBits == 4 ? Steps{kLast, -1.0f, 21} : Steps{kLast, -0.5f, 16};
    Affine fits[8];
    float largestScale = 0, largestMinimum = 0;
    for (int j = 0; j < 8; ++j) {
        fits[j] = fitAffine(x + 32 * j, kSteps);
        largestScale = std::max(largestScale, fits[j].scale);
        largestMinimum = std::max(largestMinimum, fits[j].minimum);
    }
    const float d = largestScale / 63, dmin = largestMinimum / 63;
    putHalf(out, d);
    putHalf(out + 2, dmin);
    Code scales[8], minima[8], codes[256] = {};
    for (int j = 0; j < 8; ++j) {
        scales[j] = sixBits(fits[j].scale, d);
        minima[j] = sixBits(fits[j].minimum, dmin);
        const float scale = storedHalf(d) * static_cast<float>(scales[j]);
        const float minimum = storedHalf(dmin) * static_cast<float>(minima[j]);
        if (!(scale > 0)) continue;
        for (int l = 32 * j; l < 32 * j + 32; ++l)
            codes[l] = static_cast<Code>(nearest((x[l] + minimum) / scale, 0, kLast));
    }
    packScales(scales, minima, out + 4);
    packSuperBlock<kBits>(codes, out + 16);
}

template <int kBits>
SKD_ALWAYS_INLINE void encodeSuperBlocks(std::span<const float> values, std::byte* out) {
    for (std::size_t i = 0; i < values.size(); i += 256, out += kBits == 5 ? 176 : 144)
        encodeSuperBlock<kBits>(values.data() + i, out);
}

// --- Q6_K

/// Below it a sub-block counts as zero.
constexpr float kNothing = 1e-15f;

/// q x and q q of codes q in -32..31, each times x^2.
SKD_ALWAYS_INLINE Sums signedSums(const float* x, float inverse) {
    float qx[kLanes], qq[kLanes];
    for (int j = 0; j < kLanes; ++j) {
        const float q = nearest(inverse * x[j], -32, 31), weight = x[j] * x[j] * q;
        qx[j] = weight * x[j];
        qq[j] = weight * q;
    }
    return {0, sumOfLanes(qq), sumOfLanes(qx)};
}

/// The step for 16 values with the least squared error: that of the largest fall of the error,
/// (q x)^2 / (q q), below all zeros.
SKD_ALWAYS_INLINE float fitSigned(const float* x) {
    float extreme = 0;
    for (int j = 0; j < 16; ++j)
        if (std::fabs(x[j]) > std::fabs(extreme)) extreme = x[j];
    if (std::fabs(extreme) < kNothing) return 0;
    Sums best = signedSums(x, -32 / extreme);
    for (int step = -9; step <= 9; ++step) {
        const Sums sums = signedSums(x, -(32 + 0.1f * static_cast<float>(step)) / extreme);
        if (sums.qq > 0 && sums.qx * sums.qx * best.qq > best.qx * best.qx * sums.qq) best = sums;
    }
    return best.qq > 0 ? best.qx / best.qq : 0;
}

/// 128 codes of six bits: low nibbles in `low` [64], the two bits above in `high` [32].
void packHalf(const Code* codes, std::byte* low, std::byte* high) {
    for (int l = 0; l < 32; ++l) {
        const Code a = codes[l], b = codes[l + 32], c = codes[l + 64], d = codes[l + 96];
        low[l] = static_cast<std::byte>((a & 15) | (c & 15) << 4);
        low[l + 32] = static_cast<std::byte>((b & 15) | (d & 15) << 4);
        high[l] = static_cast<std::byte>(a >> 4 | b >> 4 << 2 | c >> 4 << 4 | d >> 4 << 6);
    }
}

SKD_ALWAYS_INLINE void encodeQ6Block(const float* x, std::byte* out) {
    float fits[16], extreme = 0;
    for (int j = 0; j < 16; ++j) {
        fits[j] = fitSigned(x + 16 * j);
        if (std::fabs(fits[j]) > std::fabs(extreme)) extreme = fits[j];
    }
    std::memset(out, 0, 210);
    if (std::fabs(extreme) < kNothing) return;
    const float d = extreme / -128;
    putHalf(out + 208, d);
    Code codes[256];
    for (int j = 0; j < 16; ++j) {
        const float step = nearest(fits[j] / d, -128, 127), scale = storedHalf(d) * step;
        out[192 + j] = static_cast<std::byte>(static_cast<std::int8_t>(step));
        const float inverse = scale != 0 ? 1 / scale : 0;
        for (int l = 16 * j; l < 16 * j + 16; ++l)
            codes[l] = static_cast<Code>(nearest(x[l] * inverse, -32, 31) + 32);
    }
    for (int half = 0; half < 2; ++half)
        packHalf(codes + 128 * half, out + 64 * half, out + 128 + 32 * half);
}

SKD_ALWAYS_INLINE void encodeQ6Blocks(std::span<const float> values, std::byte* out) {
    for (std::size_t i = 0; i < values.size(); i += 256, out += 210)
        encodeQ6Block(values.data() + i, out);
}

}  // namespace

void encodeQ4_0(std::span<const float> values, std::byte* out) {
    encodeNibbles<4, false>(values, out);
}
void encodeQ4_1(std::span<const float> values, std::byte* out) {
    encodeNibbles<4, true>(values, out);
}
void encodeQ5_0(std::span<const float> values, std::byte* out) {
    encodeNibbles<5, false>(values, out);
}
void encodeQ5_1(std::span<const float> values, std::byte* out) {
    encodeNibbles<5, true>(values, out);
}
void encodeQ4_K(std::span<const float> values, std::byte* out) {
    SKD_DISPATCH(encodeSuperBlocks<4>(values, out));
}
void encodeQ5_K(std::span<const float> values, std::byte* out) {
    SKD_DISPATCH(encodeSuperBlocks<5>(values, out));
}
void encodeQ6_K(std::span<const float> values, std::byte* out) {
    SKD_DISPATCH(encodeQ6Blocks(values, out));
}

}  // namespace skd
