#include "cli/interrupt.h"

#include <csignal>
#include <cstdlib>
#include <ctime>

namespace skd::cli {
namespace {

/// Whether the program was started to survive the end of its terminal (nohup).
bool ignoresHangUp() {
    struct sigaction present {};
    return sigaction(SIGHUP, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
}

sigset_t endingSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (!ignoresHangUp()) sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

Interrupt::Interrupt() {
    const sigset_t set = endingSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);  // threads started from now on inherit this
    m_thread = std::jthread([this](const std::stop_token& end) { watch(end); });
}

Interrupt::~Interrupt() {
    m_thread.request_stop();
    m_thread.join();
    const sigset_t set = endingSignals();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupt::onRequest(std::function<void()> action) {
    const std::lock_guard lock(m_mutex);
    m_action = std::move(action);
}

void Interrupt::watch(const std::stop_token& end) {
    const sigset_t set = endingSignals();
    const timespec interval{0, 100'000'000};
    while (!end.stop_requested()) {
        const int signal = sigtimedwait(&set, nullptr, &interval);
        if (signal < 0) continue;
        if (m_source.stop_requested()) {
            // Shell and kernel both tell of a terminal that is gone; only a user means it twice.
            if (signal == SIGHUP) continue;
            std::_Exit(130);
        }
        m_source.request_stop();
        const std::lock_guard lock(m_mutex);
        if (m_action) m_action();
    }
}

}  // namespace skd::cli
