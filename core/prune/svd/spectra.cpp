#include "prune/svd/spectra.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "prune/shared/prune_report.h"
#include "prune/svd/analysis_keys.h"
#include "prune/svd/channel_analysis.h"
#include "prune/svd/statistics.h"
#include "ranks/allocation.h"

namespace skd {
namespace {

/// Statistics of a group of layers are held at a time; a model whose layers need more takes several
/// passes.
constexpr std::int64_t kStatisticsBytes = std::int64_t{3} << 30;

std::size_t layerOf(const MatrixInfo& info) {
    return static_cast<std::size_t>(info.layer.value());
}

/// Bytes of one layer's statistics.
std::int64_t statisticsBytes(const std::vector<MatrixInfo>& infos, std::size_t layer,
                             Truncation truncation) {
    std::int64_t bytes = 0;
    for (const MatrixInfo& info : infos) {
        if (layerOf(info) != layer) continue;
        if (truncation == Truncation::Fisher) bytes += 4 * info.rows * info.rows;
        if (inputOf(info.kind) == info.kind || info.kind == MatrixKind::GateUp)
            bytes += 8 * info.columns * info.columns;
    }
    return bytes;
}

/// Gate and up of some layers, stacked: decomposed beside a model's own matrices from the
/// statistics of both, so that neither is asked for gradients once more. What the outputs of gate
/// and of up have in common is left out of the metric, as it is where they are cut on their own.
struct StackedGateUp {
    Decoder model;                  ///< with these layers' gate and up fused
    std::vector<MatrixInfo> infos;  ///< of the stacks
    std::string key;
    SpectrumCache::Entry entry = {};  ///< in the order of infos
};

/// Decomposes matrices layer group by layer group, as many at a time as their statistics fit.
struct Decomposer {
    const Decoder& model;
    const PruneSpec& spec;
    const AnalysisInput& input;
    const RunContext& context;
    StackedGateUp* stacked = nullptr;
    MatrixSelection selection = selectionOf(spec.targets);
    std::vector<MatrixInfo> infos = model.matrixInfos(selection);
    SpectrumCache::Entry entry = {};

    /// Empty when cancelled.
    Result<SpectrumCache::Entry> decomposeAll() {
        for (std::size_t begin = 0; begin < model.layers.size();) {
            const LayerRange range = rangeFrom(begin);
            SKD_TRY(const bool done, decomposeRange(range));
            if (!done) return SpectrumCache::Entry{};
            begin = range.end;
        }
        return std::move(entry);
    }

    LayerRange rangeFrom(std::size_t begin) const {
        if (!needsInputs(spec.truncation)) return {begin, model.layers.size()};
        std::int64_t bytes = statisticsBytes(infos, begin, spec.truncation);
        std::size_t end = begin + 1;
        while (end < model.layers.size() &&
               (bytes += statisticsBytes(infos, end, spec.truncation)) <= kStatisticsBytes)
            ++end;
        return {begin, end};
    }

    /// What these layers are cut by, from one pass over the text; undefined where a truncation does
    /// without.
    Result<Statistics> statisticsOf(const LayerRange& range) {
        Statistics made;
        if (needsInputs(spec.truncation)) {
            const auto statistic = spec.truncation == Truncation::Asvd
                                       ? InputStatistic::MeanAbsolute
                                       : InputStatistic::Gram;
            StatisticsPlan plan{&input.calibration, {selection, statistic, range}, nullptr, {}};
            if (spec.truncation == Truncation::Fisher) {
                plan.outputs = &input.fisher;
                plan.fisher = {selection, range, spec.fisherEdge, spec.fisherClip};
            }
            SKD_TRY(made, collectStatistics(model, plan, context));
        }
        made.grams.resize(model.layers.size());
        made.fisher.resize(infos.size());
        return made;
    }

    /// False when cancelled.
    Result<bool> decomposeRange(const LayerRange& range) {
        SKD_TRY(Statistics made, statisticsOf(range));
        if (made.cancelled) return false;
        SKD_TRY(const bool done, decomposeMatrices(range, made.grams, made.fisher));
        if (done && wantsChannels(model, spec))
            SKD_CHECK(addChannelCuts(model, range, made.grams, infos, spec.channelRidge, entry));
        return done;
    }

    [[nodiscard]] at::Tensor inputMetric(const at::Tensor& statistic) const {
        if (spec.truncation == Truncation::Asvd) return asvdGram(statistic, spec.asvdAlpha);
        return shrunkGram(statistic, spec.shrinkInput);
    }

    /// The blocks of H that a matrix of a layer has; empty without gradients.
    [[nodiscard]] std::vector<at::Tensor> outputMetric(const std::vector<at::Tensor>& fisher,
                                                       std::size_t layer,
                                                       std::initializer_list<MatrixKind> of) const {
        std::vector<at::Tensor> blocks;
        for (std::size_t i = 0; i < infos.size(); ++i)
            if (layerOf(infos[i]) == layer && fisher[i].defined() &&
                std::ranges::find(of, infos[i].kind) != of.end())
                blocks.push_back(shrunkGram(fisher[i], spec.shrinkOutput));
        return blocks;
    }

