#include "model/identity_block.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/elements.h"

namespace skd {
namespace {

/// Partial sums side by side, so that the compiler may use vectors; their order is fixed.
constexpr std::int64_t kLanes = 8;

double sumOfLanes(const double (&sums)[kLanes]) {
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

double dotOf(const double* a, const double* b, std::int64_t count) {
    double sums[kLanes] = {};
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        for (std::int64_t l = 0; l < kLanes; ++l) sums[l] += a[i + l] * b[i + l];
    for (; i < count; ++i) sums[0] += a[i] * b[i];
    return sumOfLanes(sums);
}

/// Elements worth a second thread: a step ends with a meeting of all, and there are as many as
/// ranks.
constexpr std::int64_t kReflectGrain = 1 << 20;

/// a += factor b
void addScaled(double* a, const double* b, double factor, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) a[i] += factor * b[i];
}

/// Column-pivoted QR of q^T by Householder reflections. Each step takes the row of q [m, r] with
/// the largest part outside of those taken before.
class PivotedRows {
public:
    explicit PivotedRows(const at::Tensor& q)
        : m_work(q.clone(at::MemoryFormat::Contiguous)),
          m_rows(q.size(0)),
          m_rank(q.size(1)),
          m_norms(static_cast<std::size_t>(m_rows)),
          m_taken(static_cast<std::size_t>(m_rows), false) {
        for (std::int64_t i = 0; i < m_rows; ++i) m_norms[index(i)] = dotOf(row(i), row(i), m_rank);
    }

    /// True for the rows that are picked.
    std::vector<bool> pick() {
        for (std::int64_t k = 0; k < m_rank; ++k) {
            const std::int64_t pivot = largest();
            m_taken[index(pivot)] = true;
            if (k + 1 < m_rank) reflect(row(pivot) + k, k);
        }
        return m_taken;
    }

private:
    static std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }
    double* row(std::int64_t i) { return m_work.mutable_data_ptr<double>() + i * m_rank; }

    [[nodiscard]] std::int64_t largest() const {
        std::int64_t best = -1;
        for (std::int64_t i = 0; i < m_rows; ++i)
            if (!m_taken[index(i)] && (best < 0 || m_norms[index(i)] > m_norms[index(best)]))
                best = i;
        return best;
    }

    /// Turns the pivot's part from k on into its first axis; the others' norms are of what lies
    /// beyond that axis, summed anew, since differences would lose digits.
    void reflect(double* v, std::int64_t k) {
        const std::int64_t count = m_rank - k;
        const double norm = std::sqrt(dotOf(v, v, count));
        if (!(norm > 0)) return;
        v[0] += v[0] < 0 ? -norm : norm;
        const double square = dotOf(v, v, count);
        const std::int64_t grain = std::max<std::int64_t>(16, kReflectGrain / count);
        at::parallel_for(0, m_rows, grain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                if (m_taken[index(i)]) continue;
                double* x = row(i) + k;
                addScaled(x, v, -2 * dotOf(v, x, count) / square, count);
                m_norms[index(i)] = dotOf(x + 1, x + 1, count - 1);
            }
        });
    }

    at::Tensor m_work;
    std::int64_t m_rows, m_rank;
    std::vector<double> m_norms;
    std::vector<bool> m_taken;
};

/// Row numbers with a flag, then those without: where row j of [B; C B] goes.
at::Tensor placesOf(const std::vector<bool>& flags) {
    std::vector<std::int64_t> places;
    for (const bool wanted : {true, false})
        for (std::size_t i = 0; i < flags.size(); ++i)
            if (flags[i] == wanted) places.push_back(static_cast<std::int64_t>(i));
    return at::tensor(places, at::kLong);
}

double shareOf(const at::Tensor& difference, double norm) {
    return norm > 0 ? difference.norm().item<double>() / norm : 0;
}

/// The place of each row of [z; C z] in the output.
std::vector<std::int32_t> placesIn(const at::Tensor& order) {
    std::vector<std::int32_t> places(static_cast<std::size_t>(order.numel()));
    const auto* from = order.const_data_ptr<std::int32_t>();
    for (std::size_t i = 0; i < places.size(); ++i)
        places[static_cast<std::size_t>(from[i])] = static_cast<std::int32_t>(i);
    return places;
}

constexpr std::int64_t kMergeGrain = 32768;

/// Calls work(row of kept, row of rest, row of whole) in parallel.
template <class Kept, class Rest, class Whole, class Work>
void forMerged(Kept* kept, Rest* rest, Whole* whole, std::array<std::int64_t, 3> sizes, Work work) {
    const auto [rows, rank, width] = sizes;
    at::parallel_for(0, rows, std::max<std::int64_t>(1, kMergeGrain / width),
                     [&, rank = rank, width = width](std::int64_t begin, std::int64_t end) {
                         for (std::int64_t i = begin; i < end; ++i)
                             work(kept + i * rank, rest + i * (width - rank), whole + i * width);
                     });
}

