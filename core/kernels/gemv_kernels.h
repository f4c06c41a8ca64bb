#pragma once

#include <cstdint>

/// Products of a matrix with a few vectors on the CPU, where reading the weights is the work:
/// decoding. Element is float or std::uint16_t (bfloat16 bits); sums in f32, in an order that
/// depends on the row alone.
namespace skd::kernels {

/// Inputs up to which reading the weights is all the work, and how many weights are worth a second
/// thread.
constexpr std::int64_t kGemvInputs = 8, kGemvGrain = 32768;

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

/// y = weight x + bias for rows [begin, end). Of floats to floats and of bfloat16 to either.
template <class Element, class Output>
void rowProduct(const RowProduct<Element, Output>& product, std::int64_t begin, std::int64_t end);

/// A sum of rows, each times a weight of its own.
template <class Element, class Output>
struct WeightedSum {
    const Element* rows = nullptr;  ///< [count, columns]
    std::int64_t columns = 0;
    const float* weights = nullptr;  ///< [count]
    std::int64_t count = 0;
    Output* out = nullptr;  ///< [columns]
};
/// Where the columns of one part of a sum may begin, so that parts give the bits of the whole.
constexpr std::int64_t kSumColumnUnit = 64;

/// out[i] = sum over j of weights[j] * rows[j, i] for columns [begin, end); of the same types.
template <class Element, class Output>
void weightedSum(const WeightedSum<Element, Output>& sum, std::int64_t begin, std::int64_t end);

/// Sum of `count` floats, as fast as they can be read: the probe of memory bandwidth.
float readAll(const float* values, std::int64_t count);

}  // namespace skd::kernels
