#include "run/carving.h"

#include "base/resources.h"
#include "base/text.h"
#include "prune/svd/analyse.h"

namespace skd {
namespace {

/// Null when cancelled.
Result<std::unique_ptr<PreviewBench>> makeBench(const RunSpec& spec,
                                                const std::filesystem::path& spectra,
                                                const RunContext& context) {
    context.emit(StageStarted{RunId(), Stage::Load, strCat("open ", spec.model.path)});
    SKD_TRY(OpenModel model, openModel(spec.model));
    SKD_TRY(EvalText text, loadEvalText(spec.eval, *model.tokenizer));
    SKD_TRY(const EvalSettings settings,
            resolveSettings(spec.eval, text.addsBos, model.decoder.config.maxPositions));
    SKD_TRY(const std::filesystem::path resources, resourceFolder());
    SKD_TRY(const Corpus corpus, buildCorpus(spec.corpus, context.seed, *model.tokenizer, resources,
                                             {.heldOutTokens = spec.eval.domainTokens}));
    context.emit(StageStarted{RunId(), Stage::Analyse, "spectra and load path"});
    const AnalysisInput input = analysisInput(model.summary, corpus, spec.prune);
    SKD_TRY(AnalysisResult analysis,
            analyse(model.decoder, spec.prune, input, SpectrumCache(spectra), context));
    if (!analysis.analysis) return std::unique_ptr<PreviewBench>();
    context.emit(StageStarted{RunId(), Stage::Evaluate, "dense perplexity"});
    auto made = std::make_unique<PreviewBench>(std::move(model), std::move(analysis),
                                               std::move(text), settings);
    SKD_CHECK(made->prepare(context));
    context.emit(StageFinished{RunId(), Stage::Evaluate, 0, {{"ppl", made->densePerplexity()}}});
    return made;
}

}  // namespace

void Carving::open(const RunSpec& spec, const RunContext& context) {
    m_bench.reset();
    setThreads(spec.model.threads);
    auto bench = makeBench(spec, m_spectra, context);
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
