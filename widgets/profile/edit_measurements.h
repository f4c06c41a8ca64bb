#pragma once

#include <QUndoCommand>

#include "bridge/workspace.h"

namespace skd {

/// Deleting a kept measurement: undo keeps it again, under a new number.
class RemoveKept : public QUndoCommand {
public:
    /// `row` with its document. `changed` is told the id that is there after undo, 0 after redo.
    RemoveKept(Workspace& workspace, MeasurementRow row,
               std::function<void(MeasurementId)> changed);
    void undo() override;
    void redo() override;

private:
    Workspace& m_workspace;
    MeasurementRow m_row;
    std::function<void(MeasurementId)> m_changed;
};

}  // namespace skd
