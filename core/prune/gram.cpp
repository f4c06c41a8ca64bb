#include "prune/gram.h"

#include <c10/core/GradMode.h>

#include "base/text.h"

namespace skd {
namespace {

/// Adds rows^T rows of x [.., n] to `gram` in f64.
void accumulate(at::Tensor& gram, const at::Tensor& x, bool skipFirst) {
    at::Tensor rows = skipFirst ? x.narrow(1, 1, x.size(1) - 1) : x;
    rows = rows.reshape({-1, x.size(-1)}).to(at::kDouble);
    const at::Tensor product = at::mm(rows.t(), rows).to(at::kCPU);
    if (gram.defined()) gram.add_(product);
    else gram = product;
}

}  // namespace

std::int64_t CalibrationSet::tokens() const {
    std::int64_t count = 0;
    for (const at::Tensor& sequence : sequences) count += sequence.size(0) - (skipFirstPosition ? 1 : 0);
    return count;
}

Result<std::vector<LayerGram>> collectGrams(const Decoder& model, const CalibrationSet& set, const RunContext& context) {
    std::vector<LayerGram> grams(model.layers.size());
    Decoder observed = model;  // shares the weights
    observed.inputObserver = [&](std::size_t layer, MatrixKind kind, const at::Tensor& input) {
        if (kind == MatrixKind::Gate) accumulate(grams[layer].input, input, set.skipFirstPosition);
        if (kind == MatrixKind::Down) accumulate(grams[layer].inner, input, set.skipFirstPosition);
    };
    const c10::NoGradGuard noGradient;
    ProgressMeter meter(context, Stage::Calibrate, set.tokens(), "tokens");
    for (const at::Tensor& sequence : set.sequences) {
        if (context.cancelled()) return std::vector<LayerGram>{};
        (void)observed.runLayers(observed.embed(sequence.to(model.device()).unsqueeze(0)), 0, model.layers.size());
        meter.advance(sequence.size(0) - (set.skipFirstPosition ? 1 : 0));
    }
    const auto tokens = static_cast<double>(set.tokens());
    for (std::size_t i = 0; i < grams.size(); ++i)
        for (at::Tensor* gram : {&grams[i].input, &grams[i].inner}) {
            gram->div_(tokens);
            if (!at::isfinite(*gram).all().item<bool>())
                return fail(ErrorCode::Numeric, strCat("activations of layer ", i, " are not finite on the calibration text; the weights may be damaged"));
        }
    return grams;
}

}  // namespace skd
