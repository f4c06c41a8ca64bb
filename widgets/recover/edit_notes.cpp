#include "recover/edit_notes.h"

#include <QCoreApplication>

namespace skd {

EditNote::EditNote(Workspace& workspace, AnnotationRow note, Kind kind,
                   std::function<void(RunId)> changed)
    : QUndoCommand((kind == Kind::Write
                        ? QCoreApplication::translate("EditNote", "write the note “%1”")
                        : QCoreApplication::translate("EditNote", "remove the note “%1”"))
                       .arg(QString::fromStdString(note.text))),
      m_workspace(workspace),
      m_note(std::move(note)),
      m_kind(kind),
      m_changed(std::move(changed)) {}

void EditNote::carryOut(Kind kind) {
    if (kind == Kind::Write)
        m_note.id = AnnotationId(m_workspace.edit(Annotate{m_note}));
    else
        m_workspace.edit(RemoveAnnotation{m_note.id});
    m_changed(m_note.run);
}

}  // namespace skd
