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
    sum = sum.defined() ? sum + rows.abs().sum(0) : rows.abs().sum(0);
}

at::Tensor* slot(LayerGram& gram, MatrixKind kind) {
    switch (kind) {
        case MatrixKind::Gate:
            return &gram.input;
        case MatrixKind::Down:
            return &gram.inner;
        case MatrixKind::Query:
            return &gram.attention;
        case MatrixKind::Output:
            return &gram.heads;
        default:
            return nullptr;
    }
}

bool isSelected(MatrixKind kind, const MatrixSelection& selection) {
    const bool attention = kind == MatrixKind::Query || kind == MatrixKind::Output;
    return attention ? selection.attention : selection.mlp;
}

Status finish(std::vector<LayerGram>& grams, double tokens) {
    for (std::size_t i = 0; i < grams.size(); ++i)
        for (at::Tensor* sum :
             {&grams[i].input, &grams[i].inner, &grams[i].attention, &grams[i].heads}) {
            if (!sum->defined()) continue;
            *sum = sum->dim() == 2 ? mirrored(sum->to(at::kCPU)).div_(tokens)
                                   : sum->to(at::kCPU) / tokens;
            if (!at::isfinite(*sum).all().item<bool>())
                return fail(
                    ErrorCode::Numeric,
                    strCat("activations of layer ", i,
                           " are not finite on the calibration text; the weights may be damaged"));
        }
    return {};
}

}  // namespace

const at::Tensor& LayerGram::of(MatrixKind kind) const {
    switch (kind) {
        case MatrixKind::Down:
            return inner;
        case MatrixKind::Query:
        case MatrixKind::Key:
        case MatrixKind::Value:
            return attention;
        case MatrixKind::Output:
            return heads;
        default:
            return input;
    }
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
        at::Tensor* sum = slot(grams[layer], kind);
        if (sum == nullptr || layer < options.layers.begin || !isSelected(kind, options.selection))
            return;
        accumulate(*sum, input, set.skipFirstPosition, options.statistic);
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