at::Tensor mergedValues(const at::Tensor& kept, const at::Tensor& rest, const at::Tensor& order) {
    const std::int64_t rank = kept.size(-1), width = order.numel();
    std::vector<std::int64_t> shape = kept.sizes().vec();
    shape.back() = width;
    const at::Tensor out = at::empty(shape, kept.options()), z = kept.contiguous(),
                     t = rest.contiguous();
    const std::vector<std::int32_t> places = placesIn(order);
    forElement(kept, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        forMerged(elements<const T>(z), elements<const T>(t), elements<T>(out),
                  {out.numel() / width, rank, width}, [&](const T* a, const T* b, T* whole) {
                      for (std::int64_t j = 0; j < rank; ++j) whole[places[j]] = a[j];
                      for (std::int64_t j = rank; j < width; ++j) whole[places[j]] = b[j - rank];
                  });
    });
    return out;
}

/// The way back: what a row of the output is to kept and rest.
std::pair<at::Tensor, at::Tensor> parted(const at::Tensor& whole, const at::Tensor& order,
                                         std::int64_t rank) {
    const std::int64_t width = order.numel();
    std::vector<std::int64_t> shape = whole.sizes().vec();
    shape.back() = rank;
    const at::Tensor kept = at::empty(shape, whole.options());
    shape.back() = width - rank;
    const at::Tensor rest = at::empty(shape, whole.options()), y = whole.contiguous();
    const std::vector<std::int32_t> places = placesIn(order);
    forElement(whole, [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        forMerged(elements<T>(kept), elements<T>(rest), elements<const T>(y),
                  {y.numel() / width, rank, width}, [&](T* a, T* b, const T* from) {
                      for (std::int64_t j = 0; j < rank; ++j) a[j] = from[places[j]];
                      for (std::int64_t j = rank; j < width; ++j) b[j - rank] = from[places[j]];
                  });
    });
    return {kept, rest};
}

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// LibTorch's own way back from index_select adds column by column.
struct MergeFunction : torch::autograd::Function<MergeFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& kept,
                              const at::Tensor& rest, const at::Tensor& order) {
        context->saved_data["order"] = order;
        context->saved_data["rank"] = kept.size(-1);
        return mergedValues(kept, rest, order);
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const c10::NoGradGuard noGradient;
        const auto [kept, rest] = parted(gradients[0], context->saved_data["order"].toTensor(),
                                         context->saved_data["rank"].toInt());
        return {kept, rest, at::Tensor()};
    }
};

}  // namespace

IdentityBlock identityBlock(const at::Tensor& a, const at::Tensor& b) {
    const c10::NoGradGuard noGradient;
    const at::Tensor left = a.detach().to(at::kCPU, at::kDouble),
                     right = b.detach().to(at::kCPU, at::kDouble);
    const std::int64_t rank = left.size(1), rest = left.size(0) - rank;
    const at::Tensor q = std::get<0>(at::linalg_qr(left));
    const at::Tensor places = placesOf(PivotedRows(q).pick());
    const at::Tensor keptRows = places.narrow(0, 0, rank), restRows = places.narrow(0, rank, rest);
    const at::Tensor order = at::argsort(places).to(at::kInt).contiguous();
    const at::Tensor exact = at::mm(left.index_select(0, keptRows), right).contiguous();
    at::Tensor c = at::empty({0, rank}, left.options());
    if (rest > 0)
        c = at::linalg_solve(q.index_select(0, keptRows).t(), q.index_select(0, restRows).t())
                .t()
                .contiguous();
    const auto rounded = [](const at::Tensor& tensor) {
        return tensor.to(at::kFloat).to(at::kDouble);
    };
    const at::Tensor others = at::mm(left.index_select(0, restRows), right), kept = rounded(exact);
    const double norm = std::hypot(exact.norm().item<double>(), others.norm().item<double>());
    const double error =
        std::hypot(shareOf(kept - exact, norm), shareOf(at::mm(rounded(c), kept) - others, norm));
    return {{c, exact, order}, error};
}

bool holdsInSingle(const IdentityBlock& block) {
    // A hundred roundings of f32; the product of the factors itself takes a few.
    static constexpr double kVisible = 1e-5;
    return std::isfinite(block.roundingError) && block.roundingError <= kVisible;
}

at::Tensor leftFactor(const IdentityBlockWeight& weight) {
    const at::Tensor identity = at::eye(weight.b.size(0), weight.b.options());
    return at::cat({identity, weight.c.to(weight.b.options())}).index_select(0, weight.order);
}

at::Tensor mergeRows(const at::Tensor& kept, const at::Tensor& rest, const at::Tensor& order) {
    if (!hasElements(kept) || kept.scalar_type() != rest.scalar_type() || !order.is_cpu())
        return at::cat({kept, rest}, -1).index_select(-1, order);
    if (needsGradient(kept, rest)) return MergeFunction::apply(kept, rest, order);
    return mergedValues(kept, rest, order);
}

bool isRowOrder(const at::Tensor& order, std::int64_t rank) {
    if (!order.defined() || order.dim() != 1 || order.scalar_type() != at::kInt ||
        order.numel() < rank)
        return false;
    const at::Tensor host = order.to(at::kCPU).contiguous();
    std::int64_t kept = 0, rest = rank;
    for (std::int64_t i = 0; i < host.numel(); ++i) {
        const std::int64_t place = host.const_data_ptr<std::int32_t>()[i];
        if (place != (place < rank ? kept++ : rest++)) return false;
    }
    return kept == rank && rest == host.numel();
}

}  // namespace skd
