#pragma once

#include <QUndoCommand>

#include "bridge/workspace.h"

namespace skd {

/// Edits of a workspace, and the edits that take them back in reverse order. The rows that edits
/// make (annotations, measurements, views) keep their numbers through undo and redo.
class WorkspaceCommand : public QUndoCommand {
public:
    using Edits = std::vector<WorkspaceEdit>;
    /// `done` is told the row that the last edit made, 0 for none, after each undo and redo.
    WorkspaceCommand(Workspace& workspace, const QString& text, Edits edits, Edits inverse,
                     std::function<void(std::int64_t)> done = {});
    void redo() override;
    void undo() override;

private:
    std::int64_t carryOut(WorkspaceEdit& edit, WorkspaceEdit& opposite);
    Workspace& m_workspace;
    Edits m_edits, m_inverse;
    std::function<void(std::int64_t)> m_done;
};

}  // namespace skd
