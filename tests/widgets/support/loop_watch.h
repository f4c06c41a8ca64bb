#pragma once

#include <QTimer>
#include <algorithm>
#include <ctime>

namespace skd::test {

/// Time this thread has computed, in ms: other work on the machine does not count.
inline double threadMilliseconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

/// Longest the event loop has computed without coming round.
class LoopWatch {
public:
    LoopWatch() {
        QObject::connect(&m_beat, &QTimer::timeout, [this] {
            const double now = threadMilliseconds();
            m_worst = std::max(m_worst, now - m_last);
            m_last = now;
        });
        m_beat.start(1);
    }
    [[nodiscard]] double worst() const { return m_worst; }

private:
    QTimer m_beat;
    double m_last = threadMilliseconds(), m_worst = 0;
};

}  // namespace skd::test
