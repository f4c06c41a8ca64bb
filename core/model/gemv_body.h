// The bodies of gemv_kernels.h for one instruction set: each gemv_*_kernels.cpp says which (its folder's
// CMakeLists gives the flags) by SKD_GEMV_NAMESPACE and SKD_GEMV_BYTES, the width of a register. Nothing
// but these functions may be emitted here: an inline function of a library, compiled for a newer machine,
// could be the one that the linker keeps.

#include <cstdint>

#include "model/gemv_kernels.h"

namespace skd::kernels::SKD_GEMV_NAMESPACE {
namespace {

constexpr std::int64_t kLanes = SKD_GEMV_BYTES / 4;
constexpr int kRows = 4;                                   ///< rows at a time: as many independent sums
constexpr int kVectors = SKD_GEMV_BYTES >= 64 ? 4 : 2;     ///< vectors at a time, as registers allow
typedef float Floats __attribute__((vector_size(SKD_GEMV_BYTES)));
typedef std::uint32_t Words __attribute__((vector_size(SKD_GEMV_BYTES)));
typedef std::uint16_t Halves __attribute__((vector_size(SKD_GEMV_BYTES / 2)));

#define SKD_INLINE static inline __attribute__((always_inline))

SKD_INLINE float wide(float value) { return value; }
SKD_INLINE float wide(std::uint16_t bits) {
    const std::uint32_t word = static_cast<std::uint32_t>(bits) << 16;
    float value;
    __builtin_memcpy(&value, &word, sizeof value);
    return value;
}

SKD_INLINE void put(float& target, float value) { target = value; }
/// To nearest, ties to even; NaN stays NaN.
SKD_INLINE void put(std::uint16_t& target, float value) {
    std::uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    target = static_cast<std::uint16_t>(nan ? (bits >> 16) | 0x40u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

SKD_INLINE Floats load(const float* p) {
    Floats value;
    __builtin_memcpy(&value, p, sizeof value);
    return value;
}
SKD_INLINE Floats load(const std::uint16_t* p) {
    Halves halves;
    __builtin_memcpy(&halves, p, sizeof halves);
    const Words words = __builtin_convertvector(halves, Words) << 16;
    Floats value;
    __builtin_memcpy(&value, &words, sizeof value);
    return value;
}

SKD_INLINE float total(const Floats& value) {
    float part[4] = {};
    for (std::int64_t i = 0; i < kLanes; ++i) part[i % 4] += value[i];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

/// One row against one vector: weights are read in the order in which they lie, which memory serves
/// best, and asked for this far ahead.
constexpr std::int64_t kAhead = 8192;  ///< bytes

template <class Element, class Output>
SKD_INLINE void oneRow(const RowProduct<Element, Output>& p, std::int64_t row) {
    constexpr int kSums = 4;
    constexpr std::int64_t kLine = 64 / sizeof(Element), kStep = kSums * kLanes;
    Floats sum[kSums] = {};
    const Element* weight = p.weight + row * p.columns;
    std::int64_t i = 0;
    for (; i + kStep <= p.columns; i += kStep) {
        for (std::int64_t line = 0; line < kStep; line += kLine) __builtin_prefetch(reinterpret_cast<const char*>(weight + i + line) + kAhead);
#pragma GCC unroll 4
        for (int k = 0; k < kSums; ++k) sum[k] += load(weight + i + k * kLanes) * load(p.x + i + k * kLanes);
    }
    for (; i + kLanes <= p.columns; i += kLanes) sum[0] += load(weight + i) * load(p.x + i);
    float value = total((sum[0] + sum[1]) + (sum[2] + sum[3]));
    for (; i < p.columns; ++i) value += wide(weight[i]) * p.x[i];
    if (p.bias != nullptr) value += wide(p.bias[row]);
    put(p.y[row], value);
}

/// Rows [row, row + R) against vectors [vector, vector + V).
template <int R, int V, class Element, class Output>
SKD_INLINE void block(const RowProduct<Element, Output>& p, std::int64_t row, std::int64_t vector) {
    Floats sum[R][V] = {};
    const Element* weight = p.weight + row * p.columns;
    const float* x = p.x + vector * p.columns;
    std::int64_t i = 0;
    for (; i + kLanes <= p.columns; i += kLanes) {
        Floats xs[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) xs[v] = load(x + v * p.columns + i);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const Element* w0 = weight + r * p.columns + i;
            __builtin_prefetch(w0 + R * p.columns);  // the rows that come next
            const Floats w = load(w0);
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) sum[r][v] += w * xs[v];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v) {
            float value = total(sum[r][v]);
            for (std::int64_t j = i; j < p.columns; ++j) value += wide(weight[r * p.columns + j]) * x[v * p.columns + j];
            if (p.bias != nullptr) value += wide(p.bias[row + r]);
            put(p.y[(vector + v) * p.stride + row + r], value);
        }
}

template <int R, class Element, class Output>
SKD_INLINE void rows(const RowProduct<Element, Output>& p, std::int64_t row) {
    std::int64_t vector = 0;
    for (; vector + kVectors <= p.vectors; vector += kVectors) block<R, kVectors>(p, row, vector);
    if constexpr (kVectors > 2)
        if (vector + 2 <= p.vectors) {
            block<R, 2>(p, row, vector);
            vector += 2;
        }
    if (vector < p.vectors) block<R, 1>(p, row, vector);
}

template <class Element, class Output>
SKD_INLINE void allRows(const RowProduct<Element, Output>& p, std::int64_t begin, std::int64_t end) {
    std::int64_t row = begin;
    if (p.vectors == 1) {
        for (; row < end; ++row) oneRow(p, row);
        return;
    }
    for (; row + kRows <= end; row += kRows) rows<kRows>(p, row);
    for (; row < end; ++row) rows<1>(p, row);
}

template <class Element>
SKD_INLINE void sumRows(const Element* matrix, const float* weights, std::int64_t count, std::int64_t columns, Element* out) {
    std::int64_t i = 0;
    for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
        Floats sum[4] = {};
        for (std::int64_t j = 0; j < count; ++j) {
            const Element* row = matrix + j * columns + i;
#pragma GCC unroll 4
            for (int part = 0; part < 4; ++part) sum[part] += load(row + part * kLanes) * weights[j];
        }
        for (int part = 0; part < 4; ++part)
            for (std::int64_t lane = 0; lane < kLanes; ++lane) put(out[i + part * kLanes + lane], sum[part][lane]);
    }
    for (; i < columns; ++i) {
        float sum = 0;
        for (std::int64_t j = 0; j < count; ++j) sum += wide(matrix[j * columns + i]) * weights[j];
        put(out[i], sum);
    }
}

}  // namespace

void rowProduct(const RowProduct<float, float>& p, std::int64_t begin, std::int64_t end) { allRows(p, begin, end); }
void rowProduct(const RowProduct<std::uint16_t, std::uint16_t>& p, std::int64_t begin, std::int64_t end) { allRows(p, begin, end); }
void rowProduct(const RowProduct<std::uint16_t, float>& p, std::int64_t begin, std::int64_t end) { allRows(p, begin, end); }
void weightedSum(const float* matrix, const float* weights, std::int64_t count, std::int64_t columns, float* out) {
    sumRows(matrix, weights, count, columns, out);
}
void weightedSum(const std::uint16_t* matrix, const float* weights, std::int64_t count, std::int64_t columns, std::uint16_t* out) {
    sumRows(matrix, weights, count, columns, out);
}

float readAll(const float* values, std::int64_t count) {
    constexpr int kSums = 8;
    Floats sum[kSums] = {};
    std::int64_t i = 0;
    for (; i + kSums * kLanes <= count; i += kSums * kLanes) {
        for (std::int64_t line = 0; line < kSums * kLanes; line += 16) __builtin_prefetch(reinterpret_cast<const char*>(values + i + line) + kAhead);
#pragma GCC unroll 8
        for (int k = 0; k < kSums; ++k) sum[k] += load(values + i + k * kLanes);
    }
    float all = 0;
    for (int k = 0; k < kSums; ++k) all += total(sum[k]);
    for (; i < count; ++i) all += values[i];
    return all;
}

#undef SKD_INLINE

}  // namespace skd::kernels::SKD_GEMV_NAMESPACE
