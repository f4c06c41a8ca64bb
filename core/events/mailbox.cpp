#include "events/mailbox.h"

#include <iterator>

namespace skd {

Mailbox::Mailbox(std::function<void()> wake) : m_wake(std::move(wake)) {}

void Mailbox::emit(Event event) {
    if (post(std::move(event)) && m_wake) m_wake();
}

std::vector<Event> Mailbox::drain() {
    std::list<Event> taken;
    {
        const std::lock_guard lock(m_mutex);
        taken.swap(m_waiting);
        m_progress.clear();
        m_openBatches.clear();
        m_preview.reset();
        m_wakePending = false;
    }
    return {std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end())};
}

/// True when the consumer has to be woken.
bool Mailbox::post(Event event) {
    const std::lock_guard lock(m_mutex);
    std::visit([this](auto& value) { place(std::move(value)); }, event);
    return !std::exchange(m_wakePending, true);
}

Mailbox::Place Mailbox::append(Event event) {
    return m_waiting.insert(m_waiting.end(), std::move(event));
}

void Mailbox::place(Progress&& progress) {
    const std::pair key{progress.run, progress.stage};
    if (const auto older = m_progress.find(key); older != m_progress.end())
        m_waiting.erase(older->second);
    m_progress[key] = append(std::move(progress));
}

void Mailbox::place(MetricBatch&& batch) {
    if (const auto open = m_openBatches.find(batch.run); open != m_openBatches.end()) {
        auto& points = std::get<MetricBatch>(*open->second).points;
        points.insert(points.end(), std::make_move_iterator(batch.points.begin()),
                      std::make_move_iterator(batch.points.end()));
        return;
    }
    const RunId run = batch.run;
    m_openBatches[run] = append(std::move(batch));
}

template <class Other>
void Mailbox::place(Other&& event) {
    if constexpr (requires { event.run; }) m_openBatches.erase(event.run);
    append(std::forward<Other>(event));
}

void Mailbox::placePreview(std::uint64_t serial, Event preview) {
    if (m_preview) {
        if (serial < m_preview->first) return;
        m_waiting.erase(m_preview->second);
    }
    m_preview.emplace(serial, append(std::move(preview)));
}

}  // namespace skd
