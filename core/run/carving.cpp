#include "run/carving.h"

#include <c10/core/GradMode.h>

#include <cmath>

#include "base/resources.h"
#include "base/text.h"
#include "corpus/run_corpus.h"
#include "eval/perplexity.h"
#include "library/model_source.h"
#include "library/run_models.h"
#include "model/elastic.h"
#include "model/head_scoring.h"
#include "prune/svd/analyse.h"
#include "prune/svd/load_path.h"
#include "prune/svd/prune.h"
#include "store/run_store.h"

namespace skd {
namespace {

constexpr std::int64_t kWindows = 8, kWindowTokens = 128;
/// Factors of this many (matrix, rank) pairs are kept; a whole profile is one per matrix.
constexpr std::size_t kKeptFactors = 1024;

}  // namespace

/// Measures what a rank profile does on a slice of the selection text: short windows spread over
/// it, each paired with the dense model's score on the same window. Hidden states before every
/// layer are kept from the last profile, so only layers from the first changed one on are run
/// again.
class PreviewBench {
public:
    PreviewBench(OpenModel model, AnalysisResult analysis, EvalText text, EvalSettings settings)
        : m_model(std::move(model)),
          m_analysis(std::move(analysis)),
          m_text(std::move(text)),
          m_settings(settings) {
        for (const MatrixSpectrum& matrix : m_analysis.analysis->matrices)
            (isAttention(matrix.info.kind) ? m_selection.attention : m_selection.mlp) = true;
        static_cast<void>(m_model.decoder.fuseGateUp(m_analysis.fused));  // as it was analysed
        m_candidate = m_model.decoder;
        m_ranks.assign(m_analysis.analysis->matrices.size(), 0);
        cutSlice();
    }

    /// From the end of prepare() on, profiles are sizes of this elastic model.
    void setRecovered(Decoder model) { m_recovered = std::move(model); }

    /// Scores the dense model on the whole text (the estimate's anchor) and on the slice.
    Status prepare(const RunContext& context) {
        const c10::NoGradGuard noGradient;
        for (std::size_t w = 0; w < m_slice.size(); ++w) {
            at::Tensor final;
            if (!advance(w, 0, final, context)) return {};
            m_slice[w].denseNll = scoreSlice(w, final);
            if (w == 0)
                m_distribution = std::make_unique<OutputDistribution>(final[0], m_candidate.head);
        }
        m_validLayers = m_candidate.layers.size() - 1;
        SKD_TRY(const EvalReport dense, perplexity(m_model.decoder, m_text, m_settings, context));
        m_densePerplexity = dense.tokenPerplexity;
        m_denseMean = dense.nllSum / static_cast<double>(dense.scoredTokens);
        if (m_recovered) useRecovered();
        return {};
    }

    /// Estimate of the perplexity of `ranks` with its 95 % interval; nothing when cancelled.
    Result<std::optional<PreviewReady>> measure(std::uint64_t serial,
                                                const std::vector<std::int64_t>& ranks,
                                                const RunContext& context) {
        if (ranks.size() != m_ranks.size())
            return fail(ErrorCode::InvalidInput, "the rank profile does not fit the open model");
        const auto begin = std::chrono::steady_clock::now();
        const c10::NoGradGuard noGradient;
        SKD_TRY(const std::size_t first, adopt(ranks));
        m_validLayers = first;  // until every window has been advanced
        PreviewReady ready{.serial = serial, .densePerplexity = m_densePerplexity};
        std::vector<Cluster> differences;
        for (std::size_t w = 0; w < m_slice.size(); ++w) {
            at::Tensor final;
            if (!advance(w, first, final, context)) return std::optional<PreviewReady>{};
            const std::int64_t tokens = m_slice[w].labels.size(0);
            differences.push_back({scoreSlice(w, final) - m_slice[w].denseNll,
                                   static_cast<double>(tokens), m_slice[w].follows});
            ready.tokens += tokens;
            if (w == 0 && m_distribution)
                ready.kl = m_distribution->meanKl(final[0], m_candidate.head);
        }
        m_validLayers = m_candidate.layers.size() - 1;
        double sum = 0;
        for (const Cluster& difference : differences) sum += difference.value;
        const double mean = m_denseMean + sum / static_cast<double>(ready.tokens);
        const double half = differences.size() < 2 ? 0 : ratioError(differences).halfWidth();
        ready.perplexity = std::exp(mean);
        ready.low = std::exp(mean - half);
        ready.high = std::exp(mean + half);
        ready.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        return std::optional<PreviewReady>{ready};
    }