    /// False when cancelled. Statistics are let go of layer by layer.
    Result<bool> decomposeMatrices(const LayerRange& range, const std::vector<LayerGram>& grams,
                                   std::vector<at::Tensor>& fisher) {
        Decoder walk = model;
        const std::vector<Linear*> matrices = walk.matrices(selection);
        ProgressMeter meter(context, Stage::Analyse, static_cast<std::int64_t>(infos.size()),
                            "matrices");
        meter.advance(static_cast<std::int64_t>(entry.plain.size()));
        for (std::size_t layer = range.begin; layer < range.end; ++layer) {
            OutputProducts ofGateAndUp;
            const std::size_t first = entry.plain.size();
            for (std::size_t i = first; i < infos.size() && layerOf(infos[i]) == layer; ++i) {
                if (context.cancelled()) return false;
                SKD_CHECK(decomposeMatrix(*matrices[i], infos[i], {grams[layer], fisher, layer},
                                          ofGateAndUp));
                meter.advance(1);
            }
            SKD_CHECK(decomposeStack({grams[layer], fisher, layer}, ofGateAndUp));
            for (std::size_t i = first; i < entry.plain.size(); ++i) fisher[i] = at::Tensor();
        }
        return true;
    }

    /// What one layer is cut by.
    struct LayerStatistics {
        const LayerGram& gram;
        const std::vector<at::Tensor>& fisher;
        std::size_t layer;
    };

    Status decomposeMatrix(const Linear& matrix, const MatrixInfo& info,
                           const LayerStatistics& statistics, OutputProducts& ofGateAndUp) {
        const ErrorMetric metric{inputMetric(statistics.gram.of(info.kind)),
                                 outputMetric(statistics.fisher, statistics.layer, {info.kind})};
        OutputProducts products;
        if (!metric.fisher.empty()) {
            SKD_TRY(products, outputProducts(matrix, metric.fisher.front()));
        }
        SKD_TRY(entry.decompositions.emplace_back(), decompose(matrix, metric, products));
        SKD_TRY(entry.plain.emplace_back(), plainSingularValues(matrix, products));
        if (products.plain.defined() &&
            (info.kind == MatrixKind::Gate || info.kind == MatrixKind::Up))
            ofGateAndUp.add(products);
        return {};
    }

