#include "profile/kept_measurements.h"

#include <algorithm>

namespace skd {

KeptMeasurements::KeptMeasurements(Workspace& workspace, std::string kind, QObject* parent)
    : QObject(parent), m_workspace(workspace), m_kind(std::move(kind)) {}

void KeptMeasurements::refresh(MeasurementId wanted) {
    m_workspace.reader().ask(
        this, [kind = m_kind](const RunStore& store) { return store.measurements(kind, false); },
        [this, wanted](Result<std::vector<MeasurementRow>> rows) {
            take(rows ? std::move(*rows) : std::vector<MeasurementRow>(), wanted);
        });
}

bool KeptMeasurements::has(MeasurementId id) const {
    return std::any_of(m_rows.begin(), m_rows.end(),
                       [id](const MeasurementRow& row) { return row.id == id; });
}

void KeptMeasurements::take(std::vector<MeasurementRow> rows, MeasurementId wanted) {
    m_rows = std::move(rows);
    const bool first = !std::exchange(m_loaded, true);
    MeasurementId now = has(wanted) ? wanted : m_current;
    if (!has(now)) now = m_rows.empty() ? MeasurementId() : m_rows.front().id;
    const bool other = now != m_current;
    m_current = now;
    Q_EMIT listChanged();
    if (other || first) Q_EMIT chosen(now);
}

void KeptMeasurements::choose(MeasurementId id) {
    if (id == m_current || !has(id)) return;
    m_current = id;
    Q_EMIT listChanged();
    Q_EMIT chosen(id);
}

}  // namespace skd
