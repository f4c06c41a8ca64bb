#include "model/gemm.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

#include "kernels/gemm_kernels.h"
#include "model/elements.h"

namespace skd {
namespace {

/// FLOPs that are worth a thread.
constexpr double kFlopGrain = 2e6;
/// Rows of a tile where a product has too few columns for all threads.
constexpr std::int64_t kRowUnit = 12;

template <class T>
kernels::StridedMatrix<T> view(const at::Tensor& tensor) {
    return {elements<T>(tensor), tensor.size(0), tensor.size(1), tensor.stride(0),
            tensor.stride(1)};
}

/// [0, count) in `parts` of whole units.
std::int64_t boundary(std::int64_t count, std::int64_t unit, std::int64_t part,
                      std::int64_t parts) {
    const std::int64_t units = (count + unit - 1) / unit;
    return std::min(count, units * part / parts * unit);
}

/// A grid of tiles: columns are shared out first, so that each thread packs its own part of b once.
struct Grid {
    std::int64_t rows = 1, columns = 1;
};

Grid gridFor(std::int64_t m, std::int64_t k, std::int64_t n) {
    const double flops =
        2.0 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n);
    const std::int64_t threads = at::in_parallel_region() ? 1 : at::get_num_threads();
    const auto useful = static_cast<std::int64_t>(
        std::min<double>(static_cast<double>(threads), std::max(1.0, flops / kFlopGrain)));
    Grid grid;
    grid.columns = std::clamp<std::int64_t>(n / kernels::kProductColumnUnit, 1, useful);
    grid.rows = std::clamp<std::int64_t>(m / kRowUnit, 1, useful / grid.columns);
    return grid;
}

template <class T>
void run(const kernels::MatrixProduct<T>& product) {
    const std::int64_t m = product.a.rows, n = product.b.columns;
    const Grid grid = gridFor(m, product.a.columns, n);
    at::parallel_for(0, grid.rows * grid.columns, 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> scratch(static_cast<std::size_t>(kernels::kProductScratch));
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t row = i / grid.columns, column = i % grid.columns,
                               unit = kernels::kProductColumnUnit;
            kernels::multiplyTile(
                product,
                {boundary(m, kRowUnit, row, grid.rows), boundary(m, kRowUnit, row + 1, grid.rows),
                 boundary(n, unit, column, grid.columns),
                 boundary(n, unit, column + 1, grid.columns)},
                scratch.data());
        }
    });
}

bool isRowMajor(const at::Tensor& tensor) {
    return tensor.stride(1) == 1 || tensor.size(1) == 1;
}

/// True where there are kernels of our own for a [m, k] and b [k, n].
bool hasGemm(const at::Tensor& a, const at::Tensor& b) {
    return hasElements(b) && a.is_cpu() && a.scalar_type() == at::kFloat;
}

}  // namespace

void gemmInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulates) {
    const c10::NoGradGuard noGradient;
    TORCH_CHECK(a.size(1) == b.size(0) && out.size(0) == a.size(0) && out.size(1) == b.size(1),
                "product of ", a.sizes(), " and ", b.sizes(), " into ", out.sizes());
    if (out.numel() == 0) return;
    if (!hasGemm(a, b) || a.size(1) == 0) {
        const at::Tensor left = a.to(b.scalar_type());
        if (accumulates)
            out.add_(at::mm(left, b));
        else if (out.scalar_type() == b.scalar_type())
            at::mm_out(out, left, b);
        else
            out.copy_(at::mm(left, b));
        return;
    }
    TORCH_CHECK(out.scalar_type() == at::kFloat && isRowMajor(out),
                "the result must be f32 with its columns side by side");
    const at::Tensor left = isRowMajor(a) ? a : a.contiguous();
    const at::Tensor right = isRowMajor(b) || b.stride(0) == 1 ? b : b.contiguous();
    forElement(right, [&]<class T>(T*) {
        run(kernels::MatrixProduct<T>{view<float>(left), view<T>(right),
                                      out.mutable_data_ptr<float>(), out.stride(0), accumulates});
    });
}

at::Tensor gemm(const at::Tensor& a, const at::Tensor& b) {
    if (!hasGemm(a, b)) return at::mm(a.to(b.scalar_type()), b).to(a.scalar_type());
    at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
    gemmInto(out, a, b);
    return out;
}

}  // namespace skd