    /// Nothing where gate and up of the layer are not stacked. `products` are the sum of both.
    Status decomposeStack(const LayerStatistics& statistics, const OutputProducts& products) {
        if (stacked == nullptr) return {};
        const std::size_t next = stacked->entry.plain.size();
        if (next >= stacked->infos.size() || layerOf(stacked->infos[next]) != statistics.layer)
            return {};
        const ErrorMetric metric{
            inputMetric(statistics.gram.of(MatrixKind::GateUp)),
            outputMetric(statistics.fisher, statistics.layer, {MatrixKind::Gate, MatrixKind::Up})};
        const Linear& matrix = stacked->model.layers[statistics.layer].mlp.gateUp;
        const OutputProducts known = products.rows == matrix.rows() ? products : OutputProducts();
        SKD_TRY(stacked->entry.decompositions.emplace_back(), decompose(matrix, metric, known));
        SKD_TRY(stacked->entry.plain.emplace_back(), plainSingularValues(matrix, known));
        return {};
    }
};

/// Whether the cache has all of what a decomposer would make; it is then in `spectra` and
/// `stacked`.
bool isCached(const Decoder& model, const PruneSpec& spec, const SpectrumCache& cache,
              Spectra& spectra, StackedGateUp* stacked) {
    if (wantsChannels(model, spec)) {
        auto channels = cache.loadChannels(channelsKey(spectra.key, spec), model.layers.size());
        if (!channels) return false;
        spectra.entry.channels = std::move(*channels);
    }
    if (stacked != nullptr) {
        auto stacks = cache.load(stacked->key, stacked->infos);
        if (!stacks) return false;
        stacked->entry = std::move(*stacks);
    }
    auto known = cache.load(spectra.key, spectra.infos);
    if (!known) return false;
    known->channels = std::move(spectra.entry.channels);
    spectra.entry = std::move(*known);
    return true;
}

/// From the cache, or made and kept there, with those of the stacks where there are any.
Result<Spectra> spectraWith(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                            const CacheAndContext& around, StackedGateUp* stacked) {
    const auto& [cache, context] = around;
    Spectra spectra{model.matrixInfos(selectionOf(spec.targets)),
                    spectrumKey(model, spec, input, context.seed),
                    {}};
    if (stacked != nullptr) stacked->key = sha256Hex(strCat(spectra.key, " stacked"));
    if (isCached(model, spec, cache, spectra, stacked)) return spectra;
    const auto turn = cache.turn(spectra.key, [&] { return context.cancelled(); });
    if (turn && isCached(model, spec, cache, spectra, stacked)) return spectra;
    if (stacked != nullptr) stacked->entry = {};
    Decomposer decomposer{model, spec, input, context, stacked};
    SKD_TRY(spectra.entry, decomposer.decomposeAll());
    if (spectra.entry.decompositions.empty()) return spectra;
    warnOnFailure(cache.save(spectra.key, spectra.infos, spectra.entry), context);
    if (stacked != nullptr)
        warnOnFailure(cache.save(stacked->key, stacked->infos, stacked->entry), context);
    if (wantsChannels(model, spec))
        warnOnFailure(cache.saveChannels(channelsKey(spectra.key, spec), spectra.entry.channels),
                      context);
    return spectra;
}

/// Where each matrix of a layer stands among others, by kind.
using LayerPlaces = std::vector<std::map<MatrixKind, std::size_t>>;
LayerPlaces placesOf(const std::vector<MatrixInfo>& infos, std::size_t layers) {
    LayerPlaces places(layers);
    for (std::size_t i = 0; i < infos.size(); ++i) places[layerOf(infos[i])][infos[i].kind] = i;
    return places;
}

/// Squared singular values that a matrix loses at (1 - target) of its parameters.
double discarded(const Spectra& spectra, std::size_t matrix, const PruneSpec& spec) {
    const MatrixInfo& info = spectra.infos[matrix];
    const std::vector<double> tail = squaredTail(spectra.entry.decompositions[matrix].sigma);
    const double rank =
        rankAtParameters(spec.form, info.rows, info.columns,
                         (1 - spec.target) * static_cast<double>(info.parameters()));
    return tail[std::min(tail.size() - 1, static_cast<std::size_t>(std::floor(rank)))];
}

/// The stacks of layers that may be fused.
Result<StackedGateUp> stacksOf(const Decoder& model, const std::vector<bool>& fusable,
                               const PruneSpec& spec) {
    StackedGateUp stacked{model, {}, {}};
    SKD_CHECK(stacked.model.fuseGateUp(fusable));
    stacked.infos = stacked.model.matrixInfos(selectionOf(spec.targets));
    std::erase_if(stacked.infos, [&](const MatrixInfo& info) {
        return info.kind != MatrixKind::GateUp || !fusable[layerOf(info)];
    });
    return stacked;
}

/// Layers whose gate and up could become one matrix.
std::vector<bool> fusableLayers(const Decoder& model, const PruneSpec& spec) {
    std::vector<bool> fusable;
    for (const DecoderLayer& layer : model.layers)
        fusable.push_back(selectionOf(spec.targets).mlp && layer.mlp.gate.isDefined() &&
                          layer.mlp.gate.rank() == 0 && layer.mlp.up.rank() == 0);
    return fusable;
}

}  // namespace

Result<Spectra> spectraOf(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                          const CacheAndContext& around) {
    return spectraWith(model, spec, input, around, nullptr);
}

Result<Spectra> spectraByGateUp(Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                                const CacheAndContext& around) {
    const std::vector<bool> fusable = fusableLayers(model, spec);
    PruneSpec apart = spec;
    apart.gateUp = GateUp::Separate;
    if (std::ranges::find(fusable, true) == fusable.end())
        return spectraOf(model, apart, input, around);
    SKD_TRY(StackedGateUp stacked, stacksOf(model, fusable, spec));
    SKD_TRY(Spectra separate, spectraWith(model, apart, input, around, &stacked));
    if (separate.entry.decompositions.empty()) return separate;
    Spectra stacks{stacked.infos, stacked.key, std::move(stacked.entry)};
    LayerPlaces here = placesOf(separate.infos, model.layers.size()),
                there = placesOf(stacks.infos, model.layers.size());
    std::vector<bool> chosen(model.layers.size(), false);
    for (std::size_t i = 0; i < chosen.size(); ++i)
        chosen[i] = fusable[i] && discarded(stacks, there[i][MatrixKind::GateUp], spec) <
                                      discarded(separate, here[i][MatrixKind::Gate], spec) +
                                          discarded(separate, here[i][MatrixKind::Up], spec);
    SKD_CHECK(model.fuseGateUp(chosen));
    Spectra mixed{model.matrixInfos(selectionOf(spec.targets)), stacks.key, {}};
    mixed.entry.channels = std::move(separate.entry.channels);
    for (const MatrixInfo& info : mixed.infos) {
        const std::size_t layer = layerOf(info);
        const bool joint = info.kind == MatrixKind::GateUp && chosen[layer];
        SpectrumCache::Entry& from = joint ? stacks.entry : separate.entry;
        const std::size_t place = (joint ? there : here)[layer][info.kind];
        mixed.entry.decompositions.push_back(std::move(from.decompositions[place]));
        mixed.entry.plain.push_back(std::move(from.plain[place]));
        mixed.key += joint ? '1' : '0';
    }
    return mixed;
}

}  // namespace skd
