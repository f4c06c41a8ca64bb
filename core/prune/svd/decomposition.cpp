#include "prune/svd/decomposition.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "model/identity_block.h"
#include "model/memory_error.h"
#include "prune/shared/gram.h"

namespace skd {
namespace {

/// What rounding has left of the symmetry of m, made good.
at::Tensor symmetric(const at::Tensor& m) {
    return (m + m.t()) * 0.5;
}

struct Eigen {
    at::Tensor values;   ///< ascending
    at::Tensor vectors;  ///< columns
};

/// ||M V - V D|| / ||M|| and ||V^T V - I||, both of which must be tiny.
bool isAccurate(const at::Tensor& m, const Eigen& eigen) {
    if (!at::isfinite(eigen.values).all().item<bool>() ||
        !at::isfinite(eigen.vectors).all().item<bool>())
        return false;
    const double scale = std::max(m.norm().item<double>(), 1e-300);
    const double residual =
        (at::mm(m, eigen.vectors) - eigen.vectors * eigen.values).norm().item<double>();
    const at::Tensor gram = at::mm(eigen.vectors.t(), eigen.vectors);
    const double orthogonality =
        (gram - at::eye(gram.size(0), gram.options())).abs().max().item<double>();
    return residual <= 1e-10 * scale && orthogonality <= 1e-10;
}

/// A symmetric positive semidefinite matrix by eigh, and by SVD where eigh fails or is inaccurate.
Result<Eigen> symmetricEigen(const at::Tensor& m, const std::string& name) {
    try {
        auto [values, vectors] = at::linalg_eigh(m);
        const Eigen eigen{values, vectors};
        if (isAccurate(m, eigen)) return eigen;
    } catch (const c10::Error& error) {
        if (isOutOfMemory(error)) throw;
        // LAPACK did not converge; the SVD below uses another algorithm.
    }
    try {
        const auto [u, s, vh] = at::linalg_svd(m, false);
        const Eigen eigen{s.flip(0), u.flip(1)};
        if (isAccurate(m, eigen)) return eigen;
    } catch (const c10::Error& error) {
        if (isOutOfMemory(error)) throw;
    }
    return fail(ErrorCode::Numeric, strCat("the decomposition of ", name,
                                           " did not converge; check its weights for damage"));
}

std::vector<double> rootsDescending(const at::Tensor& ascending) {
    const at::Tensor values = ascending.flip(0).clamp_min(0).sqrt().contiguous();
    const auto* data = values.data_ptr<double>();
    return {data, data + values.numel()};
}

/// W as L R with L [m, l]; R = undefined stands for W = L. Both f64 on the CPU.
struct Product {
    at::Tensor left, right;
};

Result<Product> productOf(const Linear& matrix) {
    Product product;
    if (const auto* factors = std::get_if<LowRankWeight>(&matrix.form()))
        product = {factors->a.detach().to(at::kCPU, at::kDouble),
                   factors->b.detach().to(at::kCPU, at::kDouble)};
    else if (const auto* block = std::get_if<IdentityBlockWeight>(&matrix.form())) {
        const auto exact = [](const at::Tensor& tensor) {
            return tensor.detach().to(at::kCPU, at::kDouble);
        };
        product.right = exact(block->b);
        product.left = leftFactor({exact(block->c), product.right, block->order.to(at::kCPU)});
    } else if (const ElasticWeight* elastic = matrix.elastic())
        product = {elastic->usedA().detach().to(at::kCPU, at::kDouble).t(),
                   elastic->usedB().detach().to(at::kCPU, at::kDouble)};
    else
        product.left = matrix.weight().detach().to(at::kCPU, at::kDouble);
    for (const at::Tensor& part : {product.left, product.right})
        if (part.defined())
            SKD_CHECK(
                checkFinite(part, strCat(matrix.name(), " holds values that are not finite")));
    return product;
}

constexpr double kDamping = 1e-4;  ///< of H, as a share of its mean diagonal

/// The root S of H = S^T S as the upper triangular blocks of its diagonal; none where H is zero.
class MetricRoot {
public:
    /// Of H + damping.
    static Result<MetricRoot> of(const std::vector<at::Tensor>& fisher, const std::string& name) {
        double trace = 0;
        std::int64_t rows = 0;
        for (const at::Tensor& block : fisher) {
            trace += block.diagonal().sum(at::kDouble).item<double>();
            rows += block.size(0);
        }
        MetricRoot root;
        if (!(trace > 0)) return root;
        for (const at::Tensor& block : fisher) {
            at::Tensor h = block.to(at::kCPU, at::kDouble);
            h = symmetric(h);
            h.diagonal().add_(kDamping * trace / static_cast<double>(rows));
            SKD_TRY(root.m_blocks.emplace_back(), choleskyOf(h, name));
        }
        return root;
    }
    [[nodiscard]] bool isZero() const { return m_blocks.empty(); }
    /// S x, and S^-1 x.
    [[nodiscard]] at::Tensor times(const at::Tensor& x) const {
        return byBlock(x,
                       [](const at::Tensor& s, const at::Tensor& rows) { return at::mm(s, rows); });
    }
    [[nodiscard]] at::Tensor solve(const at::Tensor& x) const {
        return byBlock(x, [](const at::Tensor& s, const at::Tensor& rows) {
            return at::linalg_solve_triangular(s, rows, true);
        });
    }

private:
    static Result<at::Tensor> choleskyOf(const at::Tensor& h, const std::string& name) {
        try {
            return at::linalg_cholesky(h, true);
        } catch (const c10::Error& error) {
            if (isOutOfMemory(error)) throw;
            return fail(ErrorCode::Numeric,
                        strCat("the output gradients of ", name,
                               " have no Cholesky factor; the weights may be damaged"));
        }
    }
    template <class Work>
    [[nodiscard]] at::Tensor byBlock(const at::Tensor& x, Work work) const {
        std::vector<at::Tensor> parts;
        std::int64_t begin = 0;
        for (const at::Tensor& block : m_blocks) {
            parts.push_back(work(block, x.narrow(0, begin, block.size(0))));
            begin += block.size(0);
        }
        return parts.size() == 1 ? parts.front() : at::cat(parts);
    }

