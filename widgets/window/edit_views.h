#pragma once

#include "runs/edit_runs.h"

namespace skd {

/// Saves a view, or takes one away; both ways. A view that comes back gets a new number.
class ViewCommand : public QUndoCommand {
public:
    ViewCommand(Workspace& workspace, const QString& text, ViewRow view)
        : QUndoCommand(text), m_workspace(workspace), m_view(std::move(view)) {}

protected:
    void add() { m_view.id = ViewId(m_workspace.edit(SaveView{withoutId()})); }
    void drop() { m_workspace.edit(RemoveView{m_view.id}); }

private:
    [[nodiscard]] ViewRow withoutId() const {
        ViewRow view = m_view;
        view.id = {};
        return view;
    }
    Workspace& m_workspace;
    ViewRow m_view;
};

class AddView : public ViewCommand {
public:
    using ViewCommand::ViewCommand;
    void redo() override { add(); }
    void undo() override { drop(); }
};

class DropView : public ViewCommand {
public:
    using ViewCommand::ViewCommand;
    void redo() override { drop(); }
    void undo() override { add(); }
};

}  // namespace skd
