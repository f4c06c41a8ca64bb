#include "bridge/workspace_command.h"

#include <cassert>

namespace skd {

namespace {

/// Gives the row of an edit that makes or removes one its number.
struct SetRow {
    std::int64_t id;
    void operator()(Annotate& edit) const { edit.annotation.id = AnnotationId(id); }
    void operator()(RemoveAnnotation& edit) const { edit.annotation = AnnotationId(id); }
    void operator()(KeepMeasurement& edit) const { edit.measurement.id = MeasurementId(id); }
    void operator()(RemoveMeasurement& edit) const { edit.measurement = MeasurementId(id); }
    void operator()(SaveView& edit) const { edit.view.id = ViewId(id); }
    void operator()(RemoveView& edit) const { edit.view = ViewId(id); }
    template <class Other>
    void operator()(Other&) const {}
};

}  // namespace

WorkspaceCommand::WorkspaceCommand(Workspace& workspace, const QString& text, Edits edits,
                                   Edits inverse, std::function<void(std::int64_t)> done)
    : QUndoCommand(text),
      m_workspace(workspace),
      m_edits(std::move(edits)),
      m_inverse(std::move(inverse)),
      m_done(std::move(done)) {
    assert(m_edits.size() == m_inverse.size());
}

std::int64_t WorkspaceCommand::carryOut(WorkspaceEdit& edit, WorkspaceEdit& opposite) {
    const std::int64_t row = m_workspace.edit(edit);
    if (row == 0) return 0;
    std::visit(SetRow{row}, edit);
    std::visit(SetRow{row}, opposite);
    return row;
}

void WorkspaceCommand::redo() {
    std::int64_t row = 0;
    for (std::size_t i = 0; i < m_edits.size(); ++i) row = carryOut(m_edits[i], m_inverse[i]);
    if (m_done) m_done(row);
}

void WorkspaceCommand::undo() {
    std::int64_t row = 0;
    for (std::size_t i = m_inverse.size(); i-- > 0;) row = carryOut(m_inverse[i], m_edits[i]);
    if (m_done) m_done(row);
}

}  // namespace skd
