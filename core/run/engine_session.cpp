#include <condition_variable>
#include <thread>

#include "base/hash.h"
#include "base/overloaded.h"
#include "base/text.h"
#include "prune/svd/analyse.h"
#include "requests/tools.h"
#include "run/carving.h"
#include "run/engine_queues.h"
#include "run/failure.h"
#include "run/pipeline.h"
#include "run/recorder.h"
#include "store/run_store.h"

namespace skd {
namespace {

/// Runs a job of the engine thread: the one place where exceptions of LibTorch, SQLite and the
/// allocator end. What was thrown becomes an error in words for `failed`.
template <class Failed, class Job>
void guarded(const Failed& failed, const Job& job) {
    try {
        job();
    } catch (const std::exception& error) {
        failed(failureOf(error));
    } catch (...) {
        failed({ErrorCode::Internal, "unknown failure"});
    }
}

/// Between a task and everyone else: its stages and progress become the task's own, since they
/// belong to no run; tokens and log lines pass.
class TaskSink final : public EventSink {
public:
    TaskSink(EventSink& out, std::uint64_t serial) : m_out(out), m_serial(serial) {}

    void emit(Event event) override {
        std::visit(
            Overloaded{
                [this](const StageStarted& e) {
                    say(e.detail.empty() ? stageName(e.stage) : e.detail, -1, -1);
                },
                [this](const Progress& e) {
                    say(strCat(groupDigits(e.done), " / ", groupDigits(e.total), " ", e.unit),
                        e.total > 0 ? static_cast<double>(e.done) / static_cast<double>(e.total)
                                    : -1,
                        e.secondsLeft);
                },
                [this](TokensGenerated& e) { m_out.emit(std::move(e)); },
                [this](LogLine& e) { m_out.emit(std::move(e)); }, [](const auto&) {}},
            event);
    }

private:
    void say(const std::string& detail, double share, double secondsLeft) {
        m_out.emit(TaskProgress{m_serial, detail, share, secondsLeft});
    }

    EventSink& m_out;
    std::uint64_t m_serial;
};

/// Session with the real engine: one thread that owns every model and tensor.
class EngineSession final : public Session, private EventSink {
public:
    EngineSession(const SessionOptions& options, std::unique_ptr<RunWriter> writer)
        : m_options(options),
          m_paths(RunPaths::of(options.workspace, options.cacheFolder)),
          m_writer(std::move(writer)),
          m_recorder(*m_writer, m_paths.cache),
          m_carving(m_paths.spectra(), RecordedRuns{options.workspace, m_paths}) {
        if (options.takeQueue) takeQueue();
        m_thread = std::jthread([this](const std::stop_token& end) { work(end); });
    }
    ~EngineSession() override {
        // First the thread's own end, so that it takes no further job once the current one has
        // stopped.
        m_thread.request_stop();
        stop();
        setPaused(false);
        locked([&] {
            m_preview.cancel();
            m_tasks.cancelAll();
        });
        m_thread.join();
    }

    void subscribe(std::shared_ptr<EventSink> sink) override {
        const std::lock_guard lock(m_listening);
        m_sinks.push_back(std::move(sink));
    }
    void unsubscribe(const EventSink* sink) override {
        const std::lock_guard lock(m_listening);
        std::erase_if(m_sinks, [&](const auto& held) { return held.get() == sink; });
    }

    Result<RunId> start(const RunSpec& given, const RunLabels& labels) override {
        const RunSpec spec = withDefaults(given);
        SKD_CHECK(validate(spec));
        const Json json = toJson(spec);
        SKD_TRY(const RunId run,
                m_writer->createRun(displayName(spec), json, sha256Hex(dumpJson(json)), labels));
        locked([&] { m_queue.add({run, spec, false}); });
        publishQueue();
        return run;
    }
    Result<StudyId> openStudy(const std::string& name, const Json& spec,
                              const std::string& specSha256) override {
        return m_writer->openStudy(name, spec, specSha256);
    }
    Status resumeRun(RunId run) override {
        SKD_TRY(const auto store, RunStore::open(m_options.workspace));
        SKD_CHECK(store->verify(run));
        SKD_TRY(const RunDetails details, store->details(run));
        if (details.row.status == RunStatus::Completed)
            return fail(ErrorCode::InvalidInput,
                        strCat("run ", run.value(), " is complete; there is nothing to resume"));
        SKD_TRY(RunSpec spec, parseRunSpec(details.spec));
        const bool added = locked([&] {
            const bool isNew = !m_queue.has(run);
            if (isNew) m_queue.add({run, withDefaults(std::move(spec)), true});
            return isNew;
        });
        if (!added)
            return fail(ErrorCode::Busy,
                        strCat("run ", run.value(), " is already running or queued"));
        publishQueue();
        return {};
    }
    void stop() override {
        locked([&] { m_queue.stop(); });
    }
    void setPaused(bool paused) override {
        const auto current =
            locked([&] { return m_queue.setPaused(paused) ? m_queue.current() : std::nullopt; });
        if (current) emit(RunPaused{*current, paused});
    }
    [[nodiscard]] bool busy() const override {
        const std::lock_guard lock(m_mutex);
        return m_queue.current().has_value() || m_queue.isReady();
    }

