#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "model/linear.h"

namespace skd {

/// What a truncation measures the error of W' by: trace(H (W - W') G (W - W')^T). Undefined stands
/// for the identity (resources/help/method.md, Truncation).
struct ErrorMetric {
    at::Tensor gram;  ///< G [n, n]: mean of x x^T at the inputs, or ASVD's diagonal
    /// H [m, m]: mean of g g^T at the outputs, as the blocks of its diagonal, which follow the
    /// rows: one for a matrix, one each for those that are stacked into one.
    std::vector<at::Tensor> fisher;
};

/// One exact decomposition of a matrix W [m, n]; any rank is then a slice: the first r columns of
/// `u` times the first r rows of `right` are the best rank-r map under the metric it was made with.
/// Its error is the sum of sigma_i^2 over i > r.
struct Decomposition {
    at::Tensor u;  ///< [m, k] f32, strongest first; orthonormal columns unless outputs are weighted
    std::vector<double>
        sigma;         ///< k values, descending; k = min(m, n), or W's rank where it is factored
    at::Tensor right;  ///< [k, n] f32; undefined stands for u^T W (resources/help/method.md,
                       ///< Truncation: no inverse)
};

/// What the outputs' side of the metric makes of a tall matrix W [m, n], m > n. That of a stack is
/// the sum of its parts'.
struct OutputProducts {
    at::Tensor plain,
        weighted;           ///< W^T W and W^T H W, [n, n] f64; undefined where nothing was added
    double trace = 0;       ///< of H
    std::int64_t rows = 0;  ///< m
    void add(const OutputProducts& part);
};

/// Of a dense tall matrix and its H [m, m]; empty for any other. In f64.
Result<OutputProducts> outputProducts(const Linear& matrix, const at::Tensor& fisher);

/// With H = S^T S: eigenvectors U of (S W) G (S W)^T in f64 by QR of S W where it is tall, then a
/// symmetric eigenproblem of size k; u = S^-1 U, right = U^T S W. Any root S of H gives the same
/// product, so that a Cholesky factor serves; H is damped by 1e-4 of its mean diagonal. Where H is
/// zero so is sigma, and the terms are those without H. Factored
/// matrices A B go by QR of S A and never leave their rank. Checked for residual, order and
/// orthogonality, with an SVD as fallback; errors name the matrix.
///
/// A dense tall W with `known` products takes a shorter way to the same terms, in which nothing has
/// m rows but W: with G = L L^T and K = W^T H W (damped), eigenvectors V of L^T K L;
/// u = W L V / sigma, right = V^T L^T K / sigma. Where G is singular or sigma falls by more than
/// 10^6, it goes the first way.
Result<Decomposition> decompose(const Linear& matrix, const ErrorMetric& metric,
                                const OutputProducts& known = {});

/// Singular values of W alone, descending; as many as its rank where it is factored. `known.plain`
/// stands for W^T W where it is defined.
Result<std::vector<double>> plainSingularValues(const Linear& matrix,
                                                const OutputProducts& known = {});

/// ASVD (arXiv 2312.05821): diag(mean|x_j|^(2 alpha)) stands in for G. `meanAbsolute` [n] f64.
at::Tensor asvdGram(const at::Tensor& meanAbsolute, double alpha);

/// (1 - share) G + share mean(diag G) I of a square statistic: what few tokens say too sharply is
/// held towards all directions alike. G itself where it is undefined or `share` is 0.
at::Tensor shrunkGram(const at::Tensor& gram, double share);

struct Factors {
    at::Tensor a;  ///< [m, r] f32
    at::Tensor b;  ///< [r, n] f32
};
/// The first `rank` terms with A = u D^1/2, B = D^-1/2 right, D the ratio of their norms term by
/// term, so that both carry the same scale.
Factors factorsAt(const Decomposition& decomposition, const at::Tensor& weight, std::int64_t rank);

}  // namespace skd
