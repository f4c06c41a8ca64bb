#pragma once

#include <deque>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "events/event.h"
#include "spec/run_spec.h"

namespace skd {

/// A run that waits for the engine thread.
struct QueuedRun {
    RunId run;
    RunSpec spec;
    bool resumed = false;
};

/// The runs that wait, the first to start first, and the one that is running. Not locked: its owner
/// sees to that.
class RunQueue {
public:
    void add(QueuedRun run) { m_waiting.push_back(std::move(run)); }
    /// Whether it waited.
    bool drop(RunId run);
    /// The runs named come first, in their order.
    void reorder(const std::vector<RunId>& order);
    /// Whether that changed something; so setPaused.
    bool setHeld(bool held) { return std::exchange(m_held, held) != held; }
    bool setPaused(bool paused) { return std::exchange(m_paused, paused) != paused; }

    [[nodiscard]] bool isWaiting(RunId run) const;
    [[nodiscard]] bool isReady() const { return !m_waiting.empty() && !m_held; }
    [[nodiscard]] bool isEmpty() const { return m_waiting.empty(); }
    [[nodiscard]] QueueChanged state() const;
    [[nodiscard]] std::optional<RunId> current() const { return m_current; }

    /// The first of those that wait becomes the current one.
    QueuedRun begin();
    void finish() { m_current.reset(); }
    [[nodiscard]] std::stop_token stopToken() const { return m_stop.get_token(); }
    /// Stops the current run; a pause ends with it, so that the next run does not start paused.
    void stop();
    [[nodiscard]] bool mayContinue() const { return !m_paused || m_stop.stop_requested(); }

private:
    std::deque<QueuedRun> m_waiting;
    std::optional<RunId> m_current;
    std::stop_source m_stop;
    bool m_held = false, m_paused = false;
};

}  // namespace skd
