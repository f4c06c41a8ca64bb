#include "kernels/gemm_kernels.h"

#include <algorithm>
#include <utility>

#include "kernels/tile.h"

namespace skd::kernels {
namespace {

/// Depth of a packed block: a panel of it (two registers wide) fits the first-level cache.
constexpr std::int64_t kDepth = 320;
/// Rows of `a` that stay in the second-level cache while the panels pass by.
constexpr std::int64_t kRowBlock = 96;
/// Columns packed at a time, a multiple of every panel's width.
constexpr std::int64_t kColumnBlock = 256;
static_assert(kDepth * kColumnBlock == kProductScratch);

/// Rows of a tile of accumulators: as many as the registers of the instruction set hold.
template <int kBytes>
constexpr int kTileRows = kBytes >= 64   ? 12
                          : kBytes >= 32 ? 6
                                         : 4;
/// Columns of a panel.
template <int kBytes>
constexpr std::int64_t kPanelWidth = Tile<kBytes>::kColumns;

/// y [kRows, panel] = or += a [kRows, depth] times a packed panel [depth, panel].
template <int kBytes, int kRows>
SKD_ALWAYS_INLINE void multiplyPanel(const float* a, std::int64_t aStride, const float* panel,
                                     std::int64_t depth, float* y, std::int64_t yStride,
                                     bool accumulates) {
    using Floats = typename Tile<kBytes>::Floats;
    constexpr std::int64_t kLanes = Tile<kBytes>::kLanes;
    Floats sum[kRows][2];
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
        sum[r][0] = sum[r][1] = Floats{};
        if (!accumulates) continue;
        __builtin_memcpy(&sum[r][0], y + r * yStride, kBytes);
        __builtin_memcpy(&sum[r][1], y + r * yStride + kLanes, kBytes);
    }
    for (std::int64_t k = 0; k < depth; ++k) {
        Floats left, right;
        __builtin_memcpy(&left, panel + k * 2 * kLanes, kBytes);
        __builtin_memcpy(&right, panel + k * 2 * kLanes + kLanes, kBytes);
#pragma GCC unroll 16
        for (int r = 0; r < kRows; ++r) {
            const float factor = a[r * aStride + k];
            sum[r][0] += factor * left;
            sum[r][1] += factor * right;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
        __builtin_memcpy(y + r * yStride, &sum[r][0], kBytes);
        __builtin_memcpy(y + r * yStride + kLanes, &sum[r][1], kBytes);
    }
}

/// A part of b [depth, columns] as panels [columns / panel][depth][panel], the last one filled with
/// zeros.
template <class T, std::int64_t kPanel>
SKD_ALWAYS_INLINE void packRows(const StridedMatrix<T>& b, std::int64_t columns, float* out) {
    for (std::int64_t first = 0; first < columns; first += kPanel) {
        const std::int64_t width = std::min(kPanel, columns - first);
        float* panel = out + first * b.rows;
        for (std::int64_t k = 0; k < b.rows; ++k) {
            const T* row = b.data + k * b.rowStride + first;
            if (width == kPanel) {
                for (std::int64_t c = 0; c < kPanel; ++c) panel[k * kPanel + c] = toFloat(row[c]);
            } else {
                for (std::int64_t c = 0; c < kPanel; ++c)
                    panel[k * kPanel + c] = c < width ? toFloat(row[c]) : 0.0f;
            }
        }
    }
}

/// Squares of numbers turned over in registers: lane and group stand for 128 bits and four rows.
template <int kBytes>
struct Square {
    using Floats = typename Tile<kBytes>::Floats;
    static constexpr std::size_t kSize = kBytes / 4;

    SKD_ALWAYS_INLINE static void load(Floats& row, const float* from) {
        __builtin_memcpy(&row, from, kBytes);
    }
    SKD_ALWAYS_INLINE static void load(Floats& row, const std::uint16_t* from) {
        // Each number beside a zero: little-endian, that is its bits shifted up by 16.
        typedef std::uint16_t Eight __attribute__((vector_size(16)));
        constexpr Eight zero{};
#pragma GCC unroll 4
        for (std::size_t i = 0; i < kSize; i += 8) {
            Eight bits{};
            __builtin_memcpy(&bits, from + i, std::min<std::size_t>(kSize, 8) * 2);
            const Eight low = __builtin_shufflevector(zero, bits, 0, 8, 1, 9, 2, 10, 3, 11),
                        high = __builtin_shufflevector(zero, bits, 4, 12, 5, 13, 6, 14, 7, 15);
            __builtin_memcpy(reinterpret_cast<char*>(&row) + i * 4, &low, 16);
            if constexpr (kSize >= 8)
                __builtin_memcpy(reinterpret_cast<char*>(&row) + i * 4 + 16, &high, 16);
        }
    }

