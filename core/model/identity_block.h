#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <functional>

#include "model/linear.h"

/// The identity-block form of a factored matrix (PIFA, arXiv 2501.19090;
/// resources/help/method.md, Forms of a cut matrix).
namespace skd {

struct IdentityBlock {
    IdentityBlockWeight weight;  ///< f64 on the CPU
    double roundingError = 0;    ///< of W' with weight in f32: relative, Frobenius norm
};

/// a [m, r] b [r, n] as P [I; C] B, for r <= m. A pivoted Cholesky of Q Q^T, with Q R = a,
/// picks r rows (R cancels in C, so neither the scale of a's columns nor their spread has a say);
/// B is these rows of a b, and C = Q_rest Q_kept^-1, whose entries the pivoting keeps small. In
/// f64.
IdentityBlock identityBlock(const at::Tensor& a, const at::Tensor& b);

/// The same in three parts, for blocks that are made side by side: only choosePivots, whose many
/// short steps take most of the time, may run in a parallel region. LAPACK may not: MKL's LU leaves
/// its pivots unwritten there.
class IdentityBlockMaker {
public:
    IdentityBlockMaker(const at::Tensor& a, const at::Tensor& b);
    void choosePivots();
    [[nodiscard]] IdentityBlock finish() const;

private:
    at::Tensor m_left, m_right, m_basis, m_places;
};

/// Blocks 0 to count - 1, as many side by side as there are threads: the steps of one are too short
/// to share. `begin` and `take` are called in order on the calling thread, `proceed` before each
/// group; where it answers false nothing more is made, and the result is false.
struct BlockSeries {
    std::function<IdentityBlockMaker(std::size_t index)> begin;
    std::function<void(std::size_t index, const IdentityBlock& block)> take;
    std::function<bool()> proceed;
};
bool makeBlocks(std::size_t count, const BlockSeries& series);

/// The largest |entry| of C.
double largestEntry(const IdentityBlockWeight& weight);
/// Condition of P [I; C], by which a relative error of z may grow: of [I; C] the squares of the
/// singular values are 1 + those of C.
double conditionOf(const IdentityBlockWeight& weight);

/// Whether f32 holds the block as well as it would the factors.
bool holdsInSingle(const IdentityBlock& block);

/// P [I; C], which times b is the matrix: [m, r] in the weight's type.
at::Tensor leftFactor(const IdentityBlockWeight& weight);

/// kept [.., r] and rest [.., m - r] in the order of the rows of the matrix: [.., m].
at::Tensor mergeRows(const at::Tensor& kept, const at::Tensor& rest, const at::Tensor& order);

/// Whether `order` [m] int32 puts r kept rows and the others in places that each rise with the row,
/// as identityBlock does. What reads an order without bounds relies on it.
bool isRowOrder(const at::Tensor& order, std::int64_t rank);

}  // namespace skd
