#include "prune/shared/layer_walk.h"

#include <c10/core/GradMode.h>

namespace skd {

Result<LayerWalk> LayerWalk::begin(const Decoder& model, const CalibrationSet& set) {
    if (set.tokens() < 1)
        return fail(
            ErrorCode::InvalidInput,
            "there is no calibration text; raise prune.calibration_tokens or give a longer corpus");
    const c10::NoGradGuard noGradient;
    LayerWalk walk;
    walk.m_skipFirst = set.skipFirstPosition;
    for (const at::Tensor& ids : set.sequences)
        walk.m_states.push_back(model.embed(ids.to(model.device()).unsqueeze(0)));
    return walk;
}

void LayerWalk::observe(const Decoder& model, std::size_t layer, const Visit& visit) const {
    const c10::NoGradGuard noGradient;
    Decoder observed = model;  // shares the weights
    observed.inputObserver = [&](std::size_t, MatrixKind kind, const at::Tensor& input) {
        visit(kind, rowsOf(input));
    };
    for (const at::Tensor& state : m_states) (void)observed.runLayers(state, layer, layer + 1);
}

void LayerWalk::advance(const Decoder& model, std::size_t layer) {
    transform([&](const at::Tensor& state) { return model.runLayers(state, layer, layer + 1); });
}

void LayerWalk::transform(const std::function<at::Tensor(const at::Tensor&)>& map) {
    const c10::NoGradGuard noGradient;
    for (at::Tensor& state : m_states) state = map(state);
}

at::Tensor LayerWalk::rowsOf(const at::Tensor& state) const {
    const at::Tensor rows = state.reshape({-1, state.size(-1)});
    return m_skipFirst ? rows.narrow(0, 1, rows.size(0) - 1) : rows;
}

}  // namespace skd
