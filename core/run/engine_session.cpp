#include "run/engine_session.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "prune/svd/analyse.h"
#include "requests/task_sink.h"
#include "requests/tools.h"
#include "run/guarded.h"
#include "run/pipeline.h"
#include "store/run_store.h"

namespace skd {

EngineSession::EngineSession(const SessionOptions& options, std::unique_ptr<RunWriter> writer)
    : m_options(options),
      m_paths(RunPaths::of(options.workspace, options.cacheFolder)),
      m_writer(std::move(writer)),
      m_recorder(*m_writer, m_paths.cache),
      m_carving(m_paths.spectra()) {
    if (options.takeQueue) takeQueue();
    m_thread = std::jthread([this](const std::stop_token& end) { work(end); });
}

EngineSession::~EngineSession() {
    // First the thread's own end, so that it takes no further job once the current one has stopped.
    m_thread.request_stop();
    stop();
    setPaused(false);
    locked([&] {
        m_preview.cancel();
        m_tasks.cancelAll();
    });
    m_thread.join();
}

void EngineSession::emit(Event event) {
    const auto sinks = m_listeners.all();
    // The workspace first: an event reaches the user only after it is recorded.
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
    locked([&] { m_queue.add({run, spec, false}); });
    publishQueue();
    return run;
}

Status EngineSession::resumeRun(RunId run) {
    SKD_TRY(const auto store, RunStore::open(m_options.workspace));
    SKD_TRY(const RunDetails details, store->details(run));
    if (details.row.status == RunStatus::Completed)
        return fail(ErrorCode::InvalidInput,
                    strCat("run ", run.value(), " is complete; there is nothing to resume"));
    SKD_TRY(RunSpec spec, parseRunSpec(details.spec));
    const bool added = locked([&] {
        if (m_queue.isWaiting(run) || m_queue.current() == run) return false;
        m_queue.add({run, std::move(spec), true});
        return true;
    });
    if (!added)
        return fail(ErrorCode::Busy, strCat("run ", run.value(), " is already running or queued"));
    publishQueue();
    return {};
}

/// Specs that cannot be read any more are skipped; their runs stay as they are.
void EngineSession::takeQueue() {
    const auto store = RunStore::open(m_options.workspace);
    if (!store) return;
    const auto waiting = (*store)->queue();
    for (const RunId run : waiting.value_or(std::vector<RunId>{})) {
        const auto details = (*store)->details(run);
        auto spec = details ? parseRunSpec(details->spec) : Result<RunSpec>(fail(details.error()));
        if (spec)
            m_queue.add({run, std::move(*spec), true});
        else
            log::warning(
                strCat("run ", run.value(), " cannot be queued again: ", spec.error().message));
    }
    m_queue.setHeld(!m_queue.isEmpty());
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
    return m_queue.state();
}

void EngineSession::reorderQueue(const std::vector<RunId>& order) {
    locked([&] { m_queue.reorder(order); });
    publishQueue();
}

Status EngineSession::leaveQueue(RunId run) {
    if (!locked([&] { return m_queue.drop(run); }))
        return fail(ErrorCode::NotFound,
                    strCat("run ", run.value(), " does not wait in the queue"));
    const Status marked =
        m_writer->markStatus(run, RunStatus::Cancelled, "taken out of the queue", {});
    publishQueue();
    return marked;
}

void EngineSession::holdQueue(bool held) {
    if (locked([&] { return m_queue.setHeld(held); })) publishQueue();
}

Result<std::int64_t> EngineSession::edit(const WorkspaceEdit& edit) {
    if (const auto* remove = std::get_if<DeleteRun>(&edit)) {
        if (locked([&] { return m_queue.current() == remove->run; }))
            return fail(ErrorCode::Busy,
                        strCat("run ", remove->run.value(), " is running; stop it first"));
        if (const Status left = leaveQueue(remove->run);
            !left && left.error().code != ErrorCode::NotFound)
            return fail(left.error());
    }
    return applyEdit(*m_writer, edit);
}

void EngineSession::stop() {
    locked([&] { m_queue.stop(); });
}

void EngineSession::setPaused(bool paused) {
    const auto current =
        locked([&] { return m_queue.setPaused(paused) ? m_queue.current() : std::nullopt; });
    if (current) emit(RunPaused{*current, paused});
}

bool EngineSession::busy() const {
    const std::lock_guard lock(m_mutex);
    return m_queue.current().has_value() || m_queue.isReady();
}

void EngineSession::openModel(const RunSpec& spec) {
    locked([&] { m_preview.open(withDefaults(spec)); });
}

void EngineSession::requestPreview(PreviewRequest request) {
    locked([&] { m_preview.request(std::move(request)); });
}

std::uint64_t EngineSession::startTask(TaskRequest task) {
    return locked([&] { return m_tasks.add(std::move(task)); });
}

void EngineSession::cancelTask(std::uint64_t serial) {
    if (locked([&] { return m_tasks.cancel(serial); })) emit(TaskFinished{serial, {}, {}, true});
}

void EngineSession::waitWhilePaused() {
    std::unique_lock lock(m_mutex);
    m_wake.wait(lock, [&] { return m_queue.mayContinue(); });
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
    return m_preview.opens() || m_preview.measures() || m_tasks.isReady() || m_queue.isReady();
}

EngineSession::Work EngineSession::takeWork() {
    m_preview.renewStop();
    if (m_preview.opens()) return m_preview.takeOpen();
    if (m_preview.measures()) return m_preview.takePreview();
    if (m_tasks.isReady()) return m_tasks.begin();
    return m_queue.begin();
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
        std::visit(
            [this](const auto& piece) {
                guarded([&](const Error& error) { sayFailed(piece, error); },
                        [&] { carryOut(piece); });
            },
            next);
        locked([&] {
            m_preview.finish();
            m_queue.finish();
            m_tasks.finish();
        });
    }
    m_carving.close();
}

