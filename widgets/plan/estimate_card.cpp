#include "plan/estimate_card.h"

#include "controls/build.h"
#include "style/format.h"

namespace skd {

EstimateCard::EstimateCard(const QString& title, Workspace& workspace, RunMonitor& monitor,
                           int delay, QWidget* parent)
    : Card(title, parent), m_workspace(workspace), m_monitor(monitor) {
    callAfter(m_later, delay, this, [this] { ask(); });
}

void EstimateCard::showEvent(QShowEvent* event) {
    Card::showEvent(event);
    if (!std::exchange(m_known, true)) readSpeed();
    refresh();
}

void EstimateCard::refresh() {
    if (isVisible()) m_later.start();
}

void EstimateCard::readSpeed() {
    m_workspace.reader().ask(
        this,
        [paths = RunPaths::of(m_workspace.path())](const RunStore& store) -> Result<SpeedRecord> {
            SKD_TRY(const std::vector<RunRow> rows, store.runs());
            std::vector<std::pair<RunDetails, double>> runs;
            for (const RunRow& row : rows) {
                if (row.status != RunStatus::Completed || runs.size() >= kRuns) continue;
                SKD_TRY(RunDetails details, store.details(row.id));
                SKD_TRY(const std::vector<EventRow> events, store.events(row.id));
                runs.emplace_back(std::move(details), stageSeconds(events));
            }
            return speedOf(runs, paths);
        },
        [this](Result<SpeedRecord> record) {
            if (!record) return;
            m_speed = *record;
            refresh();
        });
}

QString EstimateCard::basis() const {
    if (m_speed.runs == 0)
        return tr(
            "From the measured speed of this machine; runs of this workspace on it correct it once "
            "they are complete.");
    return tr("From the time %1 complete runs of this workspace took.", nullptr, m_speed.runs)
        .arg(formatWhole(m_speed.runs));
}

}  // namespace skd
