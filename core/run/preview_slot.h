#pragma once

#include <optional>
#include <stop_token>
#include <utility>

#include "run/session.h"

namespace skd {

/// What is asked of the model that is open for carving: the newest request alone. Not locked: its
/// owner sees to that.
class PreviewSlot {
public:
    void open(RunSpec spec) {
        m_open = std::move(spec);
        m_preview.reset();
        m_stop.request_stop();
    }
    /// Replaces a preview that waits or is being computed; a model that is being opened is opened
    /// all the same.
    void request(PreviewRequest request) {
        m_preview = std::move(request);
        if (!m_opening) m_stop.request_stop();
    }
    void cancel() { m_stop.request_stop(); }

    [[nodiscard]] bool opens() const { return m_open.has_value(); }
    [[nodiscard]] bool measures() const { return m_preview.has_value(); }
    RunSpec takeOpen() {
        m_opening = true;
        return *std::exchange(m_open, {});
    }
    PreviewRequest takePreview() { return *std::exchange(m_preview, {}); }
    /// Before the engine thread's next piece of work, whatever it is.
    void renewStop() { m_stop = std::stop_source(); }
    void finish() { m_opening = false; }
    [[nodiscard]] std::stop_token stopToken() const { return m_stop.get_token(); }

private:
    std::optional<RunSpec> m_open;
    std::optional<PreviewRequest> m_preview;
    std::stop_source m_stop;
    bool m_opening = false;
};

}  // namespace skd