    /// out[i] = a b [kIndex(i)], where indices from kSize on are b's.
    template <auto kIndex, std::size_t... i>
    SKD_ALWAYS_INLINE static void pick(Floats& out, const Floats& a, const Floats& b,
                                       std::index_sequence<i...>) {
        out = __builtin_shufflevector(a, b, static_cast<int>(kIndex(i))...);
    }
    template <auto kIndex>
    SKD_ALWAYS_INLINE static void pick(Floats& out, const Floats& a, const Floats& b) {
        pick<kIndex>(out, a, b, std::make_index_sequence<kSize>());
    }

    // Within each lane: numbers, then pairs, of a and b in turns; the lower or the upper half of
    // them.
    template <std::size_t kUpper>
    static constexpr auto numbers =
        [](std::size_t i) { return i / 4 * 4 + i % 4 / 2 + 2 * kUpper + (i % 2) * kSize; };
    template <std::size_t kUpper>
    static constexpr auto pairs =
        [](std::size_t i) { return i / 4 * 4 + i % 2 + 2 * kUpper + (i % 4 / 2) * kSize; };
    // Whole lanes: the even or odd ones of a and b in turns; the first or last half of a, then of
    // b.
    template <std::size_t kOdd>
    static constexpr auto lanes =
        [](std::size_t i) { return (i / 8 * 2 + kOdd) * 4 + i % 4 + (i / 4 % 2) * kSize; };
    template <std::size_t kLast>
    static constexpr auto halves = [](std::size_t i) {
        return i % (kSize / 2) + kLast * (kSize / 2) + i / (kSize / 2) * kSize;
    };

    /// rows[c] becomes what was column c.
    SKD_ALWAYS_INLINE static void transposeTile(Floats (&rows)[kSize]) {
        Floats parts[kSize];
#pragma GCC unroll 4
        for (std::size_t g = 0; g < kSize;
             g += 4) {  // lane l of parts[g + q]: column 4 l + q of four rows
            Floats low[2], high[2];
            pick<numbers<0>>(low[0], rows[g], rows[g + 1]);
            pick<numbers<1>>(high[0], rows[g], rows[g + 1]);
            pick<numbers<0>>(low[1], rows[g + 2], rows[g + 3]);
            pick<numbers<1>>(high[1], rows[g + 2], rows[g + 3]);
            pick<pairs<0>>(parts[g], low[0], low[1]);
            pick<pairs<1>>(parts[g + 1], low[0], low[1]);
            pick<pairs<0>>(parts[g + 2], high[0], high[1]);
            pick<pairs<1>>(parts[g + 3], high[0], high[1]);
        }
#pragma GCC unroll 4
        for (std::size_t q = 0; q < 4; ++q) joinLanes(rows, parts, q);
    }

