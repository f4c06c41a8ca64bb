#include "run/recorder.h"

#include <chrono>
#include <optional>

#include "base/log.h"

namespace skd {
namespace {

std::int64_t nowMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

RunStatus statusOf(Outcome outcome) {
    switch (outcome) {
        case Outcome::Completed:
            return RunStatus::Completed;
        case Outcome::Cancelled:
            return RunStatus::Cancelled;
        case Outcome::Failed:
            return RunStatus::Failed;
        case Outcome::Interrupted:
            return RunStatus::Interrupted;
    }
    return RunStatus::Failed;
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

void Recorder::emit(Event event) {
    // Carving a model is no run: it leaves nothing in the workspace.
    if (const auto run = runOf(event); !run || run->value() == 0) return;
    if (const auto* batch = std::get_if<MetricBatch>(&event)) {
        record(*batch);
    } else if (const auto* stage = std::get_if<StageStarted>(&event)) {
        note(m_writer.appendEvent(stage->run, "stage_started",
                                  {{"stage", stageName(stage->stage)}, {"detail", stage->detail}}));
    } else if (const auto* done = std::get_if<StageFinished>(&event)) {
        note(m_writer.appendEvent(done->run, "stage_finished",
                                  {{"stage", stageName(done->stage)},
                                   {"seconds", done->seconds},
                                   {"result", done->result}}));
    } else if (const auto* ready = std::get_if<AnalysisReady>(&event)) {
        note(m_writer.saveAnalysis(ready->run, *ready->analysis));
    } else if (const auto* ranks = std::get_if<RanksChosen>(&event)) {
        note(m_writer.saveRanks(ranks->run, rankRows(*ranks)));
    } else if (const auto* saved = std::get_if<CheckpointSaved>(&event)) {
        note(m_writer.appendEvent(
            saved->run, "checkpoint",
            {{"step", saved->step},
             {"path", std::filesystem::path(saved->path).lexically_proximate(m_folder).string()},
             {"best", saved->best}}));
    } else if (const auto* line = std::get_if<LogLine>(&event)) {
        note(m_writer.appendEvent(line->run, "log",
                                  {{"level", log::levelName(line->level)}, {"text", line->text}}));
    } else if (const auto* finished = std::get_if<RunFinished>(&event)) {
        note(m_writer.flush());
        note(m_writer.markStatus(finished->run, statusOf(finished->outcome), finished->reason,
                                 finished->summary ? *finished->summary : RunSummary{}));
    } else if (const auto* failed = std::get_if<RunFailed>(&event)) {
        note(m_writer.flush());
        note(m_writer.markStatus(failed->run, RunStatus::Failed, failed->error.message, {}));
    }
}

}  // namespace skd
