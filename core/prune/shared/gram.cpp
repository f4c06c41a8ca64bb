#include "prune/shared/gram.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "base/text.h"
#include "model/gemm.h"

namespace skd {

MatrixKind inputOf(MatrixKind kind) {
    switch (kind) {
        case MatrixKind::Key:
        case MatrixKind::Value:
            return MatrixKind::Query;
        case MatrixKind::Up:
        case MatrixKind::GateUp:
            return MatrixKind::Gate;
        default:
            return kind;
    }
}

at::Tensor LayerGram::of(MatrixKind kind) const {
    const auto found = means.find(inputOf(kind));
    return found != means.end() ? found->second : at::Tensor();
}

void addTo(at::Tensor& sum, const at::Tensor& part) {
    sum = sum.defined() ? sum.add_(part) : part;
}

Status checkFinite(const at::Tensor& values, std::string message) {
    if (at::isfinite(values).all().item<bool>()) return {};
    return fail(ErrorCode::Numeric, std::move(message));
}

Status checkActivations(const at::Tensor& values, const std::string& subject) {
    return checkFinite(values,
                       subject + " not finite on the calibration text; the weights may be damaged");
}

namespace {

/// `block` += left right, in the way of addLowerGram.
void addProduct(at::Tensor block, const at::Tensor& left, const at::Tensor& right) {
    if (left.is_cpu() && left.scalar_type() == at::kFloat && block.scalar_type() == at::kDouble) {
        at::Tensor product = at::empty(block.sizes(), left.options());
        gemmInto(product, left, right);
        block.add_(product);
    } else if (left.is_cpu() && left.scalar_type() == at::kFloat) {
        gemmInto(block, left, right, true);
    } else {
        block.addmm_(left, right);
    }
}

}  // namespace

void addLowerGram(at::Tensor& sum, const at::Tensor& rows, at::ScalarType type) {
    static constexpr std::int64_t kBlock = 384;
    const c10::NoGradGuard noGradient;
    const std::int64_t n = rows.size(1);
    if (!sum.defined()) sum = at::zeros({n, n}, rows.options().dtype(type));
    const bool widens = rows.is_cpu() && rows.scalar_type() == at::kBFloat16;
    const at::Tensor right = widens ? rows : rows.to(type);
    at::Tensor left = right.t();
    // Our own product reads its left side row by row.
    if (widens || (rows.is_cpu() && type == at::kFloat)) left = left.to(at::kFloat).contiguous();
    for (std::int64_t begin = 0; begin < n; begin += kBlock) {
        const std::int64_t count = std::min(kBlock, n - begin);
        addProduct(sum.narrow(0, begin, count).narrow(1, 0, begin + count),
                   left.narrow(0, begin, count), right.narrow(1, 0, begin + count));
    }
}

at::Tensor mirrored(const at::Tensor& lower) {
    return lower.tril() + lower.tril(-1).t();
}

std::int64_t CalibrationSet::tokens() const {
    std::int64_t count = 0;
    for (const at::Tensor& sequence : sequences)
        count += sequence.size(0) - (skipFirstPosition ? 1 : 0);
    return count;
}

GramSums::GramSums(std::size_t layers, const GramOptions& options, bool skipFirstPosition)
    : m_options(options), m_skipFirstPosition(skipFirstPosition), m_sums(layers) {}

std::size_t GramSums::end() const {
    return std::min(m_options.layers.end, m_sums.size());
}

void GramSums::add(std::size_t layer, MatrixKind kind, const at::Tensor& input) {
    const bool attention = kind == MatrixKind::Query || kind == MatrixKind::Output;
    const MatrixSelection& selection = m_options.selection;
    if (!m_options.layers.contains(layer) || !(attention ? selection.attention : selection.mlp))
        return;
    const c10::NoGradGuard noGradient;
    at::Tensor& sum = m_sums[layer].means[kind];
    at::Tensor rows = m_skipFirstPosition ? input.narrow(1, 1, input.size(1) - 1) : input;
    rows = rows.reshape({-1, input.size(-1)});
    if (m_options.statistic == InputStatistic::Gram) return addLowerGram(sum, rows, at::kDouble);
    addTo(sum, rows.to(at::kDouble).abs().sum(0));
}

Result<std::vector<LayerGram>> GramSums::takeMeans(std::int64_t tokens) {
    const auto count = static_cast<double>(tokens);
    for (std::size_t i = 0; i < m_sums.size(); ++i)
        for (auto& [kind, sum] : m_sums[i].means) {
            sum =
                sum.dim() == 2 ? mirrored(sum.to(at::kCPU)).div_(count) : sum.to(at::kCPU) / count;
            SKD_CHECK(checkActivations(sum, strCat("activations of layer ", i, " are")));
        }
    return std::move(m_sums);
}

}  // namespace skd
