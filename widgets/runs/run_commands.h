#pragma once

#include <QUndoCommand>
#include <string>
#include <vector>

#include "bridge/workspace.h"

namespace skd {

/// What the list of runs changes, as steps that can be undone; for QUndoStack::push, which takes
/// them over.
QUndoCommand* removeRuns(Workspace& workspace, const std::vector<RunRow>& runs);
QUndoCommand* renameRun(Workspace& workspace, const RunRow& run, const std::string& name);
QUndoCommand* tagRuns(Workspace& workspace, const std::vector<RunRow>& runs,
                      const std::vector<std::string>& tags);
QUndoCommand* colorRuns(Workspace& workspace, const std::vector<RunRow>& runs,
                        const std::string& color);
QUndoCommand* setRunNotes(Workspace& workspace, const RunRow& run, const std::string& notes);

}  // namespace skd