    [[nodiscard]] double densePerplexity() const { return m_densePerplexity; }

private:
    struct SliceWindow {
        at::Tensor ids;     ///< [1, length]
        at::Tensor labels;  ///< [scored]
        at::Tensor rows;    ///< [scored]: positions whose logits predict them
        double denseNll = 0;
        bool follows = false;  ///< less than a window after the one before it
    };

    /// The window of `length` tokens from `begin` on.
    [[nodiscard]] SliceWindow windowAt(std::int64_t begin, std::int64_t length) const {
        std::vector<std::int64_t> ids, labels, rows;
        if (m_settings.bos && m_text.bos) ids.push_back(static_cast<std::int64_t>(*m_text.bos));
        for (std::int64_t token = begin; token < begin + length; ++token) {
            const auto id = static_cast<std::int64_t>(m_text.ids[static_cast<std::size_t>(token)]);
            if (!ids.empty() && !m_text.isUnscored(token)) {
                labels.push_back(id);
                rows.push_back(static_cast<std::int64_t>(ids.size()) - 1);
            }
            ids.push_back(id);
        }
        const auto tensor = [&](const std::vector<std::int64_t>& values) {
            return at::tensor(values, at::kLong).to(m_model.decoder.device());
        };
        return {tensor(ids).unsqueeze(0), tensor(labels), tensor(rows)};
    }

    void cutSlice() {
        const auto tokens = static_cast<std::int64_t>(m_text.ids.size());
        const std::int64_t length = std::min(kWindowTokens, tokens);
        const std::int64_t windows = std::clamp<std::int64_t>(tokens / length, 1, kWindows);
        const std::int64_t apart = windows == 1 ? 0 : (tokens - length) / (windows - 1);
        for (std::int64_t i = 0; i < windows; ++i) {
            const std::int64_t begin = windows == 1 ? 0 : (tokens - length) * i / (windows - 1);
            SliceWindow window = windowAt(begin, length);
            window.follows = i > 0 && apart < 2 * length;
            if (window.labels.numel() > 0) m_slice.push_back(std::move(window));
        }
        m_states.assign(m_slice.size(), std::vector<at::Tensor>(m_model.decoder.layers.size()));
        const c10::NoGradGuard noGradient;
        for (std::size_t w = 0; w < m_slice.size(); ++w)
            m_states[w][0] = m_model.decoder.embed(m_slice[w].ids);
    }

    void setRank(std::size_t matrix, std::int64_t rank) {
        Linear* linear = m_candidate.matrices(m_selection)[matrix];
        Linear* original = m_model.decoder.matrices(m_selection)[matrix];
        if (rank == 0) return linear->replace(original->form());
        if (m_factors.size() > kKeptFactors) m_factors.clear();
        auto found = m_factors.find({matrix, rank});
        if (found == m_factors.end()) {
            const Linear::Form form = formAt(*original, m_analysis.decompositions[matrix], rank);
            found = m_factors.emplace(std::pair{matrix, rank}, std::get<LowRankWeight>(form)).first;
        }
        linear->replace(found->second);
    }

    /// Its weights are others from the embedding on, so nothing of the dense model's states holds.
    void useRecovered() {
        m_candidate = *m_recovered;
        for (std::size_t w = 0; w < m_slice.size(); ++w)
            m_states[w][0] = m_candidate.embed(m_slice[w].ids);
        m_ranks.assign(m_ranks.size(), -1);
        m_validLayers = 0;
    }

    Status setSize(const std::vector<std::int64_t>& ranks) {
        MatrixRanks size;
        for (std::size_t i = 0; i < ranks.size(); ++i)
            size[m_analysis.analysis->matrices[i].info.name] = ranks[i];
        return setRanks(m_candidate, size);
    }