    SKD_ALWAYS_INLINE static void joinLanes(Floats (&rows)[kSize], const Floats (&parts)[kSize],
                                            std::size_t q) {
        if constexpr (kSize == 4) {
            rows[q] = parts[q];
        } else if constexpr (kSize == 8) {
            pick<lanes<0>>(rows[q], parts[q], parts[4 + q]);
            pick<lanes<1>>(rows[4 + q], parts[q], parts[4 + q]);
        } else {
            Floats even[2], odd[2];
#pragma GCC unroll 2
            for (std::size_t g = 0; g < 2; ++g) {
                pick<lanes<0>>(even[g], parts[8 * g + q], parts[8 * g + 4 + q]);
                pick<lanes<1>>(odd[g], parts[8 * g + q], parts[8 * g + 4 + q]);
            }
            pick<halves<0>>(rows[q], even[0], even[1]);
            pick<halves<1>>(rows[8 + q], even[0], even[1]);
            pick<halves<0>>(rows[4 + q], odd[0], odd[1]);
            pick<halves<1>>(rows[12 + q], odd[0], odd[1]);
        }
    }
};

/// The same where the columns of b lie in a row each: a transposition, square by square.
template <class T, int kBytes>
SKD_ALWAYS_INLINE void packColumns(const StridedMatrix<T>& b, std::int64_t columns, float* out) {
    using S = Square<kBytes>;
    constexpr std::int64_t kPanel = kPanelWidth<kBytes>, kSize = S::kSize;
    for (std::int64_t first = 0; first < columns; first += kPanel) {
        const std::int64_t width = std::min(kPanel, columns - first), whole = width / kSize * kSize;
        const T* from = b.data + first * b.columnStride;
        float* panel = out + first * b.rows;
        if (width < kPanel) std::fill(panel, panel + b.rows * kPanel, 0.0f);
        std::int64_t k = 0;
        for (; k + kSize <= b.rows; k += kSize)
            for (std::int64_t c = 0; c < whole; c += kSize) {
                typename S::Floats rows[kSize];
#pragma GCC unroll 16
                for (std::int64_t r = 0; r < kSize; ++r)
                    S::load(rows[r], from + (c + r) * b.columnStride + k);
                S::transposeTile(rows);
#pragma GCC unroll 16
                for (std::int64_t r = 0; r < kSize; ++r)
                    __builtin_memcpy(panel + (k + r) * kPanel + c, &rows[r], kBytes);
            }
        for (std::int64_t c = 0; c < width; ++c)
            for (std::int64_t i = c < whole ? k : 0; i < b.rows; ++i)
                panel[i * kPanel + c] = toFloat(from[c * b.columnStride + i]);
    }
}

/// Rows [0, rows) of one panel's columns; `columns` of its width are written.
template <int kBytes>
SKD_ALWAYS_INLINE void multiplyColumn(const float* a, std::int64_t aStride, std::int64_t rows,
                                      const float* panel, std::int64_t depth, float* y,
                                      std::int64_t yStride, std::int64_t columns,
                                      bool accumulates) {
    constexpr std::int64_t kPanel = kPanelWidth<kBytes>;
    constexpr int kRows = kTileRows<kBytes>;
    std::int64_t row = 0;
    if (columns == kPanel) {
        for (; row + kRows <= rows; row += kRows)
            multiplyPanel<kBytes, kRows>(a + row * aStride, aStride, panel, depth,
                                         y + row * yStride, yStride, accumulates);
        for (; row + 2 <= rows; row += 2)
            multiplyPanel<kBytes, 2>(a + row * aStride, aStride, panel, depth, y + row * yStride,
                                     yStride, accumulates);
        for (; row < rows; ++row)
            multiplyPanel<kBytes, 1>(a + row * aStride, aStride, panel, depth, y + row * yStride,
                                     yStride, accumulates);
        return;
    }
    // The last columns of a product: through a row of a whole panel's width.
    alignas(64) float part[2][kPanel];
    for (; row < rows; row += 2) {
        const std::int64_t count = std::min<std::int64_t>(2, rows - row);
        for (std::int64_t r = 0; r < count && accumulates; ++r)
            std::copy_n(y + (row + r) * yStride, columns, part[r]);
        const float* from = a + row * aStride;
        if (count == 2)
            multiplyPanel<kBytes, 2>(from, aStride, panel, depth, part[0], kPanel, accumulates);
        else
            multiplyPanel<kBytes, 1>(from, aStride, panel, depth, part[0], kPanel, accumulates);
        for (std::int64_t r = 0; r < count; ++r)
            std::copy_n(part[r], columns, y + (row + r) * yStride);
    }
}

/// Blocks of equal depth, none above kDepth.
SKD_ALWAYS_INLINE std::int64_t blockDepth(std::int64_t depth) {
    const std::int64_t blocks = std::max<std::int64_t>(1, (depth + kDepth - 1) / kDepth);
    return (depth + blocks - 1) / blocks;
}

template <int kBytes, class T>
SKD_ALWAYS_INLINE void multiplyBlock(const MatrixProduct<T>& p, const ProductTile& tile,
                                     std::int64_t column, std::int64_t k, float* scratch) {
    constexpr std::int64_t kPanel = kPanelWidth<kBytes>;
    const std::int64_t columns = std::min(kColumnBlock, tile.lastColumn - column);
    const std::int64_t depth = std::min(blockDepth(p.a.columns), p.a.columns - k);
    const StridedMatrix<T> part{p.b.data + k * p.b.rowStride + column * p.b.columnStride, depth,
                                columns, p.b.rowStride, p.b.columnStride};
    if (p.b.columnStride == 1)
        packRows<T, kPanel>(part, columns, scratch);
    else
        packColumns<T, kBytes>(part, columns, scratch);
    const bool accumulates = p.accumulates || k > 0;
    for (std::int64_t row = tile.firstRow; row < tile.lastRow; row += kRowBlock) {
        const std::int64_t rows = std::min(kRowBlock, tile.lastRow - row);
        for (std::int64_t c = 0; c < columns; c += kPanel)
            multiplyColumn<kBytes>(p.a.data + row * p.a.rowStride + k, p.a.rowStride, rows,
                                   scratch + c * depth, depth, p.y + row * p.yStride + column + c,
                                   p.yStride, std::min(kPanel, columns - c), accumulates);
    }
}

template <int kBytes, class T>
SKD_ALWAYS_INLINE void multiplyAll(const MatrixProduct<T>& p, const ProductTile& tile,
                                   float* scratch) {
    for (std::int64_t column = tile.firstColumn; column < tile.lastColumn; column += kColumnBlock)
        for (std::int64_t k = 0; k < p.a.columns; k += blockDepth(p.a.columns))
            multiplyBlock<kBytes>(p, tile, column, k, scratch);
}

}  // namespace

void multiplyTile(const MatrixProduct<float>& p, const ProductTile& tile, float* scratch) {
    SKD_DISPATCH(multiplyAll<kRegisterBytes>(p, tile, scratch));
}
void multiplyTile(const MatrixProduct<std::uint16_t>& p, const ProductTile& tile, float* scratch) {
    SKD_DISPATCH(multiplyAll<kRegisterBytes>(p, tile, scratch));
}

}  // namespace skd::kernels
