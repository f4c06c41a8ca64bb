#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "style/theme.h"

namespace skd::bench {

struct Figure {
    std::string name;
    double value;
    double limit;  ///< not more than this
};

inline double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values.empty()
               ? NAN
               : values[std::min(
                     values.size() - 1,
                     static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

/// A figure of a window that is not ready is none: the program ends.
inline void require(bool ready, const char* what) {
    if (ready) return;
    std::fprintf(stderr, "%s was not ready in time\n", what);
    std::exit(2);
}

/// How late a timer of 5 ms comes: what a click would wait.
class Heartbeat {
public:
    Heartbeat() {
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, [this] {
            m_late.push_back(std::max(0.0, static_cast<double>(m_beat.nsecsElapsed()) / 1e6 - 5));
            m_beat.restart();
        });
        m_beat.start();
        m_timer.start(5);
    }
    [[nodiscard]] const std::vector<double>& late() const { return m_late; }  ///< ms

private:
    std::vector<double> m_late;
    QElapsedTimer m_beat;
    QTimer m_timer;
};

/// The same short run of a real model by turns without a window and with one that shows it live.
void realRuns(const std::filesystem::path& folder, const std::string& model, int pairs,
              Theme& theme, std::vector<Figure>& figures);

}  // namespace skd::bench
