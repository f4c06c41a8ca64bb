#include "run/engine_session.h"

#include <algorithm>

#include "base/hash.h"
#include "base/log.h"
#include "base/resources.h"
#include "base/text.h"
#include "run/analysis_input.h"
#include "run/guarded.h"
#include "run/pipeline.h"
#include "run/tools.h"
#include "store/run_store.h"

namespace skd {

EngineSession::EngineSession(const SessionOptions& options, std::unique_ptr<RunWriter> writer)
    : m_options(options),
      m_paths(RunPaths::of(options.workspace, options.cacheFolder)),
      m_writer(std::move(writer)),
      m_recorder(*m_writer, m_paths.cache) {
    if (options.takeQueue) takeQueue();
    m_thread = std::jthread([this](const std::stop_token& end) { work(end); });
}

EngineSession::~EngineSession() {
    // First the thread's own end, so that it takes no further job once the current one has stopped.
    m_thread.request_stop();
    stop();
    setPaused(false);
    cancelPreview();
    cancelTasks();
    m_thread.join();
}

void EngineSession::subscribe(std::shared_ptr<EventSink> sink) {
    const std::lock_guard lock(m_mutex);
    m_sinks.push_back(std::move(sink));
}

void EngineSession::unsubscribe(const EventSink* sink) {
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_sinks, [&](const auto& held) { return held.get() == sink; });
}

void EngineSession::emit(Event event) {
    std::vector<std::shared_ptr<EventSink>> sinks;
    {
        const std::lock_guard lock(m_mutex);
        sinks = m_sinks;
    }
    // The workspace first: what people are told has happened is on record.
    m_recorder.emit(event);
    for (const auto& sink : sinks) sink->emit(event);
}

RunSpec EngineSession::withDefaults(RunSpec spec) const {
    if (spec.model.threads == 0) spec.model.threads = m_options.threads;
    return spec;
}

Result<RunId> EngineSession::start(const RunSpec& given, const RunLabels& labels) {
    const RunSpec spec = withDefaults(given);
    SKD_CHECK(validate(spec));
    const Json json = toJson(spec);
    SKD_TRY(const RunId run,
            m_writer->createRun(displayName(spec), json, sha256Hex(dumpJson(json)), labels));
    {
        const std::lock_guard lock(m_mutex);
        m_queue.push_back({run, spec, false});
        m_wake.notify_all();
    }
    publishQueue();
    return run;
}

Status EngineSession::resumeRun(RunId run) {
    SKD_TRY(const auto store, RunStore::open(m_options.workspace));
    SKD_TRY(const RunDetails details, store->details(run));
    if (details.row.status == RunStatus::Completed)
        return fail(ErrorCode::InvalidInput,
                    strCat("run ", run.value(), " is complete; there is nothing to go on with"));
    SKD_TRY(RunSpec spec, parseRunSpec(details.spec));
    {
        const std::lock_guard lock(m_mutex);
        const bool waits = std::any_of(m_queue.begin(), m_queue.end(),
                                       [&](const Job& job) { return job.run == run; });
        if (waits || m_current == run)
            return fail(ErrorCode::Busy,
                        strCat("run ", run.value(), " is already running or queued"));
        m_queue.push_back({run, std::move(spec), true});
        m_wake.notify_all();
    }
    publishQueue();
    return {};
}

/// Specs that cannot be read any more are left out; their runs stay as they are.
void EngineSession::takeQueue() {
    const auto store = RunStore::open(m_options.workspace);
    if (!store) return;
    const auto waiting = (*store)->queue();
    for (const RunId run : waiting.value_or(std::vector<RunId>{})) {
        const auto details = (*store)->details(run);
        auto spec = details ? parseRunSpec(details->spec) : Result<RunSpec>(fail(details.error()));
        if (spec)
            m_queue.push_back({run, std::move(*spec), true});
        else
            log::warning(
                strCat("run ", run.value(), " cannot be queued again: ", spec.error().message));
    }
    m_held = !m_queue.empty();
}

/// Says, and keeps, what waits now.
void EngineSession::publishQueue() {
    const std::lock_guard order(m_publishing);  // what is said last is what was true last
    const QueueChanged now = queue();
    if (const Status kept = m_writer->orderQueue(now.runs); !kept)
        log::warning(kept.error().message);
    emit(now);
}

QueueChanged EngineSession::queue() const {
    const std::lock_guard lock(m_mutex);
    QueueChanged state{{}, m_held};
    for (const Job& job : m_queue) state.runs.push_back(job.run);
    return state;
}

