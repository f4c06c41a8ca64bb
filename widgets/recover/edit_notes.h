#pragma once

#include <QUndoCommand>
#include <functional>

#include "bridge/workspace.h"

namespace skd {

/// A note at a step of a run's curve that is written or removed. Undoing a removal writes it again,
/// under a new number.
class EditNote : public QUndoCommand {
public:
    enum class Kind { Write, Remove };
    /// `changed` is told the run whose notes are other ones now.
    EditNote(Workspace& workspace, AnnotationRow note, Kind kind,
             std::function<void(RunId)> changed);
    void redo() override { carryOut(m_kind); }
    void undo() override { carryOut(m_kind == Kind::Write ? Kind::Remove : Kind::Write); }

private:
    void carryOut(Kind kind);
    Workspace& m_workspace;
    AnnotationRow m_note;
    Kind m_kind;
    std::function<void(RunId)> m_changed;
};

}  // namespace skd
