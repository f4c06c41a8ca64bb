#include "prune/svd/analyse.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "prune/shared/prune_report.h"
#include "prune/svd/analysis_keys.h"
#include "prune/svd/channel_analysis.h"
#include "prune/svd/load_path.h"
#include "prune/svd/spectra.h"
#include "ranks/allocation.h"

namespace skd {
namespace {

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

}  // namespace

Result<AnalysisResult> analyse(const Decoder& given, const PruneSpec& spec,
                               const AnalysisInput& input, const SpectrumCache& cache,
                               const RunContext& context) {
    Decoder model = given;
    if (spec.gateUp == GateUp::Fused) SKD_CHECK(model.fuseGateUp());
    SKD_TRY(Spectra spectra, spec.gateUp == GateUp::PerLayer
                                 ? spectraByGateUp(model, spec, input, {cache, context})
                                 : spectraOf(model, spec, input, {cache, context}));
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
        const auto turn =
            measured ? std::nullopt : cache.turn(probes, [&] { return context.cancelled(); });
        if (turn) measured = cache.loadProbes(probes, full);
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
