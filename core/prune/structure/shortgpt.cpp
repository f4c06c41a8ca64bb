#include "prune/structure/shortgpt.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "prune/shared/layer_walk.h"
#include "ranks/locked.h"

namespace skd {
namespace {

std::int64_t sourceOf(const Decoder& model, std::size_t layer) {
    const std::int64_t source = model.layers[layer].config.source;
    return source < 0 ? static_cast<std::int64_t>(layer) : source;
}

/// Numbers of the dense model's layers that the model lacks, those of earlier rounds too.
Json droppedLayers(const Decoder& model, std::int64_t denseLayers) {
    std::set<std::int64_t> gone;
    for (std::int64_t i = 0; i < denseLayers; ++i) gone.insert(i);
    for (std::size_t i = 0; i < model.layers.size(); ++i) gone.erase(sourceOf(model, i));
    return gone;
}

/// Layers with a locked matrix.
Result<std::vector<bool>> lockedLayers(const Decoder& model,
                                       const std::vector<std::string>& locked) {
    const std::vector<MatrixInfo> infos = model.matrixInfos({true, true});
    SKD_CHECK(checkLocked(infos, locked));
    std::vector<bool> held(model.layers.size(), false);
    for (const MatrixInfo& info : infos)
        if (isLocked(info.name, locked)) held[static_cast<std::size_t>(info.layer.value())] = true;
    return held;
}

/// Layers that are still to be dropped.
Result<std::size_t> dropCount(const Decoder& model, const PruneSpec& spec,
                              const DenseReference& reference, std::int64_t free) {
    const auto total = static_cast<std::int64_t>(
        std::ceil(spec.target * static_cast<double>(reference.layers) - 1e-9));
    const auto left = static_cast<std::int64_t>(model.layers.size());
    const std::int64_t count = std::max<std::int64_t>(0, total - (reference.layers - left));
    if (count <= free && count < left) return static_cast<std::size_t>(count);
    return fail(ErrorCode::InvalidInput,
                strCat("\"prune.target\" ", spec.target, " takes ", total, " of ", reference.layers,
                       " layers, but of the ", left, " that are left at most ",
                       std::min(free, left - 1), " can go; lower it or lock less"));
}

}  // namespace

Result<std::vector<double>> blockInfluence(const Decoder& model, const CalibrationSet& calibration,
                                           const RunContext& context) {
    const c10::NoGradGuard noGradient;
    SKD_TRY(LayerWalk walk, LayerWalk::begin(model, calibration));
    ProgressMeter meter(context, Stage::Prune, static_cast<std::int64_t>(model.layers.size()),
                        "layers");
    std::vector<double> influence;
    for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
        if (context.cancelled()) return std::vector<double>{};
        const std::vector<at::Tensor> before = walk.states();
        walk.advance(model, layer);
        std::vector<at::Tensor> sums;
        for (std::size_t i = 0; i < before.size(); ++i)
            sums.push_back(at::cosine_similarity(walk.rowsOf(before[i]).to(at::kDouble),
                                                 walk.rowsOf(walk.states()[i]).to(at::kDouble), -1,
                                                 1e-30)
                               .sum());
        const at::Tensor host = at::stack(sums).to(at::kCPU);
        double cosines = 0;
        for (std::int64_t i = 0; i < host.numel(); ++i) cosines += host.const_data_ptr<double>()[i];
        influence.push_back(1 - cosines / static_cast<double>(calibration.tokens()));
        if (!std::isfinite(influence.back()))
            return fail(
                ErrorCode::Numeric,
                strCat("activations of layer ", layer,
                       " are not finite on the calibration text; the weights may be damaged"));
        meter.advance(1);
    }
    return influence;
}

Result<Json> pruneShortGpt(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                           const DenseReference& reference, const RunContext& context) {
    if (model.inputProjection.defined())
        return fail(ErrorCode::Unsupported,
                    "shortgpt cannot drop layers of a model that slicegpt has cut: each layer "
                    "reads the directions that the one before it leaves");
    SKD_TRY(const std::vector<bool> held, lockedLayers(model, spec.locked));
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < held.size(); ++i)
        if (!held[i]) order.push_back(i);
    SKD_TRY(const std::size_t count,
            dropCount(model, spec, reference, static_cast<std::int64_t>(order.size())));
    SKD_TRY(const std::vector<double> influence, blockInfluence(model, calibration, context));
    if (influence.empty()) return Json::object();
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return influence[a] < influence[b]; });
    order.resize(count);
    std::sort(order.begin(), order.end());
    Json influences = Json::object();
    for (std::size_t i = 0; i < influence.size(); ++i)
        influences[std::to_string(sourceOf(model, i))] = influence[i];
    model.dropLayers(order);
    return Json{{"dropped_layers", droppedLayers(model, reference.layers)},
                {"influence", std::move(influences)}};
}

}  // namespace skd
