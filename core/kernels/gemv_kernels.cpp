#include "kernels/gemv_kernels.h"

#include "kernels/tile.h"

namespace skd::kernels {
namespace {

/// A register of bfloat16 widened in two instructions. Of concrete types, since g++ 12 cannot
/// convert a vector whose width is a template's; as a loop over lanes it reads memory an eighth
/// slower.
template <int kBytes>
struct Widened;
#define SKD_WIDENED(bytes)                                                        \
    template <>                                                                   \
    struct Widened<bytes> {                                                       \
        typedef std::uint16_t Halves __attribute__((vector_size((bytes) / 2)));   \
        typedef std::uint32_t Words __attribute__((vector_size(bytes)));          \
        SKD_ALWAYS_INLINE static void load(void* value, const std::uint16_t* p) { \
            Halves halves;                                                        \
            __builtin_memcpy(&halves, p, (bytes) / 2);                            \
            const Words words = __builtin_convertvector(halves, Words) << 16;     \
            __builtin_memcpy(value, &words, bytes);                               \
        }                                                                         \
    };
SKD_WIDENED(16)
SKD_WIDENED(32)
SKD_WIDENED(64)
#undef SKD_WIDENED

/// The passes for registers of kBytes. Registers are passed by reference: by value they would
/// belong to the calling convention, which depends on the instruction set.
template <int kBytes>
struct Passes {
    using T = Tile<kBytes>;
    using Floats = typename T::Floats;
    static constexpr std::int64_t kLanes = T::kLanes;
    static constexpr int kRows = 4;  ///< rows at a time: as many independent sums
    /// Vectors at a time, as registers allow.
    static constexpr int kVectors = kBytes >= 64 ? 4 : 2;
    /// One row against one vector: weights are read in the order in which they lie, which memory
    /// serves best, and asked for this many bytes ahead.
    static constexpr std::int64_t kAhead = 8192;

    SKD_ALWAYS_INLINE static void load(Floats& value, const float* p) { T::load(value, p); }
    SKD_ALWAYS_INLINE static void load(Floats& value, const std::uint16_t* p) {
        Widened<kBytes>::load(&value, p);
    }

    template <class Element, class Output>
    SKD_ALWAYS_INLINE static void oneRow(const RowProduct<Element, Output>& p, std::int64_t row) {
        constexpr int kSums = 4;
        constexpr std::int64_t kLine = 64 / sizeof(Element), kStep = kSums * kLanes;
        Floats sum[kSums] = {}, w, x;
        const Element* weight = p.weight + row * p.columns;
        std::int64_t i = 0;
        for (; i + kStep <= p.columns; i += kStep) {
            for (std::int64_t line = 0; line < kStep; line += kLine)
                __builtin_prefetch(reinterpret_cast<const char*>(weight + i + line) + kAhead);
#pragma GCC unroll 4
            for (int k = 0; k < kSums; ++k) {
                load(w, weight + i + k * kLanes);
                load(x, p.x + i + k * kLanes);
                sum[k] += w * x;
            }
        }
        for (; i + kLanes <= p.columns; i += kLanes) {
            load(w, weight + i);
            load(x, p.x + i);
            sum[0] += w * x;
        }
        float value = T::sumOf((sum[0] + sum[1]) + (sum[2] + sum[3]));
        for (; i < p.columns; ++i) value += toFloat(weight[i]) * p.x[i];
        if (p.bias != nullptr) value += toFloat(p.bias[row]);
        store(p.y[row], value);
    }

    /// Rows [row, row + R) against vectors [vector, vector + V).
    template <int R, int V, class Element, class Output>
    SKD_ALWAYS_INLINE static void block(const RowProduct<Element, Output>& p, std::int64_t row,
                                        std::int64_t vector) {
        Floats sum[R][V] = {};
        const Element* weight = p.weight + row * p.columns;
        const float* x = p.x + vector * p.columns;
        std::int64_t i = 0;
        for (; i + kLanes <= p.columns; i += kLanes) {
            Floats xs[V], w;
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) load(xs[v], x + v * p.columns + i);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) {
                const Element* w0 = weight + r * p.columns + i;
                __builtin_prefetch(w0 + R * p.columns);  // the rows that come next
                load(w, w0);
#pragma GCC unroll 8
                for (int v = 0; v < V; ++v) sum[r][v] += w * xs[v];
            }
        }
        for (int r = 0; r < R; ++r)
            for (int v = 0; v < V; ++v) {
                float value = T::sumOf(sum[r][v]);
                for (std::int64_t j = i; j < p.columns; ++j)
                    value += toFloat(weight[r * p.columns + j]) * x[v * p.columns + j];
                if (p.bias != nullptr) value += toFloat(p.bias[row + r]);
                store(p.y[(vector + v) * p.stride + row + r], value);
            }
    }

