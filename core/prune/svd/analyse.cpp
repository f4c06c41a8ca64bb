#include "prune/svd/analyse.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "prune/shared/prune_report.h"
#include "prune/svd/analysis_keys.h"
#include "prune/svd/channel_analysis.h"
#include "prune/svd/fisher.h"
#include "prune/svd/load_path.h"
#include "ranks/allocation.h"

namespace skd {
namespace {

/// Statistics of a group of layers are held at a time; a model whose layers need more takes several
/// passes.
constexpr std::int64_t kStatisticsBytes = std::int64_t{3} << 30;

/// Bytes of one layer's statistics.
std::int64_t statisticsBytes(const std::vector<MatrixInfo>& infos, std::size_t layer,
                             Truncation truncation) {
    std::int64_t bytes = 0;
    for (const MatrixInfo& info : infos) {
        if (static_cast<std::size_t>(info.layer.value()) != layer) continue;
        if (truncation == Truncation::Fisher) bytes += 4 * info.rows * info.rows;
        if (inputOf(info.kind) == info.kind || info.kind == MatrixKind::GateUp)
            bytes += 8 * info.columns * info.columns;
    }
    return bytes;
}

/// Decomposes matrices layer group by layer group, as many at a time as their statistics fit.
struct Decomposer {
    const Decoder& model;
    const PruneSpec& spec;
    const AnalysisInput& input;
    const RunContext& context;
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

    /// False when cancelled.
    Result<bool> decomposeRange(const LayerRange& range) {
        std::vector<LayerGram> grams(model.layers.size());
        std::vector<at::Tensor> fisher(infos.size());
        if (needsInputs(spec.truncation)) {
            const auto statistic = spec.truncation == Truncation::Asvd
                                       ? InputStatistic::MeanAbsolute
                                       : InputStatistic::Gram;
            SKD_TRY(grams,
                    collectGrams(model, input.calibration, context, {selection, statistic, range}));
        }
        if (spec.truncation == Truncation::Fisher && !grams.empty()) {
            const FisherOptions options{selection, range, spec.fisherEdge, spec.fisherClip};
            SKD_TRY(fisher, collectOutputFisher(model, input.fisher, options, context));
        }
        if (grams.empty() || fisher.size() != infos.size()) return false;
        SKD_TRY(const bool done, decomposeMatrices(range, grams, fisher));
        if (done && wantsChannels(model, spec))
            SKD_CHECK(addChannelCuts(model, range, grams, infos, spec.channelRidge, entry));
        return done;
    }

    [[nodiscard]] at::Tensor inputMetric(const at::Tensor& statistic) const {
        if (spec.truncation == Truncation::Asvd) return asvdGram(statistic, spec.asvdAlpha);
        return shrunkGram(statistic, spec.shrinkInput);
    }