    [[nodiscard]] QueueChanged queue() const override {
        const std::lock_guard lock(m_mutex);
        return m_queue.state();
    }
    void reorderQueue(const std::vector<RunId>& order) override {
        locked([&] { m_queue.reorder(order); });
        publishQueue();
    }
    Status leaveQueue(RunId run) override {
        if (!locked([&] { return m_queue.drop(run); }))
            return fail(ErrorCode::NotFound,
                        strCat("run ", run.value(), " does not wait in the queue"));
        Status marked =
            m_writer->markStatus(run, RunStatus::Cancelled, "taken out of the queue", {});
        publishQueue();
        return marked;
    }
    void holdQueue(bool held) override {
        if (locked([&] { return m_queue.setHeld(held); })) publishQueue();
    }

    void openModel(const RunSpec& spec) override {
        locked([&] { m_preview.open(withDefaults(spec)); });
    }
    void requestPreview(PreviewRequest request) override {
        locked([&] { m_preview.request(std::move(request)); });
    }
    std::uint64_t startTask(TaskRequest task) override {
        return locked([&] { return m_tasks.add(std::move(task)); });
    }
    void cancelTask(std::uint64_t serial) override {
        if (locked([&] { return m_tasks.cancel(serial); }))
            emit(TaskFinished{serial, {}, {}, true});
    }

    Result<std::int64_t> edit(const WorkspaceEdit& edit) override {
        if (const auto* remove = std::get_if<DeleteRun>(&edit)) {
            if (locked([&] { return m_queue.current() == remove->run; }))
                return fail(ErrorCode::Busy,
                            strCat("run ", remove->run.value(), " is running; stop it first"));
            if (const Status left = leaveQueue(remove->run);
                !left && left.error().code != ErrorCode::NotFound)
                return fail(left.error());
        }
        return m_writer->apply(edit);
    }
    Result<std::int64_t> purge(const PurgePlan& plan) override {
        return purgeRuns(*m_writer, plan, m_paths);
    }

private:
    /// A piece of work of the engine thread: a model to open, a preview, a task or a run.
    using Work = std::variant<RunSpec, PreviewRequest, QueuedTask, QueuedRun>;

    /// Takes what may come from any thread; no sink holds another one up.
    void emit(Event event) override {
        const auto sinks = [this] {
            const std::lock_guard lock(m_listening);
            return m_sinks;
        }();
        // The workspace first: an event reaches the user only after it is recorded.
        m_recorder.emit(event);
        for (const auto& sink : sinks) sink->emit(event);
    }
    /// Does something under the lock; whoever waits looks again afterwards.
    template <class Step>
    auto locked(const Step& step) -> decltype(step()) {
        const std::lock_guard lock(m_mutex);
        m_wake.notify_all();
        return step();
    }
    [[nodiscard]] RunSpec withDefaults(RunSpec spec) const {
        if (spec.model.threads == 0) spec.model.threads = m_options.threads;
        return spec;
    }

    /// Specs that cannot be read any more are skipped; their runs stay as they are.
    void takeQueue() {
        const auto store = RunStore::open(m_options.workspace);
        if (!store) return;
        for (const RunId run : (*store)->queue().value_or(std::vector<RunId>{})) {
            auto spec = (*store)->details(run).and_then(
                [](const RunDetails& details) { return parseRunSpec(details.spec); });
            if (spec)
                m_queue.add({run, std::move(*spec), true});
            else
                log::warning(
                    strCat("run ", run.value(), " cannot be queued again: ", spec.error().message));
        }
        m_queue.setHeld(!m_queue.isEmpty());
    }
    /// Says, and keeps, what waits now.
    void publishQueue() {
        const std::lock_guard order(m_publishing);  // what is said last is what was true last
        const QueueChanged now = queue();
        if (const Status kept = m_writer->orderQueue(now.runs); !kept)
            log::warning(kept.error().message);
        emit(now);
    }

