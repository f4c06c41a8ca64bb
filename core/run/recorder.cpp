#include "run/recorder.h"

#include "base/clock.h"
#include "base/overloaded.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

RunStatus statusOf(Outcome outcome) {
    static constexpr std::array kStatus{RunStatus::Completed, RunStatus::Cancelled,
                                        RunStatus::Failed, RunStatus::Interrupted};
    return kStatus[static_cast<std::size_t>(outcome)];
}

/// The run an event belongs to; none for previews.
std::optional<RunId> runOf(const Event& event) {
    return std::visit(
        [](const auto& e) -> std::optional<RunId> {
            if constexpr (requires { e.run; })
                return e.run;
            else
                return std::nullopt;
        },
        event);
}

std::vector<RankRow> rankRows(const RanksChosen& chosen) {
    std::vector<RankRow> rows;
    for (const auto& [matrix, rank] : chosen.ranks) rows.push_back({matrix, rank});
    return rows;
}

}  // namespace

void Recorder::note(const Status& status) {
    if (status) return;
    const std::lock_guard lock(m_mutex);
    if (!m_error) return;  // said once; what follows from it would only repeat it
    log::warning("the workspace could not be written: " + status.error().message);
    m_error = status;
}

Status Recorder::takeError() {
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_error, Status{});
}

void Recorder::record(const MetricBatch& batch) {
    std::vector<MetricRow> rows;
    for (const MetricPoint& point : batch.points)
        rows.push_back({point.name, point.step, point.value, nowMs()});
    m_writer.appendMetrics(batch.run, std::move(rows));
}

void Recorder::finish(RunId run, RunStatus status, const std::string& reason,
                      const RunSummary& summary) {
    note(m_writer.flush());
    note(m_writer.markStatus(run, status, reason, summary));
}

void Recorder::emit(Event event) {
    // Carving a model is no run: it leaves nothing in the workspace.
    if (const auto run = runOf(event); !run || run->value() == 0) return;
    std::visit(
        Overloaded{
            [this](const MetricBatch& e) { record(e); },
            [this](const StageStarted& e) {
                note(m_writer.appendEvent(e.run, "stage_started",
                                          {{"stage", stageName(e.stage)}, {"detail", e.detail}}));
            },
            [this](const StageFinished& e) {
                note(m_writer.appendEvent(
                    e.run, "stage_finished",
                    {{"stage", stageName(e.stage)}, {"seconds", e.seconds}, {"result", e.result}}));
            },
            [this](const AnalysisReady& e) { note(m_writer.saveAnalysis(e.run, *e.analysis)); },
            [this](const RanksChosen& e) { note(m_writer.saveRanks(e.run, rankRows(e))); },
            [this](const CheckpointSaved& e) {
                const fs::path path = fs::path(e.path).lexically_proximate(m_folder);
                note(m_writer.appendEvent(
                    e.run, "checkpoint",
                    {{"step", e.step}, {"path", path.string()}, {"best", e.best}}));
            },
            [this](const LogLine& e) {
                note(m_writer.appendEvent(e.run, "log",
                                          {{"level", log::levelName(e.level)}, {"text", e.text}}));
            },
            [this](const RunFinished& e) {
                finish(e.run, statusOf(e.outcome), e.reason, e.summary ? *e.summary : RunSummary{});
            },
            [this](const RunFailed& e) { finish(e.run, RunStatus::Failed, e.error.message, {}); },
            [](const auto&) {}},
        event);
}

}  // namespace skd
