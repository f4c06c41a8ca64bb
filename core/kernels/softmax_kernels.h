#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace skd {

/// Row passes of a softmax on the CPU; a row is of floats or of bfloat16 bits. Deterministic on one
/// instruction set: the order of summation does not depend on the number of threads.

/// Largest value of a row; NaN is skipped here and shows in the sum.
float rowMaximum(std::span<const float> row);
float rowMaximum(std::span<const std::uint16_t> row);

/// Sum of exp(x - maximum). NaN when the row holds NaN or +infinity, or nothing but -infinity.
double rowSumExp(std::span<const float> row, float maximum);
double rowSumExp(std::span<const std::uint16_t> row, float maximum);

/// log of the sum of exp(x)
template <class T>
double rowLogSumExp(std::span<const T> row) {
    const float maximum = rowMaximum(row);
    return std::log(rowSumExp(row, maximum)) + static_cast<double>(maximum);
}

}  // namespace skd
