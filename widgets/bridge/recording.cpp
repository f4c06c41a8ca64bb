#include "bridge/recording.h"

#include <algorithm>
#include <optional>

namespace skd {

namespace {

std::optional<Stage> stageNamed(const std::string& name) {
    for (int i = 0; i <= static_cast<int>(Stage::Export); ++i)
        if (name == stageName(static_cast<Stage>(i))) return static_cast<Stage>(i);
    return std::nullopt;
}

Outcome outcomeOf(RunStatus status) {
    if (status == RunStatus::Completed) return Outcome::Completed;
    if (status == RunStatus::Cancelled) return Outcome::Cancelled;
    return status == RunStatus::Failed ? Outcome::Failed : Outcome::Interrupted;
}

/// Steps of distillation the run had planned; 0 where its spec does not say.
std::int64_t plannedSteps(const Json& spec) {
    if (!spec.is_object() || !spec.contains("distill") || !spec["distill"].is_object()) return 0;
    const Json& steps = spec["distill"].value("steps", Json());
    return steps.is_number_integer() ? steps.get<std::int64_t>() : 0;
}

std::optional<Event> eventOf(RunId run, const EventRow& row) {
    if (!row.data.is_object()) return std::nullopt;
    const auto stage = stageNamed(row.data.value("stage", std::string()));
    if (row.kind == "stage_started" && stage)
        return StageStarted{run, *stage, row.data.value("detail", std::string())};
    if (row.kind == "stage_finished" && stage)
        return StageFinished{run, *stage, row.data.value("seconds", 0.0),
                             row.data.value("result", Json())};
    if (row.kind == "checkpoint")
        return CheckpointSaved{run, row.data.value("step", std::int64_t{0}),
                               row.data.value("path", std::string()),
                               row.data.value("best", false)};
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
    addMetrics(all, id, metrics, plannedSteps(run.spec));
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

}  // namespace skd
