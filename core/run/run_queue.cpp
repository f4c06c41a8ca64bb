#include "run/run_queue.h"

#include <algorithm>

namespace skd {

bool RunQueue::drop(RunId run) {
    return std::erase_if(m_waiting, [run](const QueuedRun& one) { return one.run == run; }) > 0;
}

void RunQueue::reorder(const std::vector<RunId>& order) {
    const auto place = [&](const QueuedRun& one) {
        return std::find(order.begin(), order.end(), one.run);
    };
    std::stable_sort(m_waiting.begin(), m_waiting.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

bool RunQueue::isWaiting(RunId run) const {
    return std::any_of(m_waiting.begin(), m_waiting.end(),
                       [run](const QueuedRun& one) { return one.run == run; });
}

QueueChanged RunQueue::state() const {
    QueueChanged state{{}, m_held};
    for (const QueuedRun& one : m_waiting) state.runs.push_back(one.run);
    return state;
}

QueuedRun RunQueue::begin() {
    QueuedRun first = std::move(m_waiting.front());
    m_waiting.pop_front();
    m_current = first.run;
    m_stop = std::stop_source();
    return first;
}

void RunQueue::stop() {
    m_stop.request_stop();
    m_paused = false;
}

}  // namespace skd