void EngineSession::reorderQueue(const std::vector<RunId>& order) {
    {
        const std::lock_guard lock(m_mutex);
        const auto place = [&](const Job& job) {
            return std::find(order.begin(), order.end(), job.run);
        };
        std::stable_sort(m_queue.begin(), m_queue.end(),
                         [&](const Job& a, const Job& b) { return place(a) < place(b); });
    }
    publishQueue();
}

bool EngineSession::dropFromQueue(RunId run) {
    const std::lock_guard lock(m_mutex);
    return std::erase_if(m_queue, [run](const Job& job) { return job.run == run; }) > 0;
}

Status EngineSession::leaveQueue(RunId run) {
    if (!dropFromQueue(run))
        return fail(ErrorCode::NotFound,
                    strCat("run ", run.value(), " does not wait in the queue"));
    const Status marked =
        m_writer->markStatus(run, RunStatus::Cancelled, "taken out of the queue", {});
    publishQueue();
    return marked;
}

void EngineSession::holdQueue(bool held) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_held == held) return;
        m_held = held;
        m_wake.notify_all();
    }
    publishQueue();
}

Result<std::int64_t> EngineSession::edit(const WorkspaceEdit& edit) {
    if (const auto* remove = std::get_if<DeleteRun>(&edit)) {
        {
            const std::lock_guard lock(m_mutex);
            if (m_current == remove->run)
                return fail(ErrorCode::Busy,
                            strCat("run ", remove->run.value(), " is running; stop it first"));
        }
        if (const Status left = leaveQueue(remove->run);
            !left && left.error().code != ErrorCode::NotFound)
            return fail(left.error());
    }
    return applyEdit(*m_writer, edit);
}

void EngineSession::stop() {
    const std::lock_guard lock(m_mutex);
    m_runStop.request_stop();
    m_paused = false;  // the pause belonged to what is stopped; the next run must not start paused
    m_wake.notify_all();
}

void EngineSession::cancelPreview() {
    const std::lock_guard lock(m_mutex);
    m_previewStop.request_stop();
}

void EngineSession::setPaused(bool paused) {
    std::optional<RunId> current;
    {
        const std::lock_guard lock(m_mutex);
        if (m_paused == paused) return;
        m_paused = paused;
        current = m_current;
        m_wake.notify_all();
    }
    if (current) emit(RunPaused{*current, paused});
}

bool EngineSession::busy() const {
    const std::lock_guard lock(m_mutex);
    return m_current.has_value() || (!m_queue.empty() && !m_held);
}

void EngineSession::openModel(const RunSpec& spec) {
    const std::lock_guard lock(m_mutex);
    m_openRequest = withDefaults(spec);
    m_previewRequest.reset();
    m_previewStop.request_stop();
    m_wake.notify_all();
}

void EngineSession::requestPreview(PreviewRequest request) {
    const std::lock_guard lock(m_mutex);
    m_previewRequest = std::move(request);
    if (!m_carving)
        m_previewStop.request_stop();  // opening a model is not undone by a newer preview
    m_wake.notify_all();
}

void EngineSession::waitWhilePaused() {
    std::unique_lock lock(m_mutex);
    m_wake.wait(lock, [&] { return !m_paused || m_runStop.stop_requested(); });
}

RunContext EngineSession::context(RunId run, std::uint64_t seed, std::stop_token stop) {
    RunContext context{run, this, std::move(stop), seed, {}, {}};
    if (run.value() > 0) {
        context.flush = [this] { return m_writer->flush(); };
        context.waitWhilePaused = [this] { waitWhilePaused(); };
    }
    return context;
}

bool EngineSession::hasWork() const {
    return m_openRequest || m_previewRequest || !m_tasks.empty() || (!m_queue.empty() && !m_held);
}

EngineSession::Work EngineSession::takeWork() {
    Work next;
    m_previewStop = std::stop_source();
    if (m_openRequest) {
        next.open = std::exchange(m_openRequest, {});
        m_carving = true;
    } else if (m_previewRequest) {
        next.preview = std::exchange(m_previewRequest, {});
    } else if (!m_tasks.empty()) {
        next.task = std::move(m_tasks.front());
        m_tasks.pop_front();
        m_currentTask = next.task->serial;
        m_taskStop = std::stop_source();
    } else {
        next.job = std::move(m_queue.front());
        m_queue.pop_front();
        m_current = next.job->run;
        m_runStop = std::stop_source();
    }
    return next;
}

