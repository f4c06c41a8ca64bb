#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace skd {

/// One exact decomposition of a matrix W [m, n]; any rank is then a slice. W' = U_r U_r^T W is the
/// best rank-r map under the Gram matrix it was made with (METHOD.md section 2).
struct Decomposition {
    at::Tensor u;               ///< [m, k] f32, orthonormal columns, strongest first; k = min(m, n)
    std::vector<double> sigma;  ///< k values, descending: square roots of the eigenvalues of W G W^T
};

/// Eigenvectors of W G W^T in f64 by QR of W where it is tall, then a symmetric eigenproblem of size
/// min(m, n); checked for residual, order and orthogonality, with an SVD as fallback. `gram` undefined
/// stands for the identity (plain singular values). Errors name the matrix.
Result<Decomposition> decompose(const at::Tensor& weight, const at::Tensor& gram, const std::string& name);

/// Singular values of W alone, descending.
Result<std::vector<double>> plainSingularValues(const at::Tensor& weight, const std::string& name);

struct Factors {
    at::Tensor a;  ///< [m, r] f32
    at::Tensor b;  ///< [r, n] f32
};
/// A = U_r D^1/2, B = D^-1/2 U_r^T W with D the row norms of U_r^T W, so that both carry the same scale.
Factors factorsAt(const Decomposition& decomposition, const at::Tensor& weight, std::int64_t rank);

}  // namespace skd
