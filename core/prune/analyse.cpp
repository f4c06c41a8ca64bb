#include "prune/analyse.h"

#include "base/hash.h"
#include "base/text.h"
#include "prune/load_path.h"

namespace skd {
namespace {

/// Raised when what a cache entry holds is computed in another way.
constexpr int kCacheVersion = 1;

std::string spectrumKey(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input) {
    const bool whitened = spec.truncation == Truncation::Whitened;
    std::string text = strCat("spectra ", kCacheVersion, " ", input.model.weightsSha256, " ", at::toString(model.dtype()), " ", enumName(spec.truncation));
    if (whitened) text += strCat(" ", input.corpusSha256, " ", input.calibration.tokens(), " ", spec.skipFirstPosition);
    return sha256Hex(text);
}

std::string probeKey(const std::string& spectra, const PruneSpec& spec, const AnalysisInput& input) {
    std::int64_t tokens = 0;
    for (const at::Tensor& sequence : input.probeSequences) tokens += sequence.size(0);
    return sha256Hex(strCat("probes ", kCacheVersion, " ", spectra, " ", input.corpusSha256, " ", tokens, " ", spec.probeFraction, " ", spec.rankMultiple));
}

/// Empty when cancelled.
Result<SpectrumCache::Entry> decomposeAll(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input, const RunContext& context) {
    std::vector<LayerGram> grams(model.layers.size());
    if (spec.truncation == Truncation::Whitened) {
        SKD_TRY(grams, collectGrams(model, input.calibration, context));
        if (grams.empty()) return SpectrumCache::Entry{};
    }
    Decoder walk = model;
    const std::vector<Linear*> matrices = walk.matrices();
    const std::vector<MatrixInfo> infos = model.matrixInfos();
    SpectrumCache::Entry entry;
    ProgressMeter meter(context, Stage::Analyse, static_cast<std::int64_t>(matrices.size()), "matrices");
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        if (context.cancelled()) return SpectrumCache::Entry{};
        const LayerGram& gram = grams[static_cast<std::size_t>(infos[i].layer.value())];
        const at::Tensor weight = matrices[i]->weight();
        SKD_TRY(Decomposition decomposition, decompose(weight, infos[i].kind == MatrixKind::Down ? gram.inner : gram.input, infos[i].name));
        SKD_TRY(std::vector<double> plain, plainSingularValues(weight, infos[i].name));
        entry.decompositions.push_back(std::move(decomposition));
        entry.plain.push_back(std::move(plain));
        meter.advance(1);
    }
    return entry;
}

std::shared_ptr<Analysis> assemble(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input, const SpectrumCache::Entry& entry) {
    auto analysis = std::make_shared<Analysis>();
    analysis->model = input.model;
    analysis->corpusSha256 = input.corpusSha256;
    const bool whitened = spec.truncation == Truncation::Whitened;
    analysis->calibrationTokens = whitened ? input.calibration.tokens() : 0;
    const std::vector<MatrixInfo> infos = model.matrixInfos();
    for (std::size_t i = 0; i < infos.size(); ++i) {
        MatrixSpectrum spectrum{.info = infos[i], .plain = entry.plain[i]};
        if (whitened) spectrum.whitened = entry.decompositions[i].sigma;
        analysis->matrices.push_back(std::move(spectrum));
    }
    return analysis;
}

void addProbes(Analysis& analysis, const SpectrumCache::Probes& probes, const AnalysisInput& input) {
    for (std::size_t i = 0; i < analysis.matrices.size(); ++i) {
        analysis.matrices[i].probeRank = probes.ranks[i];
        analysis.matrices[i].probeKl = probes.kl[i];
    }
    for (const at::Tensor& sequence : input.probeSequences) analysis.probeTokens += sequence.size(0);
}

/// A cache that cannot be written costs time later, not the run.
void warnOnFailure(const Status& saved, const RunContext& context) {
    if (!saved) context.log(log::Level::Warning, "the spectra were not cached: " + saved.error().message);
}

/// Only budgets by measured weights need probes.
bool wantsProbes(const PruneSpec& spec) { return spec.ranks == RankRule::Budget && spec.weights == WeightRule::Measured; }

}  // namespace

Result<AnalysisResult> analyse(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input, const SpectrumCache& cache,
                               const RunContext& context) {
    const std::string key = spectrumKey(model, spec, input);
    std::optional<SpectrumCache::Entry> entry = cache.load(key, model.matrixInfos());
    if (!entry) {
        SKD_TRY(entry, decomposeAll(model, spec, input, context));
        if (entry->decompositions.empty()) return AnalysisResult{};
        warnOnFailure(cache.save(key, model.matrixInfos(), *entry), context);
    }
    auto analysis = assemble(model, spec, input, *entry);
    if (!wantsProbes(spec)) {
        context.emit(AnalysisReady{context.run, analysis});
        return AnalysisResult{analysis, std::move(entry->decompositions)};
    }
    const std::string probes = probeKey(key, spec, input);
    std::optional<SpectrumCache::Probes> measured = cache.loadProbes(probes, analysis->matrices.size());
    if (!measured) {
        context.emit(AnalysisReady{context.run, std::make_shared<Analysis>(*analysis)});  // spectra first: they are worth a look already
        SKD_TRY(measured, measureLoadPath(model, entry->decompositions, input.probeSequences, {spec.probeFraction, spec.rankMultiple}, context));
        if (measured->ranks.empty()) return AnalysisResult{};
        warnOnFailure(cache.saveProbes(probes, *measured), context);
    }
    addProbes(*analysis, *measured, input);
    context.emit(AnalysisReady{context.run, analysis});
    return AnalysisResult{analysis, std::move(entry->decompositions)};
}

}  // namespace skd
