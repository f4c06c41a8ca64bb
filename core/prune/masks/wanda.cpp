#include "prune/masks/wanda.h"

#include <map>

#include "base/text.h"
#include "prune/shared/layer_walk.h"

namespace skd {
namespace {

using Squares = std::map<MatrixKind, at::Tensor>;

void addSquares(at::Tensor& sum, const at::Tensor& rows) {
    const at::Tensor squares = rows.to(at::kDouble).square().sum(0);
    sum = sum.defined() ? sum + squares : squares;
}

Status maskByNorms(const std::vector<MaskTarget>& targets, const MaskRule& rule,
                   const Squares& squares) {
    for (const MaskTarget& target : targets) {
        const at::Tensor& sum = squares.at(inputOf(target.kind));
        if (!at::isfinite(sum).all().item<bool>())
            return fail(
                ErrorCode::Numeric,
                strCat("the inputs of ", target.matrix->name(),
                       " are not finite on the calibration text; the weights may be damaged"));
        const at::Tensor weight = target.matrix->weight();
        SKD_CHECK(applyMask(
            *target.matrix, weight,
            chooseMask(wandaScores(weight, sum), target.presentMask(), rule, MaskScope::Row)));
    }
    return {};
}

}  // namespace

at::Tensor wandaScores(const at::Tensor& weight, const at::Tensor& squares) {
    return weight.to(at::kFloat).abs() * squares.sqrt().to(at::kFloat);
}

Status pruneWanda(Decoder& model, const MaskPlan& plan, const CalibrationSet& calibration,
                  const RunContext& context) {
    SKD_TRY(LayerWalk walk, LayerWalk::begin(model, calibration));
    ProgressMeter meter(context, Stage::Prune, static_cast<std::int64_t>(model.layers.size()),
                        "layers");
    for (std::size_t layer = 0; layer < model.layers.size() && !context.cancelled(); ++layer) {
        Squares squares;
        if (!plan.layers[layer].empty())
            walk.observe(model, layer, [&](MatrixKind kind, const at::Tensor& rows) {
                addSquares(squares[kind], rows);
            });
        SKD_CHECK(maskByNorms(plan.layers[layer], plan.rule, squares));
        walk.advance(model, layer);
        meter.advance(1);
    }
    return {};
}

}  // namespace skd
