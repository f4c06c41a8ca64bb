#include "models/edit_runs.h"

#include "delegates/format.h"

namespace skd {

namespace {

/// “name” of one run, or how many there are.
QString subject(const std::vector<RunRow>& runs) {
    return runs.size() == 1
               ? QStringLiteral("“%1”").arg(QString::fromStdString(runs.front().name))
               : QObject::tr("%1 runs", nullptr, runs.size()).arg(formatWhole(runs.size()));
}

}  // namespace

EditRuns::EditRuns(Workspace& workspace, const QString& text, std::vector<WorkspaceEdit> edits,
                   std::vector<WorkspaceEdit> inverse)
    : QUndoCommand(text),
      m_workspace(workspace),
      m_edits(std::move(edits)),
      m_inverse(std::move(inverse)) {}

void EditRuns::redo() {
    for (const WorkspaceEdit& edit : m_edits) m_workspace.edit(edit);
}

void EditRuns::undo() {
    for (auto edit = m_inverse.rbegin(); edit != m_inverse.rend(); ++edit) m_workspace.edit(*edit);
}

EditRuns* EditRuns::remove(Workspace& workspace, const std::vector<RunRow>& runs) {
    std::vector<WorkspaceEdit> edits, inverse;
    for (const RunRow& run : runs) {
        edits.emplace_back(DeleteRun{run.id});
        inverse.emplace_back(RestoreRun{run.id});
    }
    return new EditRuns(workspace, QObject::tr("delete %1").arg(subject(runs)), std::move(edits),
                        std::move(inverse));
}

EditRuns* EditRuns::rename(Workspace& workspace, const RunRow& run, const std::string& name) {
    return new EditRuns(workspace, QObject::tr("rename %1").arg(subject({run})),
                        {RenameRun{run.id, name}}, {RenameRun{run.id, run.name}});
}

EditRuns* EditRuns::tag(Workspace& workspace, const std::vector<RunRow>& runs,
                        const std::vector<std::string>& tags) {
    std::vector<WorkspaceEdit> edits, inverse;
    for (const RunRow& run : runs) {
        edits.emplace_back(SetTags{run.id, tags});
        inverse.emplace_back(SetTags{run.id, run.tags});
    }
    return new EditRuns(workspace, QObject::tr("tag %1").arg(subject(runs)), std::move(edits),
                        std::move(inverse));
}

EditRuns* EditRuns::color(Workspace& workspace, const std::vector<RunRow>& runs,
                          const std::string& color) {
    std::vector<WorkspaceEdit> edits, inverse;
    for (const RunRow& run : runs) {
        edits.emplace_back(SetColor{run.id, color});
        inverse.emplace_back(SetColor{run.id, run.color});
    }
    return new EditRuns(workspace, QObject::tr("colour %1").arg(subject(runs)), std::move(edits),
                        std::move(inverse));
}

EditRuns* EditRuns::annotate(Workspace& workspace, const RunRow& run, const std::string& notes) {
    return new EditRuns(workspace, QObject::tr("notes of %1").arg(subject({run})),
                        {SetNotes{run.id, notes}}, {SetNotes{run.id, run.notes}});
}

}  // namespace skd
