#include "prune/svd/channel_analysis.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "prune/shared/prune_report.h"
#include "prune/svd/load_path.h"
#include "ranks/arms.h"

namespace skd {
namespace {

/// A matrix with the W^T H W of down, as far as its decomposition is complete.
at::Tensor weightedDown(const Linear& down, const Decomposition& decomposition) {
    if (decomposition.right.defined()) return decomposition.right;
    return at::matmul(decomposition.u.t(), down.weight().to(at::kCPU, at::kFloat));
}

std::size_t placeOfDown(const std::vector<MatrixInfo>& infos, std::size_t layer) {
    const auto found = std::ranges::find_if(infos, [&](const MatrixInfo& info) {
        return info.kind == MatrixKind::Down &&
               static_cast<std::size_t>(info.layer.value()) == layer;
    });
    return static_cast<std::size_t>(found - infos.begin());
}

}  // namespace

bool canBeNarrowed(const DecoderLayer& layer) {
    Mlp mlp = layer.mlp;
    const std::vector<Linear*> parts = partsOf(mlp);
    return std::ranges::all_of(parts, [](const Linear* part) { return part->isDense(); });
}

bool wantsChannels(const Decoder& model, const PruneSpec& spec) {
    return spec.mlpArm != MlpArm::Factored && std::ranges::any_of(model.layers, canBeNarrowed);
}

Status addChannelCuts(const Decoder& model, const LayerRange& range,
                      const std::vector<LayerGram>& grams, const std::vector<MatrixInfo>& infos,
                      double ridge, SpectrumCache::Entry& entry) {
    for (std::size_t i = entry.channels.size(); i < range.end; ++i) {
        ChannelCut& cut = entry.channels.emplace_back();
        const DecoderLayer& layer = model.layers[i];
        if (!canBeNarrowed(layer)) continue;
        const Decomposition& down = entry.decompositions[placeOfDown(infos, i)];
        auto made =
            channelCut(grams[i].of(MatrixKind::Down), weightedDown(layer.mlp.down, down), ridge);
        if (!made) return fail(made.error().in(layer.mlp.down.name()));
        cut = std::move(*made);
    }
    return {};
}

std::vector<ChannelSpectrum> channelSpectra(const Decoder& model,
                                            const std::vector<ChannelCut>& cuts) {
    std::vector<ChannelSpectrum> spectra;
    for (std::size_t i = 0; i < cuts.size(); ++i) {
        if (!cuts[i].order.defined()) continue;
        Mlp mlp = model.layers[i].mlp;
        std::int64_t elements = 0;
        for (const Linear* part : partsOf(mlp)) elements += part->rows() * part->columns();
        spectra.push_back({LayerIndex(static_cast<std::int32_t>(i)),
                           elements / mlp.down.columns(),
                           cuts[i].lost,
                           {}});
    }
    return spectra;
}

std::string channelsKey(const std::string& spectra, const PruneSpec& spec) {
    return sha256Hex(strCat("channels ", spectra, " ", formatNumber(spec.channelRidge, 17)));
}

namespace {

ChannelPlan planOf(const Analysis& analysis, const PruneSpec& spec) {
    ChannelPlan plan{selectionOf(spec.targets), {}, {}, {}};
    for (const MatrixSpectrum& matrix : analysis.matrices) plan.ranks.push_back(matrix.probeRank);
    for (const ChannelSpectrum& channels : analysis.channels)
        plan.layers.push_back(static_cast<std::size_t>(channels.layer.value()));
    PruneSpec widths = spec;
    widths.rankMultiple = spec.channelMultiple;
    plan.widths = probeRanks(channelsAsMatrices(analysis), widths);
    return plan;
}

}  // namespace

Result<bool> probeChannels(const ChannelProbing& probing, Analysis& analysis,
                           const SpectrumCache& cache, const RunContext& context) {
    if (analysis.channels.empty()) return true;
    const PruneSpec& spec = probing.spec;
    const std::string key =
        sha256Hex(strCat("channel probes ", probing.probesKey, " ", spec.channelMultiple, " ",
                         formatNumber(spec.channelRidge, 17)));
    std::vector<std::int64_t> channels;
    for (const ChannelSpectrum& layer : analysis.channels) channels.push_back(layer.channels());
    auto measured = cache.loadProbes(key, channels);
    if (!measured) {
        SKD_TRY(measured,
                measureChannels(probing.model, probing.result, planOf(analysis, spec), context));
        if (measured->empty()) return false;
        warnOnFailure(cache.saveProbes(key, *measured), context);
    }
    for (std::size_t i = 0; i < measured->size(); ++i) {
        std::vector<RankProbe>& probes = (*measured)[i];
        if (probes.empty()) continue;
        analysis.channels[i].factoredKl = probes.front().kl;
        analysis.channels[i].probes.assign(probes.begin() + 1, probes.end());
    }
    return true;
}

}  // namespace skd
