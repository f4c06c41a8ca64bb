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

/// Flags r rows of q [m, r], whose columns are orthonormal: a Cholesky factorisation of q q^T with
/// pivoting. Each step takes the row with the largest part outside of those taken before, as a
/// column-pivoted QR of q^T does.
std::vector<bool> pivotRows(const at::Tensor& q) {
    const std::int64_t rows = q.size(0), rank = q.size(1);
    const at::Tensor gram = at::mm(q, q.t()), factor = at::empty({rank, rows}, q.options());
    const at::Tensor squares = gram.diagonal().contiguous();  // of what is left of each row
    std::vector<bool> taken(static_cast<std::size_t>(rows), false);
    for (std::int64_t k = 0; k < rank; ++k) {
        const auto pivot = squares.argmax().item<std::int64_t>();
        taken[static_cast<std::size_t>(pivot)] = true;
        const at::Tensor column = factor.select(0, k), done = factor.narrow(0, 0, k);
        column.copy_(gram.select(0, pivot));
        if (k > 0) column.sub_(at::mv(done.t(), done.select(1, pivot)));
        column.mul_(1 / std::sqrt(column[pivot].item<double>()));
        squares.addcmul_(column, column, -1);
        squares[pivot].fill_(-1);
    }
    return taken;
}

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
    at::Tensor out = at::empty(shape, kept.options());
    const at::Tensor z = kept.contiguous(), t = rest.contiguous();
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

IdentityBlockMaker::IdentityBlockMaker(const at::Tensor& a, const at::Tensor& b)
    : m_left(a.detach().to(at::kCPU, at::kDouble)), m_right(b.detach().to(at::kCPU, at::kDouble)) {
    const c10::NoGradGuard noGradient;
    m_basis = std::get<0>(at::linalg_qr(m_left));
}

void IdentityBlockMaker::choosePivots() {
    const c10::NoGradGuard noGradient;
    m_places = placesOf(pivotRows(m_basis));
}

IdentityBlock IdentityBlockMaker::finish() const {
    const c10::NoGradGuard noGradient;
    const std::int64_t rank = m_left.size(1), rest = m_left.size(0) - rank;
    const at::Tensor keptRows = m_places.narrow(0, 0, rank),
                     restRows = m_places.narrow(0, rank, rest);
    const at::Tensor order = at::argsort(m_places).to(at::kInt).contiguous();
    const at::Tensor exact = at::mm(m_left.index_select(0, keptRows), m_right).contiguous();
    at::Tensor c = at::empty({0, rank}, m_left.options());
    if (rest > 0)
        c = at::linalg_solve(m_basis.index_select(0, keptRows).t(),
                             m_basis.index_select(0, restRows).t())
                .t()
                .contiguous();
    const auto rounded = [](const at::Tensor& tensor) {
        return tensor.to(at::kFloat).to(at::kDouble);
    };
    const at::Tensor others = at::mm(m_left.index_select(0, restRows), m_right),
                     kept = rounded(exact);
    const double norm = std::hypot(exact.norm().item<double>(), others.norm().item<double>());
    const double error =
        std::hypot(shareOf(kept - exact, norm), shareOf(at::mm(rounded(c), kept) - others, norm));
    return {{c, exact, order}, error};
}

IdentityBlock identityBlock(const at::Tensor& a, const at::Tensor& b) {
    IdentityBlockMaker maker(a, b);
    maker.choosePivots();
    return maker.finish();
}

bool makeBlocks(std::size_t count, const BlockSeries& series) {
    const auto step = static_cast<std::size_t>(at::get_num_threads());
    for (std::size_t begin = 0; begin < count; begin += step) {
        if (series.proceed && !series.proceed()) return false;
        std::vector<IdentityBlockMaker> together;
        for (std::size_t i = begin; i < std::min(begin + step, count); ++i)
            together.push_back(series.begin(i));
        at::parallel_for(0, std::ssize(together), 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i)
                together[static_cast<std::size_t>(i)].choosePivots();
        });
        for (std::size_t i = 0; i < together.size(); ++i)
            series.take(begin + i, together[i].finish());
    }
    return true;
}

double largestEntry(const IdentityBlockWeight& weight) {
    return weight.c.numel() == 0 ? 0 : weight.c.detach().abs().max().item<double>();
}

double conditionOf(const IdentityBlockWeight& weight) {
    const c10::NoGradGuard noGradient;
    const at::Tensor c = weight.c.detach().to(at::kCPU, at::kDouble);
    if (c.numel() == 0) return 1;
    const bool wide = c.size(0) < c.size(1);
    const at::Tensor squares =
        at::linalg_eigvalsh(wide ? at::mm(c, c.t()) : at::mm(c.t(), c)).clamp_min(0);
    // Where C has fewer rows than columns it maps a direction to nothing.
    const double least = wide ? 0 : squares.min().item<double>();
    return std::sqrt((1 + squares.max().item<double>()) / (1 + least));
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
