#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace skd::cli {

/// Turns Ctrl+C, SIGTERM and SIGHUP (the terminal or connection is gone; not under nohup) into a
/// stop request instead of an end in mid-write. A second Ctrl+C or SIGTERM ends the process at
/// once. Create it before any other thread starts.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }
    [[nodiscard]] bool requested() const { return m_source.stop_requested(); }
    /// Called once, on the signal thread, when the first signal arrives.
    void onRequest(std::function<void()> action);

private:
    void watch(const std::stop_token& end);
    std::stop_source m_source;
    std::mutex m_mutex;
    std::function<void()> m_action;
    std::jthread m_thread;
};

}  // namespace skd::cli
