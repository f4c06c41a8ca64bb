#include "plan/speed_reader.h"

#include "style/format.h"

namespace skd {

SpeedReader::SpeedReader(Workspace& workspace, QObject* parent)
    : QObject(parent), m_workspace(workspace) {}

void SpeedReader::refresh() {
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
            m_record = *record;
            Q_EMIT changed();
        });
}

QString SpeedReader::basis() const {
    if (m_record.runs == 0)
        return tr(
            "From the measured speed of this machine; runs of this workspace on it correct it once "
            "they are complete.");
    return tr("From the time %1 complete runs of this workspace took.", nullptr, m_record.runs)
        .arg(formatWhole(m_record.runs));
}

}  // namespace skd
