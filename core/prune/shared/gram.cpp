#include "prune/shared/gram.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

/// Adds the sum over rows of x [.., n] to `sum` in f64: of x x^T (its lower triangle), or of |x|.
void accumulate(at::Tensor& sum, const at::Tensor& x, bool skipFirst, InputStatistic statistic) {
    at::Tensor rows = skipFirst ? x.narrow(1, 1, x.size(1) - 1) : x;
    rows = rows.reshape({-1, x.size(-1)}).to(at::kDouble);
    if (statistic == InputStatistic::Gram) return addLowerGram(sum, rows);
    addTo(sum, rows.abs().sum(0));
}

Status finish(std::vector<LayerGram>& grams, double tokens) {
    for (std::size_t i = 0; i < grams.size(); ++i)
        for (auto& [kind, sum] : grams[i].means) {
            sum = sum.dim() == 2 ? mirrored(sum.to(at::kCPU)).div_(tokens)
                                 : sum.to(at::kCPU) / tokens;
            SKD_CHECK(checkActivations(sum, strCat("activations of layer ", i, " are")));
        }
    return {};
}

}  // namespace

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

void addLowerGram(at::Tensor& sum, const at::Tensor& rows) {
    static constexpr std::int64_t kBlock = 384;
    const std::int64_t n = rows.size(1);
    if (!sum.defined()) sum = at::zeros({n, n}, rows.options());
    for (std::int64_t begin = 0; begin < n; begin += kBlock) {
        const std::int64_t count = std::min(kBlock, n - begin);
        at::Tensor block = sum.narrow(0, begin, count).narrow(1, 0, begin + count);
        block.addmm_(rows.narrow(1, begin, count).t(), rows.narrow(1, 0, begin + count));
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

Result<std::vector<LayerGram>> collectGrams(const Decoder& model, const CalibrationSet& set,
                                            const RunContext& context, const GramOptions& options) {
    std::vector<LayerGram> grams(model.layers.size());
    Decoder observed = model;  // shares the weights
    observed.inputObserver = [&](std::size_t layer, MatrixKind kind, const at::Tensor& input) {
        const bool attention = kind == MatrixKind::Query || kind == MatrixKind::Output;
        const bool selected = attention ? options.selection.attention : options.selection.mlp;
        if (selected && layer >= options.layers.begin)
            accumulate(grams[layer].means[kind], input, set.skipFirstPosition, options.statistic);
    };
    const c10::NoGradGuard noGradient;
    const std::size_t end = std::min(options.layers.end, model.layers.size());
    ProgressMeter meter(context, Stage::Calibrate, set.tokens(), "tokens");
    for (const at::Tensor& sequence : set.sequences) {
        if (context.cancelled()) return std::vector<LayerGram>{};
        (void)observed.runLayers(observed.embed(sequence.to(model.device()).unsqueeze(0)), 0, end);
        meter.advance(sequence.size(0) - (set.skipFirstPosition ? 1 : 0));
    }
    SKD_CHECK(finish(grams, static_cast<double>(set.tokens())));
    return grams;
}

}  // namespace skd
