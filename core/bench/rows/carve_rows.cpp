#include <chrono>

#include "base/files.h"
#include "base/resources.h"
#include "bench/flops.h"
#include "bench/rows/rows.h"
#include "corpus/run_corpus.h"
#include "eval/perplexity.h"
#include "prune/svd/prune.h"
#include "run/carving.h"

namespace skd::bench {
namespace {

/// What the window opens a model with; in the quick run of it, little text.
RunSpec carveSpec(const World& world) {
    RunSpec spec;
    spec.model = world.request().model;
    if (!world.quick()) return spec;
    std::erase_if(spec.corpus.shares, [](const CorpusShare& share) { return share.name != "c4"; });
    spec.corpus.sequenceLength = 48;
    spec.corpus.samples = 24;
    spec.prune.rankMultiple = 4;
    spec.prune.calibrationTokens = 96;
    spec.prune.fisherTokens = 96;
    spec.prune.probeTokens = 48;
    spec.eval.maxTokens = 500;
    spec.eval.domainTokens = 0;
    spec.eval.context = 64;
    return spec;
}

/// Half of what saves anything, of each matrix: a profile to try.
std::vector<std::int64_t> halfRanks(const Analysis& analysis) {
    std::vector<std::int64_t> ranks;
    for (const MatrixSpectrum& matrix : analysis.matrices)
        ranks.push_back(std::max<std::int64_t>(1, matrix.info.breakEven() / 2));
    return ranks;
}

/// Keeps what Carving says, and when it said it first.
class CarveSink final : public EventSink {
public:
    void emit(Event event) override {
        const double now = std::chrono::duration<double>(Clock::now() - m_begin).count();
        if (auto* ready = std::get_if<AnalysisReady>(&event)) {
            if (!analysis) spectraSeconds = now;
            analysis = ready->analysis;
        } else if (auto* measured = std::get_if<PreviewReady>(&event)) {
            preview = *measured;
        } else if (auto* failed = std::get_if<RunFailed>(&event)) {
            error = failed->error;
        } else if (auto* refused = std::get_if<PreviewFailed>(&event)) {
            error = refused->error;
        }
    }
    [[nodiscard]] Status status() const { return error ? Status(fail(*error)) : Status(); }

    AnalysisPtr analysis;
    std::optional<PreviewReady> preview;
    std::optional<Error> error;
    double spectraSeconds = 0;  ///< until the first spectra came

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point m_begin = Clock::now();
};

/// A carving with the sink that hears of it.
class OpenCarving {
public:
    OpenCarving(std::filesystem::path cache, std::uint64_t seed) : m_carving(std::move(cache)) {
        m_context.sink = &m_sink;
        m_context.seed = seed;
    }
    Status open(const RunSpec& spec) {
        m_carving.open(spec, m_context);
        SKD_CHECK(m_sink.status());
        if (m_sink.analysis) return {};
        return fail(ErrorCode::Internal, "opening a model to carve gave no analysis");
    }
    Status measure(const std::vector<std::int64_t>& ranks) {
        m_carving.measure({++m_serial, ranks}, m_context);
        SKD_CHECK(m_sink.status());
        if (m_sink.preview) return {};
        return fail(ErrorCode::Internal, "a preview gave no result");
    }
    [[nodiscard]] const CarveSink& said() const { return m_sink; }

private:
    Carving m_carving;
    CarveSink m_sink;
    RunContext m_context;
    std::uint64_t m_serial = 0;
};

/// From opening a model to the first preview, with none of our caches (ours cold) or with those of
/// an opening before. The other side is the other way.
class FirstCarveRow final : public Row {
public:
    explicit FirstCarveRow(bool cold) : m_cold(cold) {}

    Status prepare(World& world) override {
        m_world = &world;
        m_spec = carveSpec(world);
        m_warm = world.freshPath("carve");
        return openOnce(m_warm);
    }
    Status ours() override { return openOnce(m_cold ? m_world->freshPath("carve") : m_warm); }
    Status reference() override { return openOnce(m_cold ? m_warm : m_world->freshPath("carve")); }
    [[nodiscard]] Work work() const override {
        return {.bound = BoundKind::Bandwidth, .amount = m_bytes};
    }
    [[nodiscard]] Json details() const override {
        return {{"spectra_seconds", m_spectra}, {"preview_seconds", m_preview}};
    }

private:
    Status openOnce(const std::filesystem::path& cache) {
        OpenCarving carving(cache, m_world->context().seed);
        SKD_CHECK(carving.open(m_spec));
        SKD_CHECK(carving.measure(halfRanks(*carving.said().analysis)));
        m_spectra = carving.said().spectraSeconds;
        m_preview = carving.said().preview->seconds;
        SKD_TRY(const std::filesystem::path path, resolveModelPath(m_spec.model.path));
        m_bytes = static_cast<double>(bytesBelow(path));
        return {};
    }

