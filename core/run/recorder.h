#pragma once

#include <mutex>

#include "events/event.h"
#include "store/run_writer.h"

namespace skd {

/// Writes what runs say into the workspace: metrics through the writer's own thread, everything
/// else at once. A failure to write becomes a warning on the log and is kept for takeError().
class Recorder final : public EventSink {
public:
    /// Paths below `folder` are recorded relative to it, so that a workspace can be moved with its
    /// files.
    Recorder(RunWriter& writer, std::filesystem::path folder)
        : m_writer(writer), m_folder(std::move(folder)) {}
    void emit(Event event) override;
    /// First failure since the last call; a run whose record cannot be written must not continue
    /// silently.
    Status takeError();

private:
    void note(const Status& status);
    void record(const MetricBatch& batch);
    void finish(RunId run, RunStatus status, const std::string& reason, const RunSummary& summary);
    RunWriter& m_writer;
    std::filesystem::path m_folder;
    std::mutex m_mutex;
    Status m_error;
};

}  // namespace skd
