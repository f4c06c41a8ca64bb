#pragma once

#include <cstdint>
#include <deque>
#include <stop_token>

#include "requests/task.h"

namespace skd {

struct QueuedTask {
    std::uint64_t serial = 0;
    TaskRequest request;
};

/// The tasks that wait, and the one that is being done. Not locked: its owner sees to that.
class TaskQueue {
public:
    /// The task's number.
    std::uint64_t add(TaskRequest request) {
        m_waiting.push_back({++m_last, std::move(request)});
        return m_last;
    }
    /// Stops the task where it is being done; true where it waited, and does so no longer.
    bool cancel(std::uint64_t serial) {
        if (m_current == serial) m_stop.request_stop();
        return std::erase_if(m_waiting, [serial](const QueuedTask& task) {
                   return task.serial == serial;
               }) > 0;
    }
    void cancelAll() {
        m_waiting.clear();
        m_stop.request_stop();
    }
    [[nodiscard]] bool isReady() const { return !m_waiting.empty(); }
    QueuedTask begin() {
        QueuedTask first = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_current = first.serial;
        m_stop = std::stop_source();
        return first;
    }
    void finish() { m_current = 0; }
    [[nodiscard]] std::stop_token stopToken() const { return m_stop.get_token(); }

private:
    std::deque<QueuedTask> m_waiting;
    std::uint64_t m_last = 0, m_current = 0;  ///< 0: none
    std::stop_source m_stop;
};

}  // namespace skd