    /// First layer whose ranks differ from the profile measured last; applies the new ranks.
    Result<std::size_t> adopt(const std::vector<std::int64_t>& ranks) {
        if (m_recovered) SKD_CHECK(setSize(ranks));
        std::size_t first = m_candidate.layers.size() - 1;
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            if (ranks[i] == m_ranks[i]) continue;
            first = std::min(first, static_cast<std::size_t>(
                                        m_analysis.analysis->matrices[i].info.layer.value()));
            if (!m_recovered) setRank(i, ranks[i]);
        }
        m_ranks = ranks;
        return std::min(first, m_validLayers);
    }

    /// Final hidden states of a window, from layer `first` on; false when cancelled.
    bool advance(std::size_t window, std::size_t first, at::Tensor& final,
                 const RunContext& context) {
        at::Tensor hidden = m_states[window][first];
        for (std::size_t layer = first; layer < m_candidate.layers.size(); ++layer) {
            if (context.cancelled()) return false;
            m_states[window][layer] = hidden;
            hidden = m_candidate.runLayers(hidden, layer, layer + 1);
        }
        final = m_candidate.normalise(hidden);
        return true;
    }

    [[nodiscard]] double scoreSlice(std::size_t window, const at::Tensor& final) const {
        const SliceWindow& slice = m_slice[window];
        return scoreTokens(final[0].index_select(0, slice.rows), m_candidate.head, slice.labels)
            .sum()
            .item<double>();
    }

    OpenModel m_model;                   ///< as loaded
    Decoder m_candidate;                 ///< with the profile's factors
    std::optional<Decoder> m_recovered;  ///< elastic
    AnalysisResult m_analysis;
    MatrixSelection m_selection{false, false};  ///< the analysis' matrices
    EvalText m_text;
    EvalSettings m_settings;
    double m_densePerplexity = 0, m_denseMean = 0;
    std::vector<SliceWindow> m_slice;
    std::vector<std::int64_t> m_ranks;
    std::vector<std::vector<at::Tensor>> m_states;  ///< [window][layer]
    std::size_t m_validLayers = 0;  ///< states before layers [0, this] belong to m_ranks
    std::unique_ptr<OutputDistribution> m_distribution;
    std::map<std::pair<std::size_t, std::int64_t>, LowRankWeight> m_factors;
};

