#pragma once

#include <filesystem>
#include <memory>

#include "events/event.h"
#include "spec/run_spec.h"
#include "store/records.h"

/// The one door between people's side (window, command line) and the engine. No LibTorch in sight.
namespace skd {

struct SessionOptions {
    std::filesystem::path workspace;     ///< SQLite file
    std::filesystem::path cacheFolder;   ///< spectra, teacher caches, checkpoints; "" = beside the workspace
    std::int64_t threads = 0;            ///< default of specs that say 0; 0 = all cores
};

struct PreviewRequest {
    std::uint64_t serial = 0;                ///< given back with the answer
    std::vector<std::int64_t> ranks;         ///< per matrix of the analysis, 0 = dense
};

/// Runs the engine on a thread of its own. All calls return at once and may come from any thread;
/// answers arrive as events. A new preview request replaces one that waits or is being computed.
class Session {
public:
    virtual ~Session() = default;  ///< stops what runs (a checkpoint is saved) and joins

    /// Every sink gets every event until it is destroyed or unsubscribed.
    virtual void subscribe(std::shared_ptr<EventSink> sink) = 0;
    virtual void unsubscribe(const EventSink* sink) = 0;

    /// Queues a run behind those that wait; `labels` put it into a study.
    virtual Result<RunId> start(const RunSpec& spec, const RunLabels& labels = {}) = 0;
    /// The study of this name and hash in the workspace, made where it is missing.
    virtual Result<StudyId> openStudy(const std::string& name, const Json& spec,
                                      const std::string& specSha256) = 0;
    /// Goes on with an interrupted or cancelled run from its last checkpoint.
    virtual Status resumeRun(RunId run) = 0;
    /// Ends the run with a checkpoint; a pause ends with it.
    virtual void stop() = 0;
    virtual void setPaused(bool paused) = 0;
    [[nodiscard]] virtual bool busy() const = 0;

    /// Loads a model for carving; emits AnalysisReady (spectra first, then with measured weights).
    virtual void openModel(const RunSpec& spec) = 0;
    virtual void requestPreview(PreviewRequest request) = 0;

    /// Person's edits of the workspace (the engine side owns its only writer).
    virtual Status renameRun(RunId run, const std::string& name) = 0;
    virtual Status setRunNotes(RunId run, const std::string& notes) = 0;
    virtual Status deleteRun(RunId run) = 0;
    virtual Status restoreRun(RunId run) = 0;
};

/// Busy when another process owns the workspace (open it read-only with RunStore then).
Result<std::unique_ptr<Session>> makeSession(const SessionOptions& options);

}  // namespace skd
