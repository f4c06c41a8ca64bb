#pragma once

#include <condition_variable>
#include <mutex>

#include "events/event.h"

namespace skd::cli {

/// Shows a run on stderr: a progress bar on a terminal, a line a stage otherwise; and lets the main
/// thread wait for the end.
class ConsoleSink final : public EventSink {
public:
    explicit ConsoleSink(bool quiet = false);
    void emit(Event event) override;

    struct Ending {
        Outcome outcome = Outcome::Completed;
        std::string reason;
        RunSummaryPtr summary;  ///< null where nothing was measured
        std::optional<Error> error;
    };
    /// Blocks until `run` has finished or failed.
    Ending wait(RunId run);

private:
    void show(const Progress& progress);
    void show(const MetricBatch& batch);
    void end(RunId run, Ending ending);
    void line(const std::string& text);
    void clearBar();

    bool m_quiet, m_terminal;
    std::mutex m_mutex;
    std::condition_variable m_ended;
    std::optional<std::pair<RunId, Ending>> m_ending;
    bool m_barShown = false;
};

}  // namespace skd::cli