    std::vector<at::Tensor> m_blocks;
};

/// C = Q core with orthonormal columns Q; undefined Q stands for the identity.
struct Reduced {
    at::Tensor q, core;
};

/// A tall C = Q R has its left vectors in the span of Q: U = Q V with V from R G R^T. This is exact
/// for any G, also a rank-deficient one, and the eigenproblem has the smaller size.
Reduced reduce(const Product& product) {
    Reduced reduced{{}, product.left};
    if (product.left.size(0) > product.left.size(1))
        std::tie(reduced.q, reduced.core) = at::linalg_qr(product.left);
    if (product.right.defined()) reduced.core = at::mm(reduced.core, product.right);
    return reduced;
}

/// L of G = L L^T; undefined where G is singular to working precision.
at::Tensor lowerRoot(const at::Tensor& gram) {
    const auto [root, info] = at::linalg_cholesky_ex(symmetric(gram));
    return info.item<int>() == 0 ? root : at::Tensor();
}

/// Whether the terms may be divided by their sigma.
bool isWellSpread(const std::vector<double>& sigma) {
    constexpr double kLeastShare = 1e-6;
    return !sigma.empty() && sigma.back() > kLeastShare * sigma.front();
}

/// The shorter way of decompose(); none where it does not lead there.
Result<std::optional<Decomposition>> decomposeTall(const at::Tensor& weight, const at::Tensor& gram,
                                                   const OutputProducts& known,
                                                   const std::string& name) {
    if (!known.weighted.defined() || !gram.defined() || !(known.trace > 0)) return std::nullopt;
    const at::Tensor root = lowerRoot(gram.to(at::kDouble));
    if (!root.defined()) return std::nullopt;
    const double damping = kDamping * known.trace / static_cast<double>(known.rows);
    const at::Tensor k = known.weighted + known.plain * damping, right = at::mm(root.t(), k);
    const at::Tensor m = at::mm(right, root);
    SKD_TRY(const Eigen eigen, symmetricEigen(symmetric(m), name));
    std::vector<double> sigma = rootsDescending(eigen.values);
    if (!isWellSpread(sigma)) return std::nullopt;
    const at::Tensor vectors = eigen.vectors.flip(1) / at::tensor(sigma, at::kDouble);
    return Decomposition{at::mm(weight, at::mm(root, vectors)).to(at::kFloat).contiguous(),
                         std::move(sigma), at::mm(vectors.t(), right).to(at::kFloat).contiguous()};
}

}  // namespace

void OutputProducts::add(const OutputProducts& part) {
    plain = plain.defined() ? plain + part.plain : part.plain;
    weighted = weighted.defined() ? weighted + part.weighted : part.weighted;
    trace += part.trace;
    rows += part.rows;
}

Result<OutputProducts> outputProducts(const Linear& matrix, const at::Tensor& fisher) {
    const c10::NoGradGuard noGradient;
    if (!matrix.isDense() || matrix.rows() <= matrix.columns() || !fisher.defined())
        return OutputProducts{};
    SKD_TRY(const Product product, productOf(matrix));
    const at::Tensor& w = product.left;
    const at::Tensor h = symmetric(fisher.to(at::kCPU, at::kDouble));
    return OutputProducts{at::mm(w.t(), w), at::mm(w.t(), at::mm(h, w)),
                          h.diagonal().sum().item<double>(), w.size(0)};
}

Result<Decomposition> decompose(const Linear& matrix, const ErrorMetric& metric,
                                const OutputProducts& known) {
    const c10::NoGradGuard noGradient;
    SKD_TRY(Product product, productOf(matrix));
    SKD_TRY(std::optional<Decomposition> tall,
            decomposeTall(product.left, metric.gram, known, matrix.name()));
    if (tall) return std::move(*tall);
    SKD_TRY(const MetricRoot root, MetricRoot::of(metric.fisher, matrix.name()));
    if (!root.isZero()) product.left = root.times(product.left);
    const Reduced c = reduce(product);
    at::Tensor m = metric.gram.defined() ? at::mm(at::mm(c.core, metric.gram), c.core.t())
                                         : at::mm(c.core, c.core.t());
    m = symmetric(m);
    SKD_TRY(const Eigen eigen, symmetricEigen(m, matrix.name()));
    const at::Tensor vectors = eigen.vectors.flip(1);
    at::Tensor u = c.q.defined() ? at::mm(c.q, vectors) : vectors;
    if (root.isZero()) {
        std::vector<double> sigma = rootsDescending(eigen.values);
        // Without any gradient at its output no cut of the matrix does damage.
        if (!metric.fisher.empty()) std::fill(sigma.begin(), sigma.end(), 0.0);
        return Decomposition{u.to(at::kFloat).contiguous(), std::move(sigma), {}};
    }
    u = root.solve(u);
    return Decomposition{u.to(at::kFloat).contiguous(), rootsDescending(eigen.values),
                         at::mm(vectors.t(), c.core).to(at::kFloat).contiguous()};
}

Result<std::vector<double>> plainSingularValues(const Linear& matrix, const OutputProducts& known) {
    const c10::NoGradGuard noGradient;
    at::Tensor m = known.plain;
    if (!m.defined()) {
        SKD_TRY(const Product product, productOf(matrix));
        const at::Tensor core = product.right.defined() ? reduce(product).core : product.left;
        m = core.size(0) > core.size(1) ? at::mm(core.t(), core) : at::mm(core, core.t());
    }
    try {
        return rootsDescending(at::linalg_eigvalsh(m));
    } catch (const c10::Error& error) {
        if (isOutOfMemory(error)) throw;
        return fail(ErrorCode::Numeric, strCat("the singular values of ", matrix.name(),
                                               " did not converge; check its weights for damage"));
    }
}

at::Tensor asvdGram(const at::Tensor& meanAbsolute, double alpha) {
    return at::diag(meanAbsolute.pow(2 * alpha));
}

at::Tensor shrunkGram(const at::Tensor& gram, double share) {
    if (!gram.defined() || share == 0) return gram;
    const double mean = gram.diagonal().mean().item<double>();
    at::Tensor shrunken = gram * (1 - share);
    shrunken.diagonal().add_(share * mean);
    return shrunken;
}

Factors factorsAt(const Decomposition& decomposition, const at::Tensor& weight, std::int64_t rank) {
    const c10::NoGradGuard noGradient;
    const at::Tensor u = decomposition.u.narrow(1, 0, rank);
    const at::Tensor right = decomposition.right.defined()
                                 ? decomposition.right.narrow(0, 0, rank)
                                 : at::mm(u.t(), weight.to(at::kCPU, at::kFloat));
    const at::Tensor ratio = right.norm(2, 1).clamp_min(1e-20) / u.norm(2, 0).clamp_min(1e-20);
    const at::Tensor balance = ratio.sqrt();
    return {u * balance, right / balance.unsqueeze(1)};
}

}  // namespace skd
