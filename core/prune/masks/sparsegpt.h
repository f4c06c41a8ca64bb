#pragma once

#include "prune/masks/mask.h"

namespace skd {

/// What SparseGPT makes of one matrix.
struct SparseGptResult {
    at::Tensor weight;  ///< [out, in] f32, zero where masked
    at::Tensor mask;    ///< [out, in] bool
};

/// SparseGPT (arXiv 2301.00774, algorithm 1) for W [out, in] and `gram` = sum of x x^T [in, in]
/// f64: H = gram + 0.01 mean(diag) I (the paper's factor 2 changes nothing), columns in blocks of
/// 128; in each block the weights with the lowest w^2 / [chol(H^-1)_jj]^2 go, a share of the block
/// or n:m within rows, and each row's later weights make up for the error. `present` as in
/// chooseMask. Numeric, naming the matrix, where H cannot be factored.
Result<SparseGptResult> sparseGpt(const at::Tensor& weight, const at::Tensor& gram,
                                  const at::Tensor& present, const MaskRule& rule,
                                  const std::string& name);

}  // namespace skd
