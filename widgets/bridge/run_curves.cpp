#include "bridge/run_curves.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "store/answer_events.h"

namespace skd {

namespace {

Result<RunCurves> readCurves(const RunStore& store, RunId run) {
    RunCurves curves;
    SKD_TRY(curves.details, store.details(run));
    SKD_TRY(const std::vector<std::string> names, store.metricNames(run));
    for (const std::string& name : names) {
        SKD_TRY(Series stored, store.series(run, name));
        curves.series[name].replace(std::move(stored));
    }
    SKD_TRY(const std::vector<EventRow> events, store.events(run));
    for (const EventRow& event : events) {
        if (event.kind != "checkpoint" || !event.data.is_object()) continue;
        curves.checkpoints.push_back({valueOr(event.data, "step", std::int64_t{0}),
                                      valueOr(event.data, "path", std::string()),
                                      valueOr(event.data, "best", false)});
    }
    SKD_TRY(curves.annotations, store.annotations(run));
    curves.answers = knownAnswers(curves.details.summary, events);
    curves.loaded = true;
    return curves;
}

/// Whether `whole` begins with the points of `part`.
bool beginsWith(const Series& whole, const Series& part) {
    const auto begins = [](const std::vector<double>& all, const std::vector<double>& first) {
        return first.size() <= all.size() && std::equal(first.begin(), first.end(), all.begin());
    };
    return begins(whole.steps, part.steps) && begins(whole.values, part.values);
}

/// What a run was like before it had any result.
void clearValues(RunCurves& curves) {
    RunRow& row = curves.details.row;
    row.status = RunStatus::Running;
    row.finishedMs = 0;
    row.stopReason.clear();
    row.densePpl = row.postPrunePpl = row.postKdPpl = row.mlpRemoved = row.parametersRemoved =
        std::nan("");
    curves.details.summary = {};
    curves.series.clear();
    curves.checkpoints.clear();
    curves.annotations.clear();
    curves.answers.clear();
}

}  // namespace

std::uint64_t Curve::nextEdition() {
    static std::atomic<std::uint64_t> last = 0;  // runs are read on the store's thread
    return ++last;
}

void Curve::append(double step, double value) {
    if (!steps.empty() && step <= steps.back()) {  // a resumed run writes some steps again
        const auto at = std::lower_bound(steps.begin(), steps.end(), step) - steps.begin();
        steps.resize(static_cast<std::size_t>(at));
        values.resize(static_cast<std::size_t>(at));
        edition = nextEdition();
    }
    steps.push_back(step);
    values.push_back(value);
}

void Curve::appendTail(const Series& other) {
    const auto begin = steps.empty()
                           ? other.steps.begin()
                           : std::upper_bound(other.steps.begin(), other.steps.end(), steps.back());
    values.insert(values.end(), other.values.begin() + (begin - other.steps.begin()),
                  other.values.end());
    steps.insert(steps.end(), begin, other.steps.end());
}

void Curve::replace(Series other) {
    if (!beginsWith(other, *this)) edition = nextEdition();
    static_cast<Series&>(*this) = std::move(other);
}

const Curve& RunCurves::at(std::string_view metric) const {
    static const Curve none;
    const auto found = series.find(metric);
    return found == series.end() ? none : found->second;
}

double RunCurves::last(std::string_view metric) const {
    const Series& values = at(metric);
    return values.values.empty() ? std::nan("") : values.values.back();
}

RunCurvesCache::RunCurvesCache(Workspace& workspace, QObject* parent)
    : QObject(parent), m_workspace(workspace) {
    EventBridge& events = workspace.events();
    events.on<MetricBatch>(this, &RunCurvesCache::onMetrics);
    events.on<RunStarted, RunFinished, RunFailed>(this, [this](const auto& e) { refresh(e.run); });
    events.on<CheckpointSaved>(this, [this](const CheckpointSaved& e) {
        m_curves[e.run.value()].checkpoints.push_back({e.step, e.path, e.best});
        Q_EMIT changed(e.run);
    });
    events.on<StageFinished>(this, [this](const StageFinished& e) {
        if (e.stage != Stage::Answer) return;
        takeAnswers(m_curves[e.run.value()].answers, readRecord<AnswerSet>(e.result));
        Q_EMIT changed(e.run);
    });
}

const RunCurves& RunCurvesCache::curves(RunId run) {
    const auto [entry, fresh] = m_curves.try_emplace(run.value());
    if (fresh && run != RunId{}) load(run);
    return entry->second;
}

void RunCurvesCache::refresh(RunId run) {
    if (run == RunId{}) return;
    m_curves.try_emplace(run.value());
    load(run);
}

void RunCurvesCache::hideForReplay(RunId run) {
    m_replayed = run;
    m_curves[run.value()] = {};
    load(run);
}

void RunCurvesCache::showAfterReplay(RunId run) {
    if (m_replayed == run) m_replayed = {};
    refresh(run);
}

void RunCurvesCache::load(RunId run) {
    m_workspace.reader().ask(
        this, [run](const RunStore& store) { return readCurves(store, run); },
        [this, run](Result<RunCurves> curves) {
            if (curves) merge(run, std::move(*curves));
        });
}

void RunCurvesCache::merge(RunId run, RunCurves fromStore) {
    if (run == m_replayed) clearValues(fromStore);
    RunCurves& known = m_curves[run.value()];
    for (auto& [name, live] : known.series) {
        Curve& stored = fromStore.series[name];
        stored.appendTail(live);  // points that had not reached the disk when it was read
        live.replace(std::move(stored));
        stored = std::move(live);
    }
    if (fromStore.checkpoints.size() < known.checkpoints.size())
        fromStore.checkpoints = std::move(known.checkpoints);
    if (fromStore.answers.size() < known.answers.size())
        fromStore.answers = std::move(known.answers);
    known = std::move(fromStore);
    Q_EMIT changed(run);
}

void RunCurvesCache::onMetrics(const MetricBatch& batch) {
    RunCurves& curves = m_curves[batch.run.value()];
    Curve* series = nullptr;
    const std::string* name = nullptr;
    for (const MetricPoint& point : batch.points) {
        if (name == nullptr || point.name != *name) {
            series = &curves.series[point.name];
            name = &point.name;
        }
        series->append(static_cast<double>(point.step), point.value);
    }
    Q_EMIT changed(batch.run);
}

}  // namespace skd
