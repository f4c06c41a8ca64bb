#include "prune/load_path.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "model/output_distribution.h"

namespace skd {
namespace {

/// Final hidden states of all sequences as rows, and the states in front of every layer.
struct DenseStates {
    std::vector<std::vector<at::Tensor>> beforeLayer;  ///< [layer][sequence], each [1, length, hidden]
    at::Tensor final;                                  ///< [tokens, hidden]
};

at::Tensor joinRows(const Decoder& model, const std::vector<at::Tensor>& hidden) {
    std::vector<at::Tensor> rows;
    for (const at::Tensor& h : hidden) rows.push_back(model.normalise(h)[0]);
    return at::cat(rows, 0);
}

DenseStates denseStates(const Decoder& model, const std::vector<at::Tensor>& sequences) {
    DenseStates states;
    std::vector<at::Tensor> hidden;
    for (const at::Tensor& ids : sequences) hidden.push_back(model.embed(ids.to(model.device()).unsqueeze(0)));
    for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
        states.beforeLayer.push_back(hidden);
        for (at::Tensor& h : hidden) h = model.runLayers(h, layer, layer + 1);
    }
    states.final = joinRows(model, hidden);
    return states;
}

std::int64_t probeRank(const MatrixInfo& info, const ProbeOptions& options) {
    const auto rank = static_cast<std::int64_t>(std::floor(options.fraction * static_cast<double>(info.parameters()) /
                                                           static_cast<double>(info.rows + info.columns)));
    return std::max(options.multiple, rank / options.multiple * options.multiple);
}

}  // namespace

Result<SpectrumCache::Probes> measureLoadPath(const Decoder& model, const std::vector<Decomposition>& decompositions,
                                              const std::vector<at::Tensor>& sequences, const ProbeOptions& options, const RunContext& context) {
    const c10::NoGradGuard noGradient;
    const DenseStates dense = denseStates(model, sequences);
    const OutputDistribution distribution(dense.final, model.head);
    Decoder probed = model;  // shares the weights; one matrix at a time is replaced
    const std::vector<Linear*> matrices = probed.matrices();
    const std::vector<MatrixInfo> infos = model.matrixInfos();
    SpectrumCache::Probes probes;
    ProgressMeter meter(context, Stage::Analyse, static_cast<std::int64_t>(matrices.size()), "matrices");
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        if (context.cancelled()) return SpectrumCache::Probes{};
        const std::int64_t rank = std::min<std::int64_t>(probeRank(infos[i], options), std::min(infos[i].rows, infos[i].columns));
        const Linear::Form form = matrices[i]->form();
        const Factors factors = factorsAt(decompositions[i], matrices[i]->weight(), rank);
        matrices[i]->replace(LowRankWeight{factors.a.to(model.device(), model.dtype()), factors.b.to(model.device(), model.dtype())});
        const auto layer = static_cast<std::size_t>(infos[i].layer.value());
        std::vector<at::Tensor> hidden = dense.beforeLayer[layer];
        for (at::Tensor& h : hidden) h = probed.runLayers(h, layer, probed.layers.size());
        const double kl = distribution.meanKl(joinRows(probed, hidden), model.head);
        matrices[i]->replace(form);
        if (!std::isfinite(kl)) return fail(ErrorCode::Numeric, strCat("the probe of ", infos[i].name, " gave a KL that is not finite"));
        probes.ranks.push_back(rank);
        probes.kl.push_back(kl);
        meter.advance(1);
    }
    return probes;
}

}  // namespace skd
