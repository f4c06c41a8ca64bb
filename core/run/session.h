#pragma once

#include "requests/task.h"
#include "store/purge.h"
#include "store/workspace_edit.h"

/// The only interface between the front ends (window, command line) and the engine. It includes no
/// LibTorch header.
namespace skd {

struct SessionOptions {
    std::filesystem::path workspace;  ///< SQLite file
    std::filesystem::path
        cacheFolder;           ///< spectra, teacher caches, checkpoints; "" = beside the workspace
    std::int64_t threads = 0;  ///< default of specs that say 0; 0 = all cores
    bool takeQueue = false;    ///< runs that an earlier session left waiting wait here, held
};

struct PreviewRequest {
    std::uint64_t serial = 0;         ///< given back with the answer
    std::vector<std::int64_t> ranks;  ///< per matrix of the analysis, 0 = dense
};

/// Runs the engine on a thread of its own. All calls return at once and may come from any thread;
/// answers arrive as events. A new preview request replaces one that waits or is being computed.
class Session {
public:
    virtual ~Session() = default;  ///< stops what runs (a checkpoint is saved) and joins

    /// Every sink gets every event until it is destroyed or unsubscribed.
    virtual void subscribe(std::shared_ptr<EventSink> sink) = 0;
    virtual void unsubscribe(const EventSink* sink) = 0;

    /// Queues a run after those that wait; `labels` put it into a study.
    virtual Result<RunId> start(const RunSpec& spec, const RunLabels& labels = {}) = 0;
    /// The study of this name and hash in the workspace, made where it is missing.
    virtual Result<StudyId> openStudy(const std::string& name, const Json& spec,
                                      const std::string& specSha256) = 0;
    /// Queues a run that is not complete, to continue from its last checkpoint.
    virtual Status resumeRun(RunId run) = 0;
    /// Ends the run with a checkpoint; a pause ends with it.
    virtual void stop() = 0;
    virtual void setPaused(bool paused) = 0;
    [[nodiscard]] virtual bool busy() const = 0;  ///< a run is running, or one will start by itself

    [[nodiscard]] virtual QueueChanged queue() const = 0;
    /// The runs named first come first, in their order; names of runs that do not wait are passed
    /// over.
    virtual void reorderQueue(const std::vector<RunId>& order) = 0;
    /// The run no longer waits: it becomes cancelled. NotFound where it does not wait.
    virtual Status leaveQueue(RunId run) = 0;
    /// While held, no run of the queue starts; the one that is running does.
    virtual void holdQueue(bool held) = 0;

    /// Loads a model for carving; emits AnalysisReady (spectra first, then with measured weights).
    virtual void openModel(const RunSpec& spec) = 0;
    virtual void requestPreview(PreviewRequest request) = 0;

    /// Queues a task; it starts before the runs that wait, and its events name the number returned.
    virtual std::uint64_t startTask(TaskRequest task) = 0;
    /// Ends a task early, or takes it out of the queue: TaskFinished with `cancelled`. Unknown
    /// numbers are skipped.
    virtual void cancelTask(std::uint64_t serial) = 0;

    /// A user's edit of the workspace (the engine side owns its only writer): the id of the row
    /// it made, else 0. A run that waits leaves the queue when it is deleted.
    virtual Result<std::int64_t> edit(const WorkspaceEdit& edit) = 0;
    /// Removes deleted runs for good (purgeRuns): the bytes that this frees. Takes as long as
    /// writing the workspace's file once.
    virtual Result<std::int64_t> purge(const PurgePlan& plan) = 0;
};

/// Busy when another process owns the workspace (open it read-only with RunStore then).
Result<std::unique_ptr<Session>> makeSession(const SessionOptions& options);

}  // namespace skd
