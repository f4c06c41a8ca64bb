#pragma once

#include <cstdint>

#include "kernels/simd.h"

namespace skd::kernels {

/// Smallest multiple of `step` that is not below `n`.
SKD_ALWAYS_INLINE constexpr std::int64_t upTo(std::int64_t n, std::int64_t step) {
    return (n + step - 1) / step * step;
}
SKD_ALWAYS_INLINE constexpr std::int64_t lesser(std::int64_t a, std::int64_t b) {
    return a < b ? a : b;
}

template <int kBytes>
struct VectorTypes {
    typedef float Floats __attribute__((vector_size(kBytes)));
    typedef std::int32_t Ints __attribute__((vector_size(kBytes)));
};

/// Vectors of kBytes and a tile of a matrix product in f32 made of them, for code inside
/// SKD_DISPATCH. Registers are passed by reference: by value they would belong to the calling
/// convention, which depends on the instruction set.
template <int kBytes>
struct Tile {
    using Floats = typename VectorTypes<kBytes>::Floats;
    using Ints = typename VectorTypes<kBytes>::Ints;
    static constexpr std::int64_t kLanes = kBytes / 4;
    static constexpr int kRows = kBytes >= 64 ? 12 : 6;  ///< as many as registers hold
    static constexpr std::int64_t kColumns = 2 * kLanes;

    SKD_ALWAYS_INLINE static void load(Floats& value, const float* p) {
        __builtin_memcpy(&value, p, kBytes);
    }
    SKD_ALWAYS_INLINE static void save(float* p, const Floats& value) {
        __builtin_memcpy(p, &value, kBytes);
    }

    /// value = 2^value for values <= 0, relative error below 2e-7 (Cephes' exp2f); under -126 it is
    /// 2^-126, NaN stays NaN.
    SKD_ALWAYS_INLINE static void exp2NonPositive(Floats& value) {
        const Floats x = value < -126.0f ? Floats{} - 126.0f : value;
        // 1.5 * 2^23: what is added to it is rounded to a whole number.
        constexpr float kRound = 12582912.0f;
        const Floats shifted = x + kRound;
        const Floats r = x - (shifted - kRound);
        Floats p = 1.535336188319500e-4f * r + 1.339887440266574e-3f;
        p = p * r + 9.618437357674640e-3f;
        p = p * r + 5.550332471162809e-2f;
        p = p * r + 2.402264791363012e-1f;
        p = p * r + 6.931472028550421e-1f;
        p = p * r + 1.0f;
        Ints bits;
        __builtin_memcpy(&bits, &shifted, kBytes);
        bits = (bits + 127) << 23;
        Floats power;
        __builtin_memcpy(&power, &bits, kBytes);
        value = p * power;
    }

    /// In a fixed order.
    SKD_ALWAYS_INLINE static float sumOf(const Floats& value) {
        float part[4] = {};
        for (std::int64_t i = 0; i < kLanes; ++i) part[i % 4] += value[i];
        return (part[0] + part[1]) + (part[2] + part[3]);
    }

    /// A's element (m, k) at a[m * aStride + k] or, transposed, at a[k * aStride + m]; B's row k at
    /// b + k * bStride.
    struct Input {
        const float* a;
        std::int64_t aStride;
        const float* b;
        std::int64_t bStride;
        std::int64_t depth;
    };
    /// C [kRows, kColumns] = A B, or C += A B.
    template <bool kTransposed, bool kAdd>
    SKD_ALWAYS_INLINE static void multiply(Input in, float* c, std::int64_t cStride) {
        Floats sum[kRows][2] = {}, b0, b1;
        for (std::int64_t k = 0; k < in.depth; ++k) {
            load(b0, in.b + k * in.bStride);
            load(b1, in.b + k * in.bStride + kLanes);
#pragma GCC unroll 16
            for (int m = 0; m < kRows; ++m) {
                const float a = kTransposed ? in.a[k * in.aStride + m] : in.a[m * in.aStride + k];
                sum[m][0] += a * b0;
                sum[m][1] += a * b1;
            }
        }
#pragma GCC unroll 16
        for (int m = 0; m < kRows; ++m) {
            float* row = c + m * cStride;
            if constexpr (kAdd) {
                load(b0, row);
                load(b1, row + kLanes);
                sum[m][0] += b0;
                sum[m][1] += b1;
            }
            save(row, sum[m][0]);
            save(row + kLanes, sum[m][1]);
        }
    }
};

}  // namespace skd::kernels
