#pragma once

#include <cstdint>

/// Products of matrices on the CPU in f32, for operands whose weights may be bfloat16 bits: they
/// are widened while they are packed, so that no f32 copy of a weight matrix ever exists.
namespace skd::kernels {

/// A matrix as it lies in memory: element (r, c) at data[r * rowStride + c * columnStride].
template <class T>
struct StridedMatrix {
    const T* data = nullptr;
    std::int64_t rows = 0, columns = 0;
    std::int64_t rowStride = 0, columnStride = 1;
};

/// y = a b, or y += a b: a [m, depth] with columnStride 1, b [depth, n] with one stride of 1, y [m,
/// n].
template <class T>
struct MatrixProduct {
    StridedMatrix<float> a;
    StridedMatrix<T> b;
    float* y = nullptr;
    std::int64_t yStride = 0;  ///< elements from row to row
    bool accumulates = false;
};

/// Part of a product that one thread works on: rows [firstRow, lastRow), columns [firstColumn,
/// lastColumn).
struct ProductTile {
    std::int64_t firstRow = 0, lastRow = 0, firstColumn = 0, lastColumn = 0;
};

/// Floats that `multiplyTile` needs as scratch, for products of any size.
constexpr std::int64_t kProductScratch = 320 * 256;
/// Columns of which tiles should be multiples.
constexpr std::int64_t kProductColumnUnit = 32;

/// Fills a tile of the product. Sums run over the depth in an order that depends on the depth
/// alone, so that the same bits come out however a product is cut into tiles.
void multiplyTile(const MatrixProduct<float>& product, const ProductTile& tile, float* scratch);
void multiplyTile(const MatrixProduct<std::uint16_t>& product, const ProductTile& tile,
                  float* scratch);

}  // namespace skd::kernels
