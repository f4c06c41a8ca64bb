#include "cluster/relay.h"

#include "base/clock.h"
#include "base/overloaded.h"
#include "base/text.h"

namespace skd {
namespace {

std::string reasonOf(const ClusterRun& run) {
    std::string text = enumName(run.state);
    if (!run.job.empty()) text += strCat(" as job ", run.job);
    return run.note.empty() ? text : strCat(text, ": ", run.note);
}

}  // namespace

Status markRun(RunWriter& owner, RunId run, const ClusterRun& state) {
    switch (state.state) {
        case RunState::Completed:
            return {};  // its archive says so
        case RunState::Running:
            return owner.markStarted(run, {{"job", state.job}});
        case RunState::Failed:
            return owner.markStatus(run, RunStatus::Failed, state.note, {});
        case RunState::Cancelled:
        case RunState::Stopped:
            return owner.markStatus(run, RunStatus::Cancelled, reasonOf(state), {});
        default:
            return owner.markStatus(run, RunStatus::Interrupted, reasonOf(state), {});
    }
}

Status keepEvent(RunWriter& owner, const Event& event) {
    return std::visit(
        Overloaded{[&](const MetricBatch& e) -> Status {
                       std::vector<MetricRow> rows;
                       for (const MetricPoint& point : e.points)
                           rows.push_back({point.name, point.step, point.value, nowMs()});
                       owner.appendMetrics(e.run, std::move(rows));
                       return {};
                   },
                   [&](const StageStarted& e) {
                       return owner.appendEvent(
                           e.run, "stage_started",
                           {{"stage", stageName(e.stage)}, {"detail", e.detail}});
                   },
                   [&](const LogLine& e) {
                       return owner.appendEvent(
                           e.run, "log", {{"level", log::levelName(e.level)}, {"text", e.text}});
                   },
                   [&](const RanksChosen& e) -> Status {
                       std::vector<RankRow> rows;
                       for (const auto& [matrix, rank] : e.ranks) rows.push_back({matrix, rank});
                       return owner.saveRanks(e.run, rows);
                   },
                   [](const auto&) { return Status(); }},
        event);
}

}  // namespace skd
