#include "store/workspace_edit.h"

#include "store/workspace_editor.h"

namespace skd {
namespace {

Result<std::int64_t> none(const Status& status) {
    if (!status) return fail(status.error());
    return 0;
}

template <class Id>
Result<std::int64_t> number(const Result<Id>& id) {
    if (!id) return fail(id.error());
    return id->value();
}

struct Apply {
    WorkspaceEditor& writer;
    Result<std::int64_t> operator()(const RenameRun& e) const {
        return none(writer.rename(e.run, e.name));
    }
    Result<std::int64_t> operator()(const SetNotes& e) const {
        return none(writer.setNotes(e.run, e.notes));
    }
    Result<std::int64_t> operator()(const SetTags& e) const {
        return none(writer.setTags(e.run, e.tags));
    }
    Result<std::int64_t> operator()(const SetColor& e) const {
        return none(writer.setColor(e.run, e.color));
    }
    Result<std::int64_t> operator()(const DeleteRun& e) const {
        return none(writer.softDelete(e.run));
    }
    Result<std::int64_t> operator()(const RestoreRun& e) const {
        return none(writer.restore(e.run));
    }
    Result<std::int64_t> operator()(const Annotate& e) const {
        return number(writer.annotate(e.annotation));
    }
    Result<std::int64_t> operator()(const RemoveAnnotation& e) const {
        return none(writer.removeAnnotation(e.annotation));
    }
    Result<std::int64_t> operator()(const KeepMeasurement& e) const {
        return number(writer.keepMeasurement(e.measurement));
    }
    Result<std::int64_t> operator()(const RemoveMeasurement& e) const {
        return none(writer.removeMeasurement(e.measurement));
    }
    Result<std::int64_t> operator()(const SaveView& e) const {
        return number(writer.saveView(e.view));
    }
    Result<std::int64_t> operator()(const RemoveView& e) const {
        return none(writer.removeView(e.view));
    }
};

}  // namespace

Result<std::int64_t> applyEdit(WorkspaceEditor& writer, const WorkspaceEdit& edit) {
    return std::visit(Apply{writer}, edit);
}

}  // namespace skd
