#include "bridge/run_curves.h"

#include <cmath>

namespace skd {

namespace {

Result<RunCurves> readCurves(const RunStore& store, RunId run) {
    RunCurves curves;
    SKD_TRY(curves.details, store.details(run));
    SKD_TRY(const std::vector<std::string> names, store.metricNames(run));
    for (const std::string& name : names) {
        SKD_TRY(curves.series[name], store.series(run, name));
    }
    SKD_TRY(const std::vector<EventRow> events, store.events(run));
    for (const EventRow& event : events) {
        if (event.kind != "checkpoint" || !event.data.is_object()) continue;
        curves.checkpoints.push_back({event.data.value("step", std::int64_t{0}),
                                      event.data.value("path", std::string()),
                                      event.data.value("best", false)});
    }
    SKD_TRY(curves.annotations, store.annotations(run));
    curves.loaded = true;
    return curves;
}

void appendPoint(Series& series, std::int64_t step, double value) {
    const auto x = static_cast<double>(step);
    if (!series.steps.empty() &&
        x <= series.steps.back()) {  // a resumed run writes some steps again
        const auto at =
            std::lower_bound(series.steps.begin(), series.steps.end(), x) - series.steps.begin();
        series.steps.resize(static_cast<std::size_t>(at));
        series.values.resize(static_cast<std::size_t>(at));
    }
    series.steps.push_back(x);
    series.values.push_back(value);
}

}  // namespace

namespace {

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
}

}  // namespace

const Series& RunCurves::at(std::string_view metric) const {
    static const Series none;
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
    events.on<RunStarted>(this, [this](const RunStarted& e) { refresh(e.run); });
    events.on<RunFinished>(this, [this](const RunFinished& e) { refresh(e.run); });
    events.on<RunFailed>(this, [this](const RunFailed& e) { refresh(e.run); });
    events.on<CheckpointSaved>(this, [this](const CheckpointSaved& e) {
        m_curves[e.run.value()].checkpoints.push_back({e.step, e.path, e.best});
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
    for (auto& [name, live] :
         known.series) {  // points that had not reached the disk when it was read
        Series& stored = fromStore.series[name];
        const double after = stored.steps.empty() ? -1 : stored.steps.back();
        const auto begin =
            std::upper_bound(live.steps.begin(), live.steps.end(), after) - live.steps.begin();
        stored.steps.insert(stored.steps.end(), live.steps.begin() + begin, live.steps.end());
        stored.values.insert(stored.values.end(), live.values.begin() + begin, live.values.end());
    }
    if (fromStore.checkpoints.size() < known.checkpoints.size())
        fromStore.checkpoints = std::move(known.checkpoints);
    known = std::move(fromStore);
    Q_EMIT changed(run);
}

void RunCurvesCache::onMetrics(const MetricBatch& batch) {
    RunCurves& curves = m_curves[batch.run.value()];
    Series* series = nullptr;
    const std::string* name = nullptr;
    for (const MetricPoint& point : batch.points) {
        if (name == nullptr || point.name != *name) {
            series = &curves.series[point.name];
            name = &point.name;
        }
        appendPoint(*series, point.step, point.value);
    }
    Q_EMIT changed(batch.run);
}

}  // namespace skd