    void work(const std::stop_token& end) {
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
    [[nodiscard]] bool hasWork() const {
        return m_preview.opens() || m_preview.measures() || !m_tasks.isEmpty() || m_queue.isReady();
    }
    [[nodiscard]] Work takeWork() {
        m_preview.renewStop();
        if (m_preview.opens()) return m_preview.takeOpen();
        if (m_preview.measures()) return m_preview.takePreview();
        if (!m_tasks.isEmpty()) return m_tasks.begin();
        return m_queue.begin();
    }

    void sayFailed(const QueuedRun& job, const Error& error) { emit(RunFailed{job.id, error}); }
    void sayFailed(const QueuedTask& task, const Error& error) { emit(TaskFailed{task.id, error}); }
    template <class Carved>
    void sayFailed(const Carved& /*carved*/, const Error& error) {
        emit(RunFailed{RunId(), error});
    }

    [[nodiscard]] RunContext context(RunId run, std::uint64_t seed, std::stop_token stop) {
        RunContext context{run, this, std::move(stop), seed, {}, {}};
        if (run.value() == 0) return context;
        context.flush = [this] { return m_writer->flush(); };
        context.waitWhilePaused = [this] {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [&] { return m_queue.mayContinue(); });
        };
        return context;
    }
    void carryOut(const RunSpec& spec) {
        const auto stop = locked([&] { return m_preview.stopToken(); });
        m_carving.open(spec, context(RunId(), static_cast<std::uint64_t>(spec.seed), stop));
    }
    void carryOut(const PreviewRequest& request) {
        const auto stop = locked([&] { return m_preview.stopToken(); });
        m_carving.measure(request, context(RunId(), 0, stop));
    }
    void carryOut(const QueuedRun& job) {
        publishQueue();
        // What an earlier run could not write is not this one's failure.
        (void)m_recorder.takeError();
        emit(RunStarted{job.id, displayName(job.spec), toJson(job.spec), job.resumed});
        const auto stop = locked([&] { return m_queue.stopToken(); });
        const RunContext runContext =
            context(job.id, static_cast<std::uint64_t>(job.spec.seed), stop);
        auto result = runPipeline(job.spec, m_paths, runContext, [&](const Json& environment) {
            return m_writer->markStarted(job.id, environment);
        });
        if (const Status recorded = m_recorder.takeError(); result && !recorded)
            result = fail(recorded.error());
        // Whoever hears of the end may start or resume the run at once.
        locked([&] { m_queue.finish(); });
        if (result)
            emit(RunFinished{job.id, result->outcome, result->reason,
                             std::make_shared<RunSummary>(std::move(result->summary))});
        else
            emit(RunFailed{job.id, result.error()});
    }
    void carryOut(const QueuedTask& task) {
        emit(TaskStarted{task.id, taskTitle(task.request)});
        const auto stop = locked([&] { return m_tasks.stopToken(); });
        TaskSink sink(*this, task.id);
        RunContext taskContext = context(RunId(), 0, stop);
        taskContext.sink = &sink;
        Result<Json> result = runTask(task.request, m_paths, taskContext);
        if (!result) return emit(TaskFailed{task.id, result.error()});
        TaskFinished finished{task.id, std::move(*result), {}, stop.stop_requested()};
        if (isMeasurement(task.request) && !finished.cancelled) {
            const auto kept =
                m_writer->apply(KeepMeasurement{measurementOf(task.request, finished.result)});
            if (!kept)
                return emit(TaskFailed{
                    task.id, kept.error().in("the measurement is done, but could not be kept")});
            finished.measurement = MeasurementId(*kept);
        }
        emit(std::move(finished));
    }

    SessionOptions m_options;
    RunPaths m_paths;
    std::unique_ptr<RunWriter> m_writer;
    Recorder m_recorder;
    Carving m_carving;  ///< engine thread only

    std::mutex m_listening;  ///< guards the sinks, which hear everything
    std::vector<std::shared_ptr<EventSink>> m_sinks;

    std::mutex m_publishing;
    mutable std::mutex m_mutex;  ///< guards the three that follow
    std::condition_variable_any m_wake;
    RunQueue m_queue;
    TaskQueue m_tasks;
    PreviewSlot m_preview;

    std::jthread m_thread;  ///< last: stops before the rest goes
};

}  // namespace

Result<std::unique_ptr<Session>> makeSession(const SessionOptions& options) {
    SKD_TRY(std::unique_ptr<RunWriter> writer, RunWriter::open(options.workspace));
    return std::unique_ptr<Session>(std::make_unique<EngineSession>(options, std::move(writer)));
}

}  // namespace skd
