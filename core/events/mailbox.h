#pragma once

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "events/event.h"

namespace skd {

/// Carries events from the engine's threads to one consumer. At most one wake-up is pending.
/// Progress: of a (run, stage) only the newest waits. Previews: only the answer with the highest
/// serial waits. Metrics of a run are appended into one batch, but never across another event of
/// that run (those of Progress aside). Everything else is never dropped and keeps its order.
class Mailbox final : public EventSink {
public:
    /// `wake` is called (on the emitting thread, no lock held) when the box turns from empty to
    /// non-empty.
    explicit Mailbox(std::function<void()> wake);
    void emit(Event event) override;
    /// Everything that waits, in order; the box is empty afterwards and the next emit wakes again.
    [[nodiscard]] std::vector<Event> drain();

private:
    using Place = std::list<Event>::iterator;
    bool post(Event event);
    Place append(Event event);
    void place(Progress&& progress);
    void place(MetricBatch&& batch);
    void place(PreviewReady&& preview) { placePreview(preview.serial, preview); }
    void place(PreviewFailed&& preview) { placePreview(preview.serial, preview); }
    template <class Other>
    void place(Other&& event);
    void placePreview(std::uint64_t serial, Event preview);

    std::mutex m_mutex;
    std::function<void()> m_wake;
    std::list<Event> m_waiting;
    std::map<std::pair<RunId, Stage>, Place> m_progress;
    std::map<RunId, Place> m_openBatches;
    std::optional<std::pair<std::uint64_t, Place>> m_preview;
    bool m_wakePending = false;
};

}  // namespace skd
