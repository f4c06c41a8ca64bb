#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/fields.h"

/// What a matrix W' of rank r and shape [m, n] costs in the forms that a cut can give it: the one
/// place where ranks become parameters (resources/help/method.md, Forms of a cut matrix).
namespace skd {

/// factored: W' = A B. identity-block: W' = P [I; C] B with a fixed permutation P of rows, where
/// the rows of B are r rows of W' itself (PIFA, arXiv 2501.19090).
enum class MatrixForm { Factored, IdentityBlock };
template <>
inline constexpr auto kNames<MatrixForm> = names<MatrixForm>({"factored", "identity-block"});

/// What the slice of an elastic model at one size is held as: smaller elastic factors, plain
/// factors, identity blocks, or whole matrices.
enum class SliceForm { Elastic, Factored, IdentityBlock, Dense };
template <>
inline constexpr auto kNames<SliceForm> = names<SliceForm>({"elastic", "factored", "identity-block",
                                                            "dense"});

/// Parameters at rank r: r (m + n) factored, r (m + n) - r^2 as identity block, m n for r = 0,
/// which stands for the dense matrix. A permutation is no parameter.
constexpr std::int64_t formParameters(MatrixForm form, std::int64_t m, std::int64_t n,
                                      std::int64_t r) {
    if (r == 0) return m * n;
    return form == MatrixForm::Factored ? r * (m + n) : r * (m + n - r);
}

/// Ranks below it have fewer parameters than the dense matrix: mn / (m + n), rounded, factored, and
/// min(m, n) as identity block.
constexpr std::int64_t breakEvenRank(MatrixForm form, std::int64_t m, std::int64_t n) {
    const std::int64_t sum = m + n;
    return form == MatrixForm::Factored ? (2 * m * n + sum) / (2 * sum) : std::min(m, n);
}

/// The rank, not rounded, whose parameters are `parameters`, at most m n.
inline double rankAtParameters(MatrixForm form, std::int64_t m, std::int64_t n, double parameters) {
    const auto sum = static_cast<double>(m + n);
    if (form == MatrixForm::Factored) return parameters / sum;
    // The smaller root of r (m + n - r) = parameters, without cancellation.
    return 2 * parameters / (sum + std::sqrt(std::max(0.0, sum * sum - 4 * parameters)));
}

/// Bytes of a permutation of m rows, which every identity block holds beside its parameters.
constexpr std::int64_t permutationBytes(std::int64_t m) {
    return m * static_cast<std::int64_t>(sizeof(std::int32_t));
}

}  // namespace skd
