#pragma once

#include "bridge/run_monitor.h"

namespace skd {

class RunCurvesCache;

/// Something a run said, and when.
struct TimedEvent {
    double seconds = 0;  ///< since the run began to speak
    Event event;
};

/// A stored run as the events that it once emitted: stages, metrics with the distillation's
/// progress, checkpoints, the end. Ordered; silences longer than `longestSilence` seconds are cut
/// to that.
std::vector<TimedEvent> recordingOf(const RunDetails& run, const std::vector<MetricRow>& metrics,
                                    const std::vector<EventRow>& events, double longestSilence);

/// Plays a stored run again at a chosen speed. Its events take the way of a live run's, from the
/// mailbox on: pages cannot tell. While it plays, the run's stored curves are withheld. Nothing is
/// written.
class Replay : public QObject {
    Q_OBJECT
public:
    Replay(Workspace& workspace, RunMonitor& monitor, RunCurvesCache& curves,
           QObject* parent = nullptr);
    ~Replay() override;

    /// Reads the run and plays it from its beginning. Refused while a run is running: failed() says
    /// so.
    void play(RunId run);
    void setPaused(bool paused);
    void stop();
    [[nodiscard]] bool playing() const { return m_run != RunId{}; }
    [[nodiscard]] bool paused() const { return m_paused; }
    [[nodiscard]] RunId run() const { return m_run; }
    /// Recorded seconds per second; at any time.
    void setSpeed(double speed);
    [[nodiscard]] double speed() const { return m_speed; }
    [[nodiscard]] double fraction() const;  ///< of the recording

Q_SIGNALS:
    void changed();
    void failed(const QString& message);

private:
    void begin(RunId run, std::vector<TimedEvent> recording);
    void advance();
    void leave();

    Workspace& m_workspace;
    RunMonitor& m_monitor;
    RunCurvesCache& m_curves;
    std::vector<TimedEvent> m_recording;
    std::size_t m_next = 0;
    RunId m_run, m_wanted;
    double m_speed = 20, m_clock = 0;  ///< m_clock: recorded seconds that have passed
    bool m_paused = false, m_ending = false;
    QTimer m_tick;
    QElapsedTimer m_sinceTick;
};

}  // namespace skd
