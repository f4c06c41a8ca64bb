#pragma once

#include <QUndoCommand>
#include <vector>

#include "bridge/workspace.h"

namespace skd {

/// Edits of a workspace and what takes them back.
class EditRuns : public QUndoCommand {
public:
    EditRuns(Workspace& workspace, const QString& text, std::vector<WorkspaceEdit> edits,
             std::vector<WorkspaceEdit> inverse);
    void redo() override;
    void undo() override;

    static EditRuns* remove(Workspace& workspace, const std::vector<RunRow>& runs);
    static EditRuns* rename(Workspace& workspace, const RunRow& run, const std::string& name);
    static EditRuns* tag(Workspace& workspace, const std::vector<RunRow>& runs,
                         const std::vector<std::string>& tags);
    static EditRuns* color(Workspace& workspace, const std::vector<RunRow>& runs,
                           const std::string& color);
    static EditRuns* annotate(Workspace& workspace, const RunRow& run, const std::string& notes);

private:
    Workspace& m_workspace;
    std::vector<WorkspaceEdit> m_edits, m_inverse;
};

}  // namespace skd
