#include "runs/run_commands.h"

#include "bridge/workspace_command.h"
#include "style/format.h"

namespace skd {

namespace {

/// “name” of one run, or how many there are.
QString subject(const std::vector<RunRow>& runs) {
    const int count = static_cast<int>(runs.size());
    return count == 1 ? QStringLiteral("“%1”").arg(QString::fromStdString(runs.front().name))
                      : QObject::tr("%1 runs", nullptr, count).arg(formatWhole(count));
}

}  // namespace

QUndoCommand* removeRuns(Workspace& workspace, const std::vector<RunRow>& runs) {
    std::vector<WorkspaceEdit> edits, inverse;
    for (const RunRow& run : runs) {
        edits.emplace_back(DeleteRun{run.id});
        inverse.emplace_back(RestoreRun{run.id});
    }
    return new WorkspaceCommand(workspace, QObject::tr("delete %1").arg(subject(runs)),
                                std::move(edits), std::move(inverse));
}

QUndoCommand* renameRun(Workspace& workspace, const RunRow& run, const std::string& name) {
    return new WorkspaceCommand(workspace, QObject::tr("rename %1").arg(subject({run})),
                                {RenameRun{run.id, name}}, {RenameRun{run.id, run.name}});
}

QUndoCommand* tagRuns(Workspace& workspace, const std::vector<RunRow>& runs,
                      const std::vector<std::string>& tags) {
    std::vector<WorkspaceEdit> edits, inverse;
    for (const RunRow& run : runs) {
        edits.emplace_back(SetTags{run.id, tags});
        inverse.emplace_back(SetTags{run.id, run.tags});
    }
    return new WorkspaceCommand(workspace, QObject::tr("tag %1").arg(subject(runs)),
                                std::move(edits), std::move(inverse));
}

QUndoCommand* colorRuns(Workspace& workspace, const std::vector<RunRow>& runs,
                        const std::string& color) {
    std::vector<WorkspaceEdit> edits, inverse;
    for (const RunRow& run : runs) {
        edits.emplace_back(SetColor{run.id, color});
        inverse.emplace_back(SetColor{run.id, run.color});
    }
    return new WorkspaceCommand(workspace, QObject::tr("colour %1").arg(subject(runs)),
                                std::move(edits), std::move(inverse));
}

QUndoCommand* setRunNotes(Workspace& workspace, const RunRow& run, const std::string& notes) {
    return new WorkspaceCommand(workspace, QObject::tr("notes of %1").arg(subject({run})),
                                {SetNotes{run.id, notes}}, {SetNotes{run.id, run.notes}});
}

}  // namespace skd
