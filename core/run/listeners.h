#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "events/event.h"

namespace skd {

/// Sinks that hear everything. All calls may come from any thread; none is held up by a sink.
class Listeners {
public:
    void add(std::shared_ptr<EventSink> sink) {
        const std::lock_guard lock(m_mutex);
        m_sinks.push_back(std::move(sink));
    }
    void remove(const EventSink* sink) {
        const std::lock_guard lock(m_mutex);
        std::erase_if(m_sinks, [&](const auto& held) { return held.get() == sink; });
    }
    [[nodiscard]] std::vector<std::shared_ptr<EventSink>> all() const {
        const std::lock_guard lock(m_mutex);
        return m_sinks;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<std::shared_ptr<EventSink>> m_sinks;
};

}  // namespace skd
