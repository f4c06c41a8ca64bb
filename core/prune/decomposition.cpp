#include "prune/decomposition.h"

#include <c10/core/GradMode.h>

#include <cmath>

#include "base/text.h"

namespace skd {
namespace {

struct Eigen {
    at::Tensor values;   ///< ascending
    at::Tensor vectors;  ///< columns
};

/// ||M V - V D|| / ||M|| and ||V^T V - I||, both of which must be tiny.
bool isAccurate(const at::Tensor& m, const Eigen& eigen) {
    if (!at::isfinite(eigen.values).all().item<bool>() || !at::isfinite(eigen.vectors).all().item<bool>()) return false;
    const double scale = std::max(m.norm().item<double>(), 1e-300);
    const double residual = (at::mm(m, eigen.vectors) - eigen.vectors * eigen.values).norm().item<double>();
    const at::Tensor gram = at::mm(eigen.vectors.t(), eigen.vectors);
    const double orthogonality = (gram - at::eye(gram.size(0), gram.options())).abs().max().item<double>();
    return residual <= 1e-10 * scale && orthogonality <= 1e-10;
}

/// A symmetric positive semidefinite matrix by eigh, and by SVD where eigh fails or is inaccurate.
Result<Eigen> symmetricEigen(const at::Tensor& m, const std::string& name) {
    try {
        auto [values, vectors] = at::linalg_eigh(m);
        const Eigen eigen{values, vectors};
        if (isAccurate(m, eigen)) return eigen;
    } catch (const c10::Error&) {
        // LAPACK did not converge; the SVD below uses another algorithm.
    }
    try {
        const auto [u, s, vh] = at::linalg_svd(m, false);
        const Eigen eigen{s.flip(0), u.flip(1)};
        if (isAccurate(m, eigen)) return eigen;
    } catch (const c10::Error&) {
    }
    return fail(ErrorCode::Numeric, strCat("the decomposition of ", name, " did not converge; check its weights for damage"));
}

std::vector<double> rootsDescending(const at::Tensor& ascending) {
    const at::Tensor values = ascending.flip(0).clamp_min(0).sqrt().contiguous();
    const auto* data = values.data_ptr<double>();
    return {data, data + values.numel()};
}

}  // namespace

Result<Decomposition> decompose(const at::Tensor& weight, const at::Tensor& gram, const std::string& name) {
    const c10::NoGradGuard noGradient;
    const at::Tensor w = weight.to(at::kCPU, at::kDouble);
    if (!at::isfinite(w).all().item<bool>()) return fail(ErrorCode::Numeric, strCat(name, " holds values that are not finite"));
    const bool tall = w.size(0) > w.size(1);
    // A tall W = Q R has its left vectors in the span of Q: U = Q V with V from R G R^T. This is exact
    // for any G, also a rank-deficient one, and the eigenproblem has the smaller size.
    at::Tensor q, core = w;
    if (tall) std::tie(q, core) = at::linalg_qr(w);
    at::Tensor m = gram.defined() ? at::mm(at::mm(core, gram), core.t()) : at::mm(core, core.t());
    m = (m + m.t()) * 0.5;
    SKD_TRY(const Eigen eigen, symmetricEigen(m, name));
    const at::Tensor vectors = eigen.vectors.flip(1);
    return Decomposition{(tall ? at::mm(q, vectors) : vectors).to(at::kFloat).contiguous(), rootsDescending(eigen.values)};
}

Result<std::vector<double>> plainSingularValues(const at::Tensor& weight, const std::string& name) {
    const c10::NoGradGuard noGradient;
    const at::Tensor w = weight.to(at::kCPU, at::kDouble);
    const at::Tensor m = w.size(0) > w.size(1) ? at::mm(w.t(), w) : at::mm(w, w.t());
    try {
        return rootsDescending(at::linalg_eigvalsh(m));
    } catch (const c10::Error&) {
        return fail(ErrorCode::Numeric, strCat("the singular values of ", name, " did not converge; check its weights for damage"));
    }
}

Factors factorsAt(const Decomposition& decomposition, const at::Tensor& weight, std::int64_t rank) {
    const c10::NoGradGuard noGradient;
    const at::Tensor u = decomposition.u.narrow(1, 0, rank);
    const at::Tensor projected = at::mm(u.t(), weight.to(at::kCPU, at::kFloat));
    const at::Tensor balance = projected.norm(2, 1).clamp_min(1e-20).sqrt();
    return {u * balance, projected / balance.unsqueeze(1)};
}

}  // namespace skd
