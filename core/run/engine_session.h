#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "run/preview.h"
#include "run/recorder.h"
#include "run/session.h"
#include "store/run_paths.h"

namespace skd {

/// Session with the real engine: one thread that owns every model and tensor.
class EngineSession final : public Session, private EventSink {
public:
    EngineSession(const SessionOptions& options, std::unique_ptr<RunWriter> writer);
    ~EngineSession() override;

    void subscribe(std::shared_ptr<EventSink> sink) override;
    void unsubscribe(const EventSink* sink) override;
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
    std::uint64_t startTask(TaskRequest task) override;
    void cancelTask(std::uint64_t serial) override;

private:
    struct Job {
        RunId run;
        RunSpec spec;
        bool resumed = false;
    };

    struct Task {
        std::uint64_t serial = 0;
        TaskRequest request;
    };
    /// What the engine thread does next; one of them is set.
    struct Work {
        std::optional<RunSpec> open;
        std::optional<PreviewRequest> preview;
        std::optional<Task> task;
        std::optional<Job> job;
    };

    void emit(Event event) override;
    void work(const std::stop_token& end);
    [[nodiscard]] bool hasWork() const;
    [[nodiscard]] Work takeWork();
    void carryOut(const Work& work);
    void taskJob(const Task& task);
    void runJob(const Job& job);
    void openJob(const RunSpec& spec);
    void previewJob(const PreviewRequest& request);
    [[nodiscard]] RunContext context(RunId run, std::uint64_t seed, std::stop_token stop);
    [[nodiscard]] RunSpec withDefaults(RunSpec spec) const;
    void waitWhilePaused();
    void takeQueue();
    bool dropFromQueue(RunId run);
    void publishQueue();
    void cancelPreview();
    void cancelTasks();

    SessionOptions m_options;
    RunPaths m_paths;
    std::unique_ptr<RunWriter> m_writer;
    Recorder m_recorder;

    std::mutex m_publishing;
    mutable std::mutex m_mutex;  ///< guards everything below
    std::condition_variable_any m_wake;
    std::vector<std::shared_ptr<EventSink>> m_sinks;
    std::deque<Job> m_queue;
    std::optional<RunSpec> m_openRequest;
    std::optional<PreviewRequest> m_previewRequest;
    std::deque<Task> m_tasks;
    std::uint64_t m_lastTask = 0, m_currentTask = 0;  ///< 0: none
    std::optional<RunId> m_current;
    std::stop_source m_runStop, m_previewStop, m_taskStop;
    bool m_paused = false, m_carving = false, m_held = false;

    std::unique_ptr<PreviewBench> m_bench;  ///< engine thread only
    std::jthread m_thread;                  ///< last: stops before the rest goes
};

}  // namespace skd
