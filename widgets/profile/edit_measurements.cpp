#include "profile/edit_measurements.h"

#include <QCoreApplication>

namespace skd {

RemoveKept::RemoveKept(Workspace& workspace, MeasurementRow row,
                       std::function<void(MeasurementId)> changed)
    : QUndoCommand(QCoreApplication::translate("RemoveKept", "delete %1")
                       .arg(QString::fromStdString(row.title))),
      m_workspace(workspace),
      m_row(std::move(row)),
      m_changed(std::move(changed)) {}

void RemoveKept::redo() {
    m_workspace.edit(RemoveMeasurement{m_row.id});
    m_changed({});
}

void RemoveKept::undo() {
    m_row.id = MeasurementId(m_workspace.edit(KeepMeasurement{m_row}));
    m_changed(m_row.id);
}

}  // namespace skd