    Result<bool> decomposeMatrices(const LayerRange& range, const std::vector<LayerGram>& grams,
                                   std::vector<at::Tensor>& fisher) {
        Decoder walk = model;
        const std::vector<Linear*> matrices = walk.matrices(selection);
        ProgressMeter meter(context, Stage::Analyse, static_cast<std::int64_t>(infos.size()),
                            "matrices");
        meter.advance(static_cast<std::int64_t>(entry.plain.size()));
        for (std::size_t i = entry.plain.size(); i < infos.size(); ++i) {
            const auto layer = static_cast<std::size_t>(infos[i].layer.value());
            if (layer >= range.end) break;
            if (context.cancelled()) return false;
            const ErrorMetric metric{inputMetric(grams[layer].of(infos[i].kind)),
                                     shrunkGram(fisher[i], spec.shrinkOutput)};
            SKD_TRY(Decomposition decomposition, decompose(*matrices[i], metric));
            SKD_TRY(std::vector<double> plain, plainSingularValues(*matrices[i]));
            entry.decompositions.push_back(std::move(decomposition));
            entry.plain.push_back(std::move(plain));
            fisher[i] = at::Tensor();
            meter.advance(1);
        }
        return true;
    }
};

std::shared_ptr<Analysis> assemble(const Decoder& model, const PruneSpec& spec,
                                   const AnalysisInput& input, const SpectrumCache::Entry& entry) {
    auto analysis = std::make_shared<Analysis>();
    analysis->model = input.model;
    analysis->truncation = spec.truncation;
    analysis->probeLaw = spec.probeLaw;
    analysis->corpusSha256 = input.corpusSha256;
    analysis->calibrationTokens = needsInputs(spec.truncation) ? input.calibration.tokens() : 0;
    Decoder walk = model;
    const std::vector<Linear*> matrices = walk.matrices(selectionOf(spec.targets));
    const std::vector<MatrixInfo> infos = model.matrixInfos(selectionOf(spec.targets));
    for (std::size_t i = 0; i < infos.size(); ++i) {
        MatrixSpectrum spectrum{.info = infos[i], .plain = entry.plain[i]};
        spectrum.info.form = spec.form;
        spectrum.currentRank = matrices[i]->rank();
        if (std::holds_alternative<IdentityBlockWeight>(matrices[i]->form()))
            spectrum.currentForm = MatrixForm::IdentityBlock;
        if (needsInputs(spec.truncation)) spectrum.weighted = entry.decompositions[i].sigma;
        analysis->matrices.push_back(std::move(spectrum));
    }
    return analysis;
}

void addProbes(Analysis& analysis, const SpectrumCache::Probes& probes,
               const AnalysisInput& input) {
    for (std::size_t i = 0; i < analysis.matrices.size(); ++i) {
        MatrixSpectrum& matrix = analysis.matrices[i];
        matrix.probes = probes[i];
        if (probes[i].empty()) continue;
        const RankProbe& central = probes[i][probes[i].size() / 2];
        matrix.probeRank = central.rank;
        matrix.probeKl = central.kl;
    }
    for (const at::Tensor& sequence : input.probeSequences)
        analysis.probeTokens += sequence.size(0);
}

Result<SpectrumCache::Probes> probe(const Decoder& model, const PruneSpec& spec,
                                    const AnalysisInput& input, const AnalysisResult& result,
                                    const RunContext& context) {
    const ProbePlan plan{selectionOf(spec.targets),
                         probeRanks(*result.analysis, spec),
                         {},
                         input.reference ? &*input.reference : nullptr};
    SKD_TRY(const LoadPath path,
            measureLoadPath(model, result.decompositions, input.probeSequences, plan, context));
    // A probe says what its cut adds; from the model itself nothing has been lost before it.
    const double already = input.reference ? path.stateKl : 0;
    SpectrumCache::Probes probes(path.kl.size());
    for (std::size_t i = 0; i < probes.size(); ++i)
        for (std::size_t j = 0; j < path.kl[i].size(); ++j)
            probes[i].push_back({plan.ranks[i][j], path.kl[i][j] - already});
    return probes;
}

/// Only budgets by measured weights need probes.
bool wantsProbes(const PruneSpec& spec) {
    const bool budget = spec.ranks == RankRule::Budget || spec.ranks == RankRule::Search;
    return budget && spec.weights == WeightRule::Measured;
}

/// Samples from `first` on until they hold `tokens`; padding is skipped. Each sample at most once.
std::vector<at::Tensor> sequences(const Corpus& corpus, std::size_t first, std::int64_t tokens) {
    std::vector<at::Tensor> taken;
    for (std::int64_t i = 0, have = 0; i < corpus.samples() && have < tokens; ++i) {
        const std::int64_t index = (static_cast<std::int64_t>(first) + i) % corpus.samples();
        const auto sample =
            corpus.sample(index).first(static_cast<std::size_t>(corpus.length(index)));
        const std::vector<std::int64_t> ids(sample.begin(), sample.end());
        if (ids.size() < 2) continue;
        taken.push_back(at::tensor(ids, at::kLong));
        have += static_cast<std::int64_t>(ids.size());
    }
    return taken;
}

}  // namespace

AnalysisInput analysisInput(const ModelSummary& model, const Corpus& corpus,
                            const PruneSpec& spec) {
    AnalysisInput input{.model = model, .corpusSha256 = corpus.sha256()};
    input.calibration = {sequences(corpus, 0, spec.calibrationTokens), spec.skipFirstPosition};
    if (spec.truncation == Truncation::Fisher)
        input.fisher = {sequences(corpus, 0, spec.fisherTokens), spec.skipFirstPosition};
    const std::size_t used =
        std::max(input.calibration.sequences.size(), input.fisher.sequences.size());
    input.probeSequences = sequences(corpus, used, spec.probeTokens);
    return input;
}

namespace {

/// A model's decompositions, the matrices they are of, and the key they are kept under.
struct Spectra {
    std::vector<MatrixInfo> infos;
    std::string key;
    SpectrumCache::Entry entry;  ///< without decompositions when cancelled
};

/// From the cache, or made and kept there.
Result<Spectra> spectraOf(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                          const SpectrumCache& cache, const RunContext& context) {
    Spectra spectra{model.matrixInfos(selectionOf(spec.targets)),
                    spectrumKey(model, spec, input, context.seed),
                    {}};
    const std::string key = channelsKey(spectra.key, spec);
    const bool wanted = wantsChannels(model, spec);
    std::optional<std::vector<ChannelCut>> channels =
        wanted ? cache.loadChannels(key, model.layers.size()) : std::vector<ChannelCut>();
    if (channels)
        if (auto known = cache.load(spectra.key, spectra.infos)) {
            spectra.entry = std::move(*known);
            spectra.entry.channels = std::move(*channels);
            return spectra;
        }
    Decomposer decomposer{model, spec, input, context};
    SKD_TRY(spectra.entry, decomposer.decomposeAll());
    if (spectra.entry.decompositions.empty()) return spectra;
    warnOnFailure(cache.save(spectra.key, spectra.infos, spectra.entry), context);
    if (wanted) warnOnFailure(cache.saveChannels(key, spectra.entry.channels), context);
    return spectra;
}

/// Where each matrix of a layer stands among others, by kind.
using LayerPlaces = std::vector<std::map<MatrixKind, std::size_t>>;
LayerPlaces placesOf(const std::vector<MatrixInfo>& infos, std::size_t layers) {
    LayerPlaces places(layers);
    for (std::size_t i = 0; i < infos.size(); ++i)
        places[static_cast<std::size_t>(infos[i].layer.value())][infos[i].kind] = i;
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

/// Decides per layer, fuses gate and up in `model` where that is better, and puts together the
/// spectra of both ways. `fusable`: layers where neither is factored and both are there.
Result<Spectra> chooseGateUp(Decoder& model, const std::vector<bool>& fusable,
                             const PruneSpec& spec, const AnalysisInput& input,
                             const std::pair<const SpectrumCache&, const RunContext&>& around) {
    PruneSpec apart = spec, joined = spec;
    apart.gateUp = GateUp::Separate;
    joined.gateUp = GateUp::Fused;
    joined.mlpArm = MlpArm::Factored;  // channels are the same in both
    SKD_TRY(Spectra separate, spectraOf(model, apart, input, around.first, around.second));
    const bool any = std::find(fusable.begin(), fusable.end(), true) != fusable.end();
    if (!any || separate.entry.decompositions.empty()) return separate;
    Decoder other = model;
    SKD_CHECK(other.fuseGateUp(fusable));
    SKD_TRY(Spectra fused, spectraOf(other, joined, input, around.first, around.second));
    if (fused.entry.decompositions.empty()) return fused;
    LayerPlaces here = placesOf(separate.infos, model.layers.size()),
                there = placesOf(fused.infos, model.layers.size());
    std::vector<bool> chosen(model.layers.size(), false);
    for (std::size_t i = 0; i < chosen.size(); ++i)
        chosen[i] = fusable[i] && discarded(fused, there[i][MatrixKind::GateUp], joined) <
                                      discarded(separate, here[i][MatrixKind::Gate], apart) +
                                          discarded(separate, here[i][MatrixKind::Up], apart);
    SKD_CHECK(model.fuseGateUp(chosen));
    Spectra mixed{model.matrixInfos(selectionOf(spec.targets)), separate.key + fused.key, {}};
    mixed.entry.channels = std::move(separate.entry.channels);
    for (const MatrixInfo& info : mixed.infos) {
        const auto layer = static_cast<std::size_t>(info.layer.value());
        const bool joint = info.kind == MatrixKind::GateUp && chosen[layer];
        SpectrumCache::Entry& from = joint ? fused.entry : separate.entry;
        const std::size_t place = (joint ? there : here)[layer][info.kind];
        mixed.entry.decompositions.push_back(std::move(from.decompositions[place]));
        mixed.entry.plain.push_back(std::move(from.plain[place]));
        mixed.key += joint ? '1' : '0';
    }
    return mixed;
}

/// Says which matrices' spectra are zero: of zero weights, without inputs, or without gradients at
/// the output (as a new block whose last matrices are zero has them).
void warnOfIdleMatrices(const Spectra& spectra, const RunContext& context) {
    constexpr int kNamed = 5;
    std::string names;
    int count = 0;
    for (std::size_t i = 0; i < spectra.infos.size(); ++i) {
        const std::vector<double>& sigma = spectra.entry.decompositions[i].sigma;
        if (!sigma.empty() && sigma.front() > 0) continue;
        if (++count <= kNamed) appendPart(names, spectra.infos[i].name);
    }
    if (count == 0) return;
    if (count > kNamed) appendPart(names, strCat(count - kNamed, " more"), " and ");
    context.log(log::Level::Warning,
                strCat("no influence on the model's outputs (weights, inputs or gradients are all "
                       "zero), so these are cut first: ",
                       names));
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

Result<AnalysisResult> analyse(const Decoder& given, const PruneSpec& spec,
                               const AnalysisInput& input, const SpectrumCache& cache,
                               const RunContext& context) {
    Decoder model = given;
    if (spec.gateUp == GateUp::Fused) SKD_CHECK(model.fuseGateUp());
    const std::vector<bool> fusable = fusableLayers(model, spec);
    SKD_TRY(Spectra spectra, spec.gateUp == GateUp::PerLayer
                                 ? chooseGateUp(model, fusable, spec, input, {cache, context})
                                 : spectraOf(model, spec, input, cache, context));
    if (spectra.entry.decompositions.empty()) return AnalysisResult{};
    warnOfIdleMatrices(spectra, context);
    const std::vector<MatrixInfo>& infos = spectra.infos;
    const std::string& key = spectra.key;
    SpectrumCache::Entry* entry = &spectra.entry;
    const auto analysis = assemble(model, spec, input, *entry);
    analysis->channels = channelSpectra(model, entry->channels);
    AnalysisResult result{.analysis = analysis,
                          .decompositions = std::move(entry->decompositions),
                          .probeSequences = input.probeSequences,
                          .fused = {},
                          .channels = std::move(entry->channels),
                          .reference = input.reference,
                          .cache = cache,
                          .outputKey = skd::outputKey(key, input)};
    for (const DecoderLayer& layer : model.layers)
        result.fused.push_back(layer.mlp.gateUp.isDefined());
    if (wantsProbes(spec)) {
        const std::string probes = probeKey(key, spec, input);
        std::vector<std::int64_t> full;
        for (const MatrixInfo& info : infos) full.push_back(std::min(info.rows, info.columns));
        std::optional<SpectrumCache::Probes> measured = cache.loadProbes(probes, full);
        if (!measured) {
            context.emit(AnalysisReady{
                context.run, std::make_shared<Analysis>(
                                 *analysis)});  // spectra first: they are worth a look already
            SKD_TRY(measured, probe(model, spec, input, result, context));
            if (measured->empty()) return AnalysisResult{};
            warnOnFailure(cache.saveProbes(probes, *measured), context);
        }
        addProbes(*analysis, *measured, input);
        SKD_TRY(const bool done,
                probeChannels({model, spec, result, probes}, *analysis, cache, context));
        if (!done) return AnalysisResult{};
    }
    context.emit(AnalysisReady{context.run, analysis});
    return result;
}

}  // namespace skd