void EngineSession::carryOut(const Work& work) {
    const auto runFailed = [this, &work](const Error& error) {
        emit(RunFailed{work.job ? work.job->run : RunId(), error});
    };
    if (work.open)
        guarded(runFailed, [&] { openJob(*work.open); });
    else if (work.preview)
        guarded(runFailed, [&] { previewJob(*work.preview); });
    else if (work.task)
        guarded(
            [&](const Error& error) {
                emit(TaskFailed{work.task->serial, error});
            },
            [&] { taskJob(*work.task); });
    else {
        publishQueue();
        guarded(runFailed, [&] { runJob(*work.job); });
    }
}

void EngineSession::work(const std::stop_token& end) {
    while (!end.stop_requested()) {
        Work next;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, end, [&] { return hasWork(); });
            if (end.stop_requested()) break;
            next = takeWork();
        }
        carryOut(next);
        const std::lock_guard lock(m_mutex);
        m_carving = false;
        m_current.reset();
        m_currentTask = 0;
    }
    m_bench.reset();  // tensors go on the thread that made them
}

void EngineSession::runJob(const Job& job) {
    (void)m_recorder.takeError();  // what an earlier run could not write is not this one's failure
    emit(RunStarted{job.run, displayName(job.spec), toJson(job.spec), job.resumed});
    std::stop_token stop;
    {
        const std::lock_guard lock(m_mutex);
        stop = m_runStop.get_token();
    }
    const RunContext runContext = context(job.run, static_cast<std::uint64_t>(job.spec.seed), stop);
    auto result = runPipeline(job.spec, m_paths, runContext, [&](const Json& environment) {
        return m_writer->markStarted(job.run, environment);
    });
    if (const Status recorded = m_recorder.takeError(); result && !recorded)
        result = fail(recorded.error());
    {
        // Whoever hears of the end may start or resume the run at once.
        const std::lock_guard lock(m_mutex);
        m_current.reset();
    }
    if (result)
        emit(RunFinished{job.run, result->outcome, result->reason,
                         std::make_shared<RunSummary>(std::move(result->summary))});
    else
        emit(RunFailed{job.run, result.error()});
}

void EngineSession::openJob(const RunSpec& spec) {
    m_bench.reset();
    setThreads(spec.model.threads);
    std::stop_token stop;
    {
        const std::lock_guard lock(m_mutex);
        stop = m_previewStop.get_token();
    }
    const RunContext carveContext = context(RunId(), static_cast<std::uint64_t>(spec.seed), stop);
    auto bench = [&]() -> Result<std::unique_ptr<PreviewBench>> {
        emit(StageStarted{RunId(), Stage::Load, strCat("open ", spec.model.path)});
        SKD_TRY(OpenModel model, skd::openModel(spec.model));
        SKD_TRY(EvalText text, loadEvalText(spec.eval, *model.tokenizer));
        SKD_TRY(const EvalSettings settings,
                resolveSettings(spec.eval, text.addsBos, model.decoder.config.maxPositions));
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        SKD_TRY(const Corpus corpus,
                buildCorpus(spec.corpus, carveContext.seed, *model.tokenizer, resources,
                            {.heldOutTokens = spec.eval.domainTokens}));
        emit(StageStarted{RunId(), Stage::Analyse, "spectra and load path"});
        const AnalysisInput input = analysisInput(model.summary, corpus, spec.prune);
        SKD_TRY(AnalysisResult analysis, analyse(model.decoder, spec.prune, input,
                                                 SpectrumCache(m_paths.spectra()), carveContext));
        if (!analysis.analysis) return std::unique_ptr<PreviewBench>();
        emit(StageStarted{RunId(), Stage::Evaluate, "dense perplexity"});
        auto made = std::make_unique<PreviewBench>(std::move(model), std::move(analysis),
                                                   std::move(text), settings);
        SKD_CHECK(made->prepare(carveContext));
        emit(StageFinished{RunId(), Stage::Evaluate, 0, {{"ppl", made->densePerplexity()}}});
        return made;
    }();
    if (!bench)
        emit(RunFailed{RunId(), bench.error()});
    else if (*bench != nullptr && !carveContext.stop.stop_requested())
        m_bench = std::move(*bench);
}

void EngineSession::previewJob(const PreviewRequest& request) {
    if (!m_bench) {
        emit(PreviewFailed{request.serial,
                           {ErrorCode::NotFound, "no model is open; open one to measure"}});
        return;
    }
    std::stop_token stop;
    {
        const std::lock_guard lock(m_mutex);
        stop = m_previewStop.get_token();
    }
    const auto ready = m_bench->measure(request.serial, request.ranks, context(RunId(), 0, stop));
    if (!ready)
        emit(PreviewFailed{request.serial, ready.error()});
    else if (*ready)
        emit(**ready);
}

}  // namespace skd
