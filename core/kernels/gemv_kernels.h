#pragma once

#include <cstdint>

/// Products of a matrix with a few vectors on the CPU, where reading the weights is the work:
/// decoding. Element is float or std::uint16_t (bfloat16 bits); sums in f32, in an order that
/// depends on the row alone. `reference` holds the plain loops that the tests compare with.
namespace skd::kernels {

/// A few vectors against rows of a row-major matrix.
template <class Element, class Output>
struct RowProduct {
    const Element* weight = nullptr;  ///< [rows, columns]
    std::int64_t columns = 0;
    const float* x = nullptr;  ///< [vectors, columns]
    std::int64_t vectors = 1;
    const Element* bias = nullptr;  ///< [rows], may be null
    Output* y = nullptr;            ///< y[v * stride + row]
    std::int64_t stride = 0;
};

/// y = weight x + bias for rows [begin, end).
void rowProduct(const RowProduct<float, float>& product, std::int64_t begin, std::int64_t end);
void rowProduct(const RowProduct<std::uint16_t, std::uint16_t>& product, std::int64_t begin,
                std::int64_t end);
void rowProduct(const RowProduct<std::uint16_t, float>& product, std::int64_t begin,
                std::int64_t end);

/// out[i] = sum over j of weights[j] * rows[j * columns + i], i < columns.
void weightedSum(const float* rows, const float* weights, std::int64_t count, std::int64_t columns,
                 float* out);
void weightedSum(const std::uint16_t* rows, const float* weights, std::int64_t count,
                 std::int64_t columns, std::uint16_t* out);
void weightedSum(const std::uint16_t* rows, const float* weights, std::int64_t count,
                 std::int64_t columns, float* out);

/// Sum of `count` floats, as fast as they can be read: the probe of memory bandwidth.
float readAll(const float* values, std::int64_t count);

namespace reference {
void rowProduct(const RowProduct<float, float>& product, std::int64_t begin, std::int64_t end);
void rowProduct(const RowProduct<std::uint16_t, std::uint16_t>& product, std::int64_t begin,
                std::int64_t end);
void rowProduct(const RowProduct<std::uint16_t, float>& product, std::int64_t begin,
                std::int64_t end);
void weightedSum(const float* rows, const float* weights, std::int64_t count, std::int64_t columns,
                 float* out);
void weightedSum(const std::uint16_t* rows, const float* weights, std::int64_t count,
                 std::int64_t columns, std::uint16_t* out);
void weightedSum(const std::uint16_t* rows, const float* weights, std::int64_t count,
                 std::int64_t columns, float* out);
}  // namespace reference

}  // namespace skd::kernels
