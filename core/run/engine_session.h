#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <variant>

#include "run/carving.h"
#include "run/listeners.h"
#include "run/preview_slot.h"
#include "run/recorder.h"
#include "run/run_queue.h"
#include "run/session.h"
#include "run/task_queue.h"
#include "store/run_paths.h"

namespace skd {

/// Session with the real engine: one thread that owns every model and tensor.
class EngineSession final : public Session, private EventSink {
public:
    EngineSession(const SessionOptions& options, std::unique_ptr<RunWriter> writer);
    ~EngineSession() override;

    void subscribe(std::shared_ptr<EventSink> sink) override { m_listeners.add(std::move(sink)); }
    void unsubscribe(const EventSink* sink) override { m_listeners.remove(sink); }
    Result<RunId> start(const RunSpec& spec, const RunLabels& labels) override;
    Result<StudyId> openStudy(const std::string& name, const Json& spec,
                              const std::string& specSha256) override {
        return m_writer->openStudy(name, spec, specSha256);
    }
    Status resumeRun(RunId run) override;
    void stop() override;
    void setPaused(bool paused) override;
    [[nodiscard]] bool busy() const override;
    void openModel(const RunSpec& spec) override;
    void requestPreview(PreviewRequest request) override;
    [[nodiscard]] QueueChanged queue() const override;
    void reorderQueue(const std::vector<RunId>& order) override;
    Status leaveQueue(RunId run) override;
    void holdQueue(bool held) override;
    Result<std::int64_t> edit(const WorkspaceEdit& edit) override;
    Result<std::int64_t> purge(const PurgePlan& plan) override {
        return purgeRuns(*m_writer, plan, m_paths);
    }
    std::uint64_t startTask(TaskRequest task) override;
    void cancelTask(std::uint64_t serial) override;

private:
    /// A piece of work of the engine thread: a model to open, a preview, a task or a run.
    using Work = std::variant<RunSpec, PreviewRequest, QueuedTask, QueuedRun>;

    void emit(Event event) override;
    /// Does something under the lock; whoever waits looks again afterwards.
    template <class Step>
    auto locked(const Step& step) {
        const std::lock_guard lock(m_mutex);
        m_wake.notify_all();
        return step();
    }
    void work(const std::stop_token& end);
    [[nodiscard]] bool hasWork() const;
    [[nodiscard]] Work takeWork();
    void carryOut(const RunSpec& spec);
    void carryOut(const PreviewRequest& request);
    void carryOut(const QueuedTask& task);
    void carryOut(const QueuedRun& job);
    void sayFailed(const QueuedTask& task, const Error& error);
    void sayFailed(const QueuedRun& job, const Error& error);
    template <class Carved>
    void sayFailed(const Carved& /*carved*/, const Error& error) {
        emit(RunFailed{RunId(), error});
    }
    [[nodiscard]] RunContext context(RunId run, std::uint64_t seed, std::stop_token stop);
    [[nodiscard]] RunSpec withDefaults(RunSpec spec) const;
    void waitWhilePaused();
    void takeQueue();
    void publishQueue();

    SessionOptions m_options;
    RunPaths m_paths;
    std::unique_ptr<RunWriter> m_writer;
    Recorder m_recorder;
    Listeners m_listeners;
    Carving m_carving;  ///< engine thread only

    std::mutex m_publishing;
    mutable std::mutex m_mutex;  ///< guards the three that follow
    std::condition_variable_any m_wake;
    RunQueue m_queue;
    TaskQueue m_tasks;
    PreviewSlot m_preview;

    std::jthread m_thread;  ///< last: stops before the rest goes
};

}  // namespace skd
