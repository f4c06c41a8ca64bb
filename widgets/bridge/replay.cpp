#include "bridge/replay.h"

#include <algorithm>

#include "bridge/run_curves.h"

namespace skd {

namespace {
constexpr int kTick = 33;               ///< ms
constexpr double kLongestSilence = 20;  ///< recorded seconds without news that are played as such
}  // namespace

Replay::Replay(Workspace& workspace, RunMonitor& monitor, RunCurvesCache& curves, QObject* parent)
    : QObject(parent), m_workspace(workspace), m_monitor(monitor), m_curves(curves) {
    m_tick.setInterval(kTick);
    connect(&m_tick, &QTimer::timeout, this, &Replay::advance);
    workspace.events().on<RunStarted>(this, [this](const RunStarted& e) {
        if (playing() && e.run != m_run) leave();  // a real one has begun
    });
    workspace.events().on<RunFinished>(this, [this](const RunFinished& e) {
        if (m_ending && e.run == m_run) leave();
    });
}

Replay::~Replay() {
    m_monitor.steerBy({});
}

void Replay::play(RunId run) {
    if (run == RunId{}) return;
    if (playing() || m_monitor.running()) {
        Q_EMIT failed(tr("A run is running; a stored one can be replayed when it has ended."));
        return;
    }
    m_wanted = run;
    m_workspace.reader().ask(
        this,
        [run](const RunStore& store) -> Result<std::vector<TimedEvent>> {
            SKD_TRY(const RunDetails details, store.details(run));
            SKD_TRY(const std::vector<MetricRow> metrics, store.metrics(run));
            SKD_TRY(const std::vector<EventRow> events, store.events(run));
            return recordingOf(details, metrics, events, kLongestSilence);
        },
        [this, run](Result<std::vector<TimedEvent>> recording) {
            if (m_wanted != run || playing() || m_monitor.running()) return;
            if (recording)
                begin(run, std::move(*recording));
            else
                Q_EMIT failed(QString::fromStdString(recording.error().message));
        });
}

void Replay::begin(RunId run, std::vector<TimedEvent> recording) {
    m_run = run;
    m_recording = std::move(recording);
    m_next = 0;
    m_clock = 0;
    m_paused = m_ending = false;
    for (TimedEvent& timed : m_recording)  // nobody takes it for a run of now
        if (auto* started = std::get_if<RunStarted>(&timed.event))
            started->name =
                tr("replay of %1").arg(QString::fromStdString(started->name)).toStdString();
    m_curves.hideForReplay(run);
    m_monitor.steerBy({[this](bool paused) { setPaused(paused); }, [this] { stop(); }});
    m_sinceTick.start();
    m_tick.start();
    advance();
    Q_EMIT changed();
}

void Replay::setSpeed(double speed) {
    m_speed = std::clamp(speed, 0.1, 1e5);
    Q_EMIT changed();
}

double Replay::fraction() const {
    const double length = m_recording.empty() ? 0 : m_recording.back().seconds;
    return length > 0 ? std::clamp(m_clock / length, 0.0, 1.0) : 1;
}

void Replay::setPaused(bool paused) {
    if (!playing() || m_paused == paused) return;
    m_paused = paused;
    m_workspace.events().sink()->emit(RunPaused{m_run, paused});
    Q_EMIT changed();
}

void Replay::advance() {
    const double passed = static_cast<double>(m_sinceTick.restart()) / 1000;
    if (m_paused || m_ending) return;
    m_clock += passed * m_speed;
    const auto sink = m_workspace.events().sink();
    while (m_next < m_recording.size() && m_recording[m_next].seconds <= m_clock)
        sink->emit(m_recording[m_next++].event);
    m_ending = m_next == m_recording.size();
    if (m_ending) m_tick.stop();
}

void Replay::stop() {
    m_wanted = {};
    if (!playing() || m_ending) return;
    m_ending = true;
    m_tick.stop();
    m_workspace.events().sink()->emit(
        RunFinished{m_run, Outcome::Cancelled, tr("the replay was stopped").toStdString(), {}});
}

/// What was recorded is on the screen again, whole.
void Replay::leave() {
    m_tick.stop();
    m_ending = m_paused = false;
    m_curves.showAfterReplay(std::exchange(m_run, RunId{}));
    m_monitor.steerBy({});
    Q_EMIT changed();
}

}  // namespace skd