    bool m_cold;
    World* m_world = nullptr;
    RunSpec m_spec;
    std::filesystem::path m_warm;
    double m_bytes = 0, m_spectra = 0, m_preview = 0;
};

/// A preview of a profile against the whole text scored by the model cut to it.
class PreviewRow final : public Row {
public:
    Status prepare(World& world) override {
        m_spec = carveSpec(world);
        m_spec.prune.gateUp = GateUp::Separate;
        m_cache = world.freshPath("carve");
        m_carving.emplace(m_cache, world.context().seed);
        SKD_CHECK(m_carving->open(m_spec));
        m_ranks = halfRanks(*m_carving->said().analysis);
        SKD_CHECK(m_carving->measure(m_ranks));
        m_preview = m_carving->said().preview;
        return cutModel(world);
    }
    /// Every layer changes, so that nothing of the profile before helps.
    void reset() override {
        static_cast<void>(m_carving->measure(std::vector<std::int64_t>(m_ranks.size(), 0)));
    }
    Status ours() override { return m_carving->measure(m_ranks); }
    Status reference() override {
        SKD_TRY(const EvalReport report, perplexity(m_cut, m_text, m_settings, {}));
        m_truth = report.tokenPerplexity;
        m_tokens = report.scoredTokens;
        return {};
    }
    [[nodiscard]] Work work() const override {
        constexpr std::int64_t kWindows = 8, kWindow = 128;  // of a preview
        return {.amount = layerFlops(m_cut, kWindows, kWindow) +
                          headFlops(m_cut, kWindows * (kWindow - 1))};
    }
    [[nodiscard]] Json details() const override {
        return {{"perplexity", m_preview->perplexity},
                {"low", m_preview->low},
                {"high", m_preview->high},
                {"truth", m_truth},
                {"token_share", tokenShare()},
                {"half_width", halfWidth()}};
    }
    [[nodiscard]] bool agrees() const override {
        return m_preview->low <= m_truth && m_truth <= m_preview->high && halfWidth() <= 0.01 &&
               tokenShare() <= 0.05;
    }

private:
    /// The model that the profile stands for, on the text that previews are estimates of.
    Status cutModel(World& world) {
        SKD_TRY(const OpenModel model, openModel(m_spec.model));
        EvalSpec eval = m_spec.eval;
        eval.liveTokens = eval.maxTokens;
        SKD_TRY(m_text, loadSelectionText(eval, *model.tokenizer));
        SKD_TRY(m_settings,
                resolveSettings(m_spec.eval, m_text.addsBos, model.decoder.config.maxPositions));
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        SKD_TRY(const Corpus corpus,
                buildRunCorpus(m_spec, world.context().seed, *model.tokenizer, resources,
                               {.heldOutTokens = m_spec.eval.domainTokens}));
        PruneSpec prune = m_spec.prune;
        prune.mlpArm = MlpArm::Factored;
        AnalysisInput input = analysisInput(model.summary, corpus, prune);
        input.identity = model.identity.key();
        SKD_TRY(const AnalysisResult analysis,
                analyse(model.decoder, prune, input, SpectrumCache(m_cache), world.context()));
        m_cut = model.decoder.clone();
        applyRanks(m_cut, analysis.decompositions, m_ranks, selectionOf(prune.targets));
        return {};
    }
    [[nodiscard]] double halfWidth() const {
        return (m_preview->high - m_preview->low) / 2 / m_preview->perplexity;
    }
    [[nodiscard]] double tokenShare() const {
        return static_cast<double>(m_preview->tokens) / static_cast<double>(m_tokens);
    }

    RunSpec m_spec;
    std::filesystem::path m_cache;
    std::optional<OpenCarving> m_carving;
    std::vector<std::int64_t> m_ranks;
    Decoder m_cut;
    EvalText m_text;
    EvalSettings m_settings;
    std::optional<PreviewReady> m_preview;
    double m_truth = 0;
    std::int64_t m_tokens = 0;
};

}  // namespace

std::vector<RowEntry> carveRows() {
    const char* bound = "read bandwidth: the model's file once";
    return {{"first-carve-cold",
             "opening a model up to the first preview, none of our caches",
             "openings",
             "with the caches of an opening before",
             bound,
             {.seconds = 5},
             true,
             rowOf<FirstCarveRow>(true)},
            {"first-carve-warm",
             "opening a model up to the first preview, our caches kept",
             "openings",
             "with none of our caches",
             bound,
             {.seconds = 1.5},
             true,
             rowOf<FirstCarveRow>(false)},
            {"preview",
             "perplexity of a profile of ranks, estimated",
             "previews",
             "full evaluation of the cut model",
             "GEMM probe: the preview's own windows",
             {.ratio = 1, .elsewhere = "within 1 % (95 %) at 1/20 of the tokens"},
             true,
             rowOf<PreviewRow>()}};
}

}  // namespace skd::bench
