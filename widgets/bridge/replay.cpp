#include "bridge/replay.h"

#include <algorithm>

#include "bridge/run_curves.h"

namespace skd {

namespace {

constexpr int kTick = 33;               ///< ms
constexpr double kLongestSilence = 20;  ///< recorded seconds without news that are played as such

Outcome outcomeOf(RunStatus status) {
    if (status == RunStatus::Completed) return Outcome::Completed;
    if (status == RunStatus::Cancelled) return Outcome::Cancelled;
    return status == RunStatus::Failed ? Outcome::Failed : Outcome::Interrupted;
}

/// Steps of distillation the run had planned; 0 where neither its budget nor its spec says.
std::int64_t plannedSteps(const RunDetails& run) {
    if (const auto& budget = run.summary.budget) return budget->steps.value_or(0);
    const Json& spec = run.spec;
    if (!memberOf(spec, "distill").is_object()) return 0;
    const Json& steps = valueOr(memberOf(spec, "distill"), "steps", Json());
    return steps.is_number_integer() ? valueOr(steps, std::int64_t{0}) : 0;
}

std::optional<Event> eventOf(RunId run, const EventRow& row) {
    if (!row.data.is_object()) return std::nullopt;
    Stage stage{};
    const bool known = parseEnum(valueOr(row.data, "stage", std::string()), stage);
    if (row.kind == "stage_started" && known)
        return StageStarted{run, stage, valueOr(row.data, "detail", std::string())};
    if (row.kind == "stage_finished" && known)
        return StageFinished{run, stage, valueOr(row.data, "seconds", 0.0),
                             valueOr(row.data, "result", Json())};
    if (row.kind == "checkpoint")
        return CheckpointSaved{run, valueOr(row.data, "step", std::int64_t{0}),
                               valueOr(row.data, "path", std::string()),
                               valueOr(row.data, "best", false)};
    return std::nullopt;
}

struct At {
    std::int64_t timeMs;
    Event event;
};

/// The metrics of one moment as one batch, and how far the distillation was then.
void addMetrics(std::vector<At>& all, RunId run, std::vector<MetricRow> rows, std::int64_t steps) {
    std::stable_sort(rows.begin(), rows.end(), [](const MetricRow& a, const MetricRow& b) {
        return a.timeMs != b.timeMs ? a.timeMs < b.timeMs : a.step < b.step;
    });
    for (std::size_t i = 0; i < rows.size();) {
        const std::int64_t time = rows[i].timeMs;
        MetricBatch batch{run, {}};
        std::int64_t done = 0;
        for (; i < rows.size() && rows[i].timeMs == time; ++i) {
            if (rows[i].name == "kd.loss") done = rows[i].step;
            batch.points.push_back({rows[i].name, rows[i].step, rows[i].value});
        }
        all.push_back({time, std::move(batch)});
        if (done > 0 && steps > 0)
            all.push_back({time, Progress{run, Stage::Distill, std::min(done, steps), steps, 0, -1,
                                          "steps"}});
    }
}

}  // namespace

std::vector<TimedEvent> recordingOf(const RunDetails& run, const std::vector<MetricRow>& metrics,
                                    const std::vector<EventRow>& events, double longestSilence) {
    const RunId id = run.row.id;
    std::vector<At> all;
    for (const EventRow& row : events)
        if (auto event = eventOf(id, row)) all.push_back({row.timeMs, std::move(*event)});
    addMetrics(all, id, metrics, plannedSteps(run));
    std::stable_sort(all.begin(), all.end(),
                     [](const At& a, const At& b) { return a.timeMs < b.timeMs; });
    std::vector<TimedEvent> recording{{0, RunStarted{id, run.row.name, run.spec, false}}};
    double now = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const double silence =
            i == 0 ? 0 : static_cast<double>(all[i].timeMs - all[i - 1].timeMs) / 1000;
        now += std::min(silence, longestSilence);
        recording.push_back({now, std::move(all[i].event)});
    }
    const std::string& reason = run.row.error.empty() ? run.row.stopReason : run.row.error;
    recording.push_back({now, RunFinished{id, outcomeOf(run.row.status), reason,
                                          std::make_shared<RunSummary>(run.summary)}});
    return recording;
}

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
                Q_EMIT failed(asText(recording.error()));
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
            started->name = tr("replay of %1").arg(asText(started->name)).toStdString();
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
