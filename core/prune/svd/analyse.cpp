#include "prune/svd/analyse.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "prune/shared/prune_report.h"
#include "prune/svd/channel_analysis.h"
#include "prune/svd/fisher.h"
#include "prune/svd/load_path.h"
#include "ranks/allocation.h"

namespace skd {
namespace {

/// Raised when what a cache entry holds is computed in another way.
constexpr int kCacheVersion = 2;

/// Statistics of a group of layers are held at a time; a model whose layers need more takes several
/// passes.
constexpr std::int64_t kStatisticsBytes = std::int64_t{3} << 30;

bool needsInputs(Truncation truncation) {
    return truncation != Truncation::Plain;
}

/// Of every tensor's name, shape and bytes: a recovered model is another one than the file it came
/// from.
std::uint64_t digestOf(const Decoder& model) {
    Decoder walk = model;
    std::uint64_t digest = 0;
    walk.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
        const std::string head =
            strCat(name, " ", host.sizes(), " ", at::toString(host.scalar_type()));
        const std::uint64_t parts[3] = {digest, xxh3(head.data(), head.size()),
                                        xxh3(host.data_ptr(), host.nbytes())};
        digest = xxh3(parts, sizeof parts);
    });
    return digest;
}

std::uint64_t digestOf(const std::vector<at::Tensor>& sequences, bool skipFirstPosition = false) {
    std::uint64_t digest = 2 * sequences.size() + (skipFirstPosition ? 1 : 0);
    for (const at::Tensor& sequence : sequences) {
        const at::Tensor ids = sequence.to(at::kCPU, at::kLong).contiguous();
        const std::uint64_t parts[2] = {digest, xxh3(ids.data_ptr(), ids.nbytes())};
        digest = xxh3(parts, sizeof parts);
    }
    return digest;
}

std::string spectrumKey(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                        std::uint64_t seed) {
    std::string text =
        strCat("spectra ", kCacheVersion, " ", input.model.weightsSha256, " ", digestOf(model), " ",
               enumName(spec.truncation), " ", enumName(spec.targets), " ", enumName(spec.gateUp));
    if (needsInputs(spec.truncation))
        text +=
            strCat(" ", digestOf(input.calibration.sequences, input.calibration.skipFirstPosition));
    if (spec.truncation == Truncation::Asvd)
        text += strCat(" alpha ", formatNumber(spec.asvdAlpha, 17));
    if (spec.truncation == Truncation::Fisher)
        text += strCat(" labels ", seed, " ",
                       digestOf(input.fisher.sequences, input.fisher.skipFirstPosition));
    return sha256Hex(text);
}

std::string probeKey(const std::string& spectra, const PruneSpec& spec,
                     const AnalysisInput& input) {
    // Probe ranks hang on the form's break-even rank; keys of factors are those from before forms.
    const char* form = spec.form == MatrixForm::Factored ? "" : " identity-block";
    return sha256Hex(strCat(
        "probes ", kCacheVersion, " ", spectra, " ", digestOf(input.probeSequences), " ",
        formatNumber(spec.probeFraction, 17), " ", spec.probeRanks, " ", spec.rankMultiple, form));
}

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
            SKD_TRY(fisher, collectOutputFisher(model, input.fisher, {selection, range}, context));
        }
        if (grams.empty() || fisher.size() != infos.size()) return false;
        SKD_TRY(const bool done, decomposeMatrices(range, grams, fisher));
        if (done && wantsChannels(model, spec))
            SKD_CHECK(addChannelCuts(model, range, grams, infos, spec.channelRidge, entry));
        return done;
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
            const at::Tensor& statistic = grams[layer].of(infos[i].kind);
            const ErrorMetric metric{spec.truncation == Truncation::Asvd
                                         ? asvdGram(statistic, spec.asvdAlpha)
                                         : statistic,
                                     fisher[i]};
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
    const ProbePlan plan{
        selectionOf(spec.targets),
        probeRanks(*result.analysis, spec.probeFraction, spec.probeRanks, spec.rankMultiple),
        {}};
    SKD_TRY(const LoadPath path,
            measureLoadPath(model, result.decompositions, input.probeSequences, plan, context));
    SpectrumCache::Probes probes(path.kl.size());
    for (std::size_t i = 0; i < probes.size(); ++i)
        for (std::size_t j = 0; j < path.kl[i].size(); ++j)
            probes[i].push_back({plan.ranks[i][j], path.kl[i][j]});
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
    const std::vector<MatrixInfo>& infos = spectra.infos;
    const std::string& key = spectra.key;
    SpectrumCache::Entry* entry = &spectra.entry;
    const auto analysis = assemble(model, spec, input, *entry);
    analysis->channels = channelSpectra(model, entry->channels);
    AnalysisResult result{analysis, std::move(entry->decompositions), input.probeSequences, {}, {}};
    result.channels = std::move(entry->channels);
    for (const DecoderLayer& layer : model.layers)
        result.fused.push_back(layer.mlp.gateUp.isDefined());
    if (wantsProbes(spec)) {
        const std::string probes = probeKey(key, spec, input);
        std::optional<SpectrumCache::Probes> measured = cache.loadProbes(probes, infos.size());
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
