#pragma once

#include <algorithm>
#include <deque>

#include "run/session.h"

/// What waits for the engine thread. None of this is locked: the owner sees to that.
namespace skd {

/// Jobs that wait, the first to start first, and the one that is being done.
template <class Job>
class JobQueue {
public:
    using Id = decltype(Job::id);

    void add(Job job) { m_waiting.push_back(std::move(job)); }
    /// Whether it waited.
    bool drop(Id id) {
        return std::erase_if(m_waiting, [id](const Job& one) { return one.id == id; }) > 0;
    }
    [[nodiscard]] bool isEmpty() const { return m_waiting.empty(); }
    [[nodiscard]] std::optional<Id> current() const { return m_current; }

    /// The first of those that wait becomes the current one.
    Job begin() {
        Job first = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_current = first.id;
        m_stop = std::stop_source();
        return first;
    }
    void finish() { m_current.reset(); }
    [[nodiscard]] std::stop_token stopToken() const { return m_stop.get_token(); }

protected:
    std::deque<Job> m_waiting;
    std::optional<Id> m_current;
    std::stop_source m_stop;
};

struct QueuedTask {
    std::uint64_t id = 0;
    TaskRequest request;
};

class TaskQueue : public JobQueue<QueuedTask> {
public:
    /// The task's number.
    std::uint64_t add(TaskRequest request) {
        m_waiting.push_back({++m_last, std::move(request)});
        return m_last;
    }
    /// Stops the task where it is being done; true where it waited, and does so no longer.
    bool cancel(std::uint64_t serial) {
        if (m_current == serial) m_stop.request_stop();
        return drop(serial);
    }
    void cancelAll() {
        m_waiting.clear();
        m_stop.request_stop();
    }

private:
    std::uint64_t m_last = 0;
};

struct QueuedRun {
    RunId id;
    RunSpec spec;
    bool resumed = false;
};

class RunQueue : public JobQueue<QueuedRun> {
public:
    /// The runs named come first, in their order.
    void reorder(const std::vector<RunId>& order) {
        const auto place = [&](const QueuedRun& one) {
            return std::find(order.begin(), order.end(), one.id);
        };
        std::stable_sort(m_waiting.begin(), m_waiting.end(),
                         [&](const auto& a, const auto& b) { return place(a) < place(b); });
    }
    /// Whether that changed something; so setPaused.
    bool setHeld(bool held) { return std::exchange(m_held, held) != held; }
    bool setPaused(bool paused) { return std::exchange(m_paused, paused) != paused; }

    /// Whether it waits, or is the current one.
    [[nodiscard]] bool has(RunId run) const {
        return m_current == run ||
               std::any_of(m_waiting.begin(), m_waiting.end(),
                           [run](const QueuedRun& one) { return one.id == run; });
    }
    [[nodiscard]] bool isReady() const { return !m_waiting.empty() && !m_held; }
    [[nodiscard]] QueueChanged state() const {
        QueueChanged state{{}, m_held};
        for (const QueuedRun& one : m_waiting) state.runs.push_back(one.id);
        return state;
    }
    /// Stops the current run; a pause ends with it, so that the next run does not start paused.
    void stop() {
        m_stop.request_stop();
        m_paused = false;
    }
    [[nodiscard]] bool mayContinue() const { return !m_paused || m_stop.stop_requested(); }

private:
    bool m_held = false, m_paused = false;
};

/// What is asked of the model that is open for carving: the newest request alone.
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