namespace {

/// The text that previews of a run's model are measured on, and how.
struct PreviewText {
    EvalText text;
    EvalSettings settings;
};

Result<PreviewText> previewText(const RunSpec& spec, const OpenModel& model) {
    EvalSpec eval = spec.eval;
    eval.liveTokens = eval.maxTokens;  // spread over more than the live slice
    SKD_TRY(EvalText text, loadSelectionText(eval, *model.tokenizer));
    SKD_TRY(const EvalSettings settings,
            resolveSettings(spec.eval, text.addsBos, model.decoder.config.maxPositions));
    return PreviewText{std::move(text), settings};
}

/// Null when cancelled.
Result<std::shared_ptr<PreviewBench>> makeBench(const RunSpec& spec,
                                                const std::filesystem::path& spectra,
                                                const RunContext& context) {
    context.emit(StageStarted{RunId(), Stage::Load, strCat("open ", spec.model.path)});
    SKD_TRY(OpenModel model, openModel(spec.model));
    SKD_TRY(PreviewText text, previewText(spec, model));
    SKD_TRY(const std::filesystem::path resources, resourceFolder());
    SKD_TRY(const Corpus corpus, buildRunCorpus(spec, context.seed, *model.tokenizer, resources,
                                                {.heldOutTokens = spec.eval.domainTokens}));
    context.emit(StageStarted{RunId(), Stage::Analyse, "spectra and load path"});
    PruneSpec prune = spec.prune;
    prune.mlpArm = MlpArm::Factored;  // profiles by hand are of ranks; widths are for runs
    AnalysisInput input = analysisInput(model.summary, corpus, prune);
    input.identity = model.identity.key();
    SKD_TRY(AnalysisResult analysis,
            analyse(model.decoder, prune, input, SpectrumCache(spectra), context));
    if (!analysis.analysis) return std::shared_ptr<PreviewBench>();
    context.emit(StageStarted{RunId(), Stage::Evaluate, "dense perplexity"});
    auto made = std::make_shared<PreviewBench>(std::move(model), std::move(analysis),
                                               std::move(text.text), text.settings);
    SKD_CHECK(made->prepare(context));
    context.emit(StageFinished{RunId(), Stage::Evaluate, 0, {{"ppl", made->densePerplexity()}}});
    return made;
}

/// The elastic model that a reference names; InvalidInput where the run has one size.
Result<Decoder> openRecovered(const RecordedRuns& runs, const RunReference& reference,
                              const LoadOptions& options) {
    SKD_TRY(DecoderFile file, openRunModel(runs.paths, reference, options));
    if (isElastic(file.model.decoder)) return std::move(file.model.decoder);
    return fail(ErrorCode::InvalidInput,
                strCat(reference.text(),
                       " is not elastic, so it has no sizes to move through; open the model that "
                       "it began with, or an elastic run"));
}

/// The same for the sizes of an elastic run; null when cancelled.
Result<std::shared_ptr<PreviewBench>> makeRecoveredBench(const RecordedRuns& runs,
                                                         const RunReference& reference,
                                                         const RunContext& context) {
    context.emit(StageStarted{RunId(), Stage::Load, strCat("open ", reference.text())});
    SKD_TRY(const auto store, RunStore::open(runs.workspace));
    SKD_TRY(const RunDetails details, store->details(reference.run));
    SKD_TRY(const RunSpec spec,
            located(parseRunSpec(details.spec), strCat("run ", reference.run.value())));
    SKD_TRY(const AnalysisPtr recorded, store->analysis(reference.run));
    SKD_TRY(const LoadOptions options, loadOptions(spec.model));
    SKD_TRY(Decoder recovered, openRecovered(runs, reference, options));
    SKD_TRY(OpenModel dense, openModel(spec.model, &runs.paths));
    SKD_TRY(PreviewText text, previewText(spec, dense));
    auto analysis = std::make_shared<Analysis>(*recorded);
    analysis->model.path = reference.text();
    context.emit(AnalysisReady{RunId(), analysis});
    context.emit(StageStarted{RunId(), Stage::Evaluate, "dense perplexity"});
    AnalysisResult result;
    result.analysis = analysis;
    for (const DecoderLayer& layer : recovered.layers)
        result.fused.push_back(layer.mlp.gateUp.isDefined());
    auto made = std::make_shared<PreviewBench>(std::move(dense), std::move(result),
                                               std::move(text.text), text.settings);
    made->setRecovered(std::move(recovered));
    SKD_CHECK(made->prepare(context));
    context.emit(StageFinished{RunId(), Stage::Evaluate, 0, {{"ppl", made->densePerplexity()}}});
    return made;
}

/// Of what spec.model names.
Result<std::shared_ptr<PreviewBench>> makeAnyBench(const RunSpec& spec,
                                                   const std::filesystem::path& spectra,
                                                   const std::optional<RecordedRuns>& runs,
                                                   const RunContext& context) {
    SKD_TRY(const std::optional<RunReference> reference, parseRunReference(spec.model.path));
    if (!reference || !runs) return makeBench(spec, spectra, context);
    return makeRecoveredBench(*runs, {reference->run, reference->step, {}}, context);
}

}  // namespace

void Carving::open(const RunSpec& spec, const RunContext& context) {
    m_bench.reset();
    setThreads(spec.model.threads);
    auto bench = makeAnyBench(spec, m_spectra, m_runs, context);
    if (!bench)
        context.emit(RunFailed{RunId(), bench.error()});
    else if (*bench != nullptr && !context.stop.stop_requested())
        m_bench = std::move(*bench);
}

void Carving::measure(const PreviewRequest& request, const RunContext& context) {
    if (!m_bench) {
        context.emit(PreviewFailed{request.serial,
                                   {ErrorCode::NotFound, "no model is open; open one to measure"}});
        return;
    }
    const auto ready = m_bench->measure(request.serial, request.ranks, context);
    if (!ready)
        context.emit(PreviewFailed{request.serial, ready.error()});
    else if (*ready)
        context.emit(**ready);
}

}  // namespace skd
