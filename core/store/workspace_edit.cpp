#include "store/workspace_edit.h"

#include "store/workspace_editor.h"

namespace skd {
namespace {

using Made = Result<std::int64_t>;

Made none(const Status& status) {
    if (!status) return fail(status.error());
    return 0;
}

template <class Id>
Made number(const Result<Id>& id) {
    if (!id) return fail(id.error());
    return id->value();
}

struct Apply {
    WorkspaceEditor& writer;
    Made operator()(const RenameRun& e) const { return none(writer.rename(e.run, e.name)); }
    Made operator()(const SetNotes& e) const { return none(writer.setNotes(e.run, e.notes)); }
    Made operator()(const SetTags& e) const { return none(writer.setTags(e.run, e.tags)); }
    Made operator()(const SetColor& e) const { return none(writer.setColor(e.run, e.color)); }
    Made operator()(const DeleteRun& e) const { return none(writer.softDelete(e.run)); }
    Made operator()(const RestoreRun& e) const { return none(writer.restore(e.run)); }
    Made operator()(const Annotate& e) const { return number(writer.annotate(e.annotation)); }
    Made operator()(const RemoveAnnotation& e) const {
        return none(writer.removeAnnotation(e.annotation));
    }
    Made operator()(const KeepMeasurement& e) const {
        return number(writer.keepMeasurement(e.measurement));
    }
    Made operator()(const RemoveMeasurement& e) const {
        return none(writer.removeMeasurement(e.measurement));
    }
    Made operator()(const SaveView& e) const { return number(writer.saveView(e.view)); }
    Made operator()(const RemoveView& e) const { return none(writer.removeView(e.view)); }
};

}  // namespace

Result<std::int64_t> applyEdit(WorkspaceEditor& writer, const WorkspaceEdit& edit) {
    return std::visit(Apply{writer}, edit);
}

}  // namespace skd