void EngineSession::sayFailed(const QueuedRun& job, const Error& error) {
    emit(RunFailed{job.run, error});
}
void EngineSession::sayFailed(const QueuedTask& task, const Error& error) {
    emit(TaskFailed{task.serial, error});
}

void EngineSession::carryOut(const RunSpec& spec) {
    const auto stop = locked([&] { return m_preview.stopToken(); });
    m_carving.open(spec, context(RunId(), static_cast<std::uint64_t>(spec.seed), stop));
}

void EngineSession::carryOut(const PreviewRequest& request) {
    const auto stop = locked([&] { return m_preview.stopToken(); });
    m_carving.measure(request, context(RunId(), 0, stop));
}

void EngineSession::carryOut(const QueuedRun& job) {
    publishQueue();
    (void)m_recorder.takeError();  // what an earlier run could not write is not this one's failure
    emit(RunStarted{job.run, displayName(job.spec), toJson(job.spec), job.resumed});
    const auto stop = locked([&] { return m_queue.stopToken(); });
    const RunContext runContext = context(job.run, static_cast<std::uint64_t>(job.spec.seed), stop);
    auto result = runPipeline(job.spec, m_paths, runContext, [&](const Json& environment) {
        return m_writer->markStarted(job.run, environment);
    });
    if (const Status recorded = m_recorder.takeError(); result && !recorded)
        result = fail(recorded.error());
    // Whoever hears of the end may start or resume the run at once.
    locked([&] { m_queue.finish(); });
    if (result)
        emit(RunFinished{job.run, result->outcome, result->reason,
                         std::make_shared<RunSummary>(std::move(result->summary))});
    else
        emit(RunFailed{job.run, result.error()});
}

void EngineSession::carryOut(const QueuedTask& task) {
    emit(TaskStarted{task.serial, taskTitle(task.request)});
    const auto stop = locked([&] { return m_tasks.stopToken(); });
    TaskSink sink(*this, task.serial);
    RunContext taskContext = context(RunId(), 0, stop);
    taskContext.sink = &sink;
    Result<Json> result = runTask(task.request, m_paths, taskContext);
    if (!result) return emit(TaskFailed{task.serial, result.error()});
    TaskFinished finished{task.serial, std::move(*result), {}, stop.stop_requested()};
    if (isMeasurement(task.request) && !finished.cancelled) {
        const auto kept = m_writer->keepMeasurement(measurementOf(task.request, finished.result));
        if (!kept)
            return emit(TaskFailed{
                task.serial, kept.error().in("the measurement is done, but could not be kept")});
        finished.measurement = *kept;
    }
    emit(std::move(finished));
}

Result<std::unique_ptr<Session>> makeSession(const SessionOptions& options) {
    SKD_TRY(std::unique_ptr<RunWriter> writer, RunWriter::open(options.workspace));
    return std::unique_ptr<Session>(std::make_unique<EngineSession>(options, std::move(writer)));
}

}  // namespace skd