    template <int R, class Element, class Output>
    SKD_ALWAYS_INLINE static void rows(const RowProduct<Element, Output>& p, std::int64_t row) {
        std::int64_t vector = 0;
        for (; vector + kVectors <= p.vectors; vector += kVectors)
            block<R, kVectors>(p, row, vector);
        if constexpr (kVectors > 2)
            if (vector + 2 <= p.vectors) {
                block<R, 2>(p, row, vector);
                vector += 2;
            }
        if (vector < p.vectors) block<R, 1>(p, row, vector);
    }

    template <class Element, class Output>
    SKD_ALWAYS_INLINE static void allRows(const RowProduct<Element, Output> p, std::int64_t begin,
                                          std::int64_t end) {
        std::int64_t row = begin;
        if (p.vectors == 1) {
            for (; row < end; ++row) oneRow(p, row);
            return;
        }
        for (; row + kRows <= end; row += kRows) rows<kRows>(p, row);
        for (; row < end; ++row) rows<1>(p, row);
    }

    template <class Element, class Output>
    SKD_ALWAYS_INLINE static void sumRows(const WeightedSum<Element, Output>& s, std::int64_t begin,
                                          std::int64_t end) {
        static_assert(kSumColumnUnit % (4 * kLanes) == 0);
        std::int64_t i = begin;
        for (; i + 4 * kLanes <= end; i += 4 * kLanes) {
            Floats sum[4] = {}, values;
            for (std::int64_t j = 0; j < s.count; ++j) {
                const Element* row = s.rows + j * s.columns + i;
#pragma GCC unroll 4
                for (int part = 0; part < 4; ++part) {
                    load(values, row + part * kLanes);
                    sum[part] += values * s.weights[j];
                }
            }
            for (int part = 0; part < 4; ++part)
                for (std::int64_t lane = 0; lane < kLanes; ++lane)
                    store(s.out[i + part * kLanes + lane], sum[part][lane]);
        }
        for (; i < end; ++i) {
            float sum = 0;
            for (std::int64_t j = 0; j < s.count; ++j)
                sum += toFloat(s.rows[j * s.columns + i]) * s.weights[j];
            store(s.out[i], sum);
        }
    }

    SKD_ALWAYS_INLINE static float readAll(const float* values, std::int64_t count) {
        constexpr int kSums = 8;
        Floats sum[kSums] = {}, read;
        std::int64_t i = 0;
        for (; i + kSums * kLanes <= count; i += kSums * kLanes) {
            for (std::int64_t line = 0; line < kSums * kLanes; line += 16)
                __builtin_prefetch(reinterpret_cast<const char*>(values + i + line) + kAhead);
#pragma GCC unroll 8
            for (int k = 0; k < kSums; ++k) {
                load(read, values + i + k * kLanes);
                sum[k] += read;
            }
        }
        float all = 0;
        for (int k = 0; k < kSums; ++k) all += T::sumOf(sum[k]);
        for (; i < count; ++i) all += values[i];
        return all;
    }
};

}  // namespace

template <class Element, class Output>
void rowProduct(const RowProduct<Element, Output>& p, std::int64_t begin, std::int64_t end) {
    SKD_DISPATCH(Passes<kRegisterBytes>::allRows(p, begin, end));
}
template <class Element, class Output>
void weightedSum(const WeightedSum<Element, Output>& sum, std::int64_t begin, std::int64_t end) {
    SKD_DISPATCH(Passes<kRegisterBytes>::sumRows(sum, begin, end));
}
float readAll(const float* values, std::int64_t count) {
    return SKD_DISPATCH(Passes<kRegisterBytes>::readAll(values, count));
}

using Half = std::uint16_t;
template void rowProduct(const RowProduct<float, float>&, std::int64_t, std::int64_t);
template void rowProduct(const RowProduct<Half, Half>&, std::int64_t, std::int64_t);
template void rowProduct(const RowProduct<Half, float>&, std::int64_t, std::int64_t);
template void weightedSum(const WeightedSum<float, float>&, std::int64_t, std::int64_t);
template void weightedSum(const WeightedSum<Half, Half>&, std::int64_t, std::int64_t);
template void weightedSum(const WeightedSum<Half, float>&, std::int64_t, std::int64_t);

}  // namespace skd::kernels
