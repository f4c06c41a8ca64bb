#include "model/gemm_kernels.h"

#include <algorithm>

#include "model/simd.h"

namespace skd::kernels {
namespace {

/// Depth of a packed block: a panel of it (two registers wide) fits the first-level cache.
constexpr std::int64_t kDepth = 320;
/// Rows of `a` that stay in the second-level cache while the panels pass by.
constexpr std::int64_t kRowBlock = 96;
/// Columns packed at a time, a multiple of every panel's width.
constexpr std::int64_t kColumnBlock = 256;

template <int kBytes>
struct Register {
    static constexpr std::int64_t kLanes = kBytes / 4;
    static constexpr std::int64_t kPanel = 2 * kLanes;  ///< columns of a panel
    /// Rows of a tile of accumulators: as many as the registers of the instruction set hold.
    static constexpr int kRows = kBytes >= 64 ? 12 : kBytes >= 32 ? 6 : 4;
    typedef float Floats __attribute__((vector_size(kBytes)));
};

/// y [kRows, panel] = or += a [kRows, depth] times a packed panel [depth, panel].
template <int kBytes, int kRows>
SKD_ALWAYS_INLINE void multiplyPanel(const float* a, std::int64_t aStride, const float* panel,
                                     std::int64_t depth, float* y, std::int64_t yStride,
                                     bool accumulates) {
    using Floats = typename Register<kBytes>::Floats;
    constexpr std::int64_t kLanes = Register<kBytes>::kLanes;
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

/// A part of b [depth, columns] as panels [columns / panel][depth][panel], the last one filled with zeros.
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

/// The same where the columns of b lie in a row each: a transposition, in squares that stay in registers
/// and first-level cache.
template <class T, std::int64_t kPanel>
SKD_ALWAYS_INLINE void packColumns(const StridedMatrix<T>& b, std::int64_t columns, float* out) {
    constexpr std::int64_t kSquare = 16;
    for (std::int64_t first = 0; first < columns; first += kPanel) {
        const std::int64_t width = std::min(kPanel, columns - first);
        float* panel = out + first * b.rows;
        if (width < kPanel) std::fill(panel, panel + b.rows * kPanel, 0.0f);
        std::int64_t k = 0;
        for (; k + kSquare <= b.rows; k += kSquare)
            for (std::int64_t c = 0; c < width; ++c) {
                const T* from = b.data + (first + c) * b.columnStride + k;
                float* to = panel + k * kPanel + c;
#pragma GCC unroll 16
                for (std::int64_t i = 0; i < kSquare; ++i) to[i * kPanel] = toFloat(from[i]);
            }
        for (; k < b.rows; ++k)
            for (std::int64_t c = 0; c < width; ++c)
                panel[k * kPanel + c] = toFloat(b.data[(first + c) * b.columnStride + k]);
    }
}

/// Rows [0, rows) of one panel's columns; `columns` of its width are written.
template <int kBytes>
SKD_ALWAYS_INLINE void multiplyColumn(const float* a, std::int64_t aStride, std::int64_t rows,
                                      const float* panel, std::int64_t depth, float* y,
                                      std::int64_t yStride, std::int64_t columns,
                                      bool accumulates) {
    constexpr std::int64_t kPanel = Register<kBytes>::kPanel;
    constexpr int kRows = Register<kBytes>::kRows;
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
        if (count == 2) multiplyPanel<kBytes, 2>(from, aStride, panel, depth, part[0], kPanel, accumulates);
        else multiplyPanel<kBytes, 1>(from, aStride, panel, depth, part[0], kPanel, accumulates);
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
    constexpr std::int64_t kPanel = Register<kBytes>::kPanel;
    const std::int64_t columns = std::min(kColumnBlock, tile.lastColumn - column);
    const std::int64_t depth = std::min(blockDepth(p.a.columns), p.a.columns - k);
    const StridedMatrix<T> part{p.b.data + k * p.b.rowStride + column * p.b.columnStride, depth,
                                columns, p.b.rowStride, p.b.columnStride};
    if (p.b.columnStride == 1) packRows<T, kPanel>(part, columns, scratch);
    else packColumns<T, kPanel>(part, columns, scratch);
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

std::int64_t productScratchSize() { return kDepth * kColumnBlock; }
std::int64_t productColumnUnit() { return 32; }

void multiplyTile(const MatrixProduct<float>& p, const ProductTile& tile, float* scratch) {
    SKD_DISPATCH(multiplyAll<kRegisterBytes>(p, tile, scratch));
}
void multiplyTile(const MatrixProduct<std::uint16_t>& p, const ProductTile& tile, float* scratch) {
    SKD_DISPATCH(multiplyAll<kRegisterBytes>(p, tile, scratch));
}

}  // namespace skd::kernels
