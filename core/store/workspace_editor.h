#pragma once

#include <memory>

#include "base/result.h"
#include "store/records.h"

namespace skd {

class WriteConnection;

/// What a user changes in a workspace by hand. Each call is one transaction and may come from any
/// thread. Functions that name a row fail with NotFound where there is none.
class WorkspaceEditor {
public:
    explicit WorkspaceEditor(std::unique_ptr<WriteConnection> connection);
    virtual ~WorkspaceEditor();

    Status rename(RunId run, const std::string& name);
    Status setNotes(RunId run, const std::string& notes);
    /// Sorted, each once.
    Status setTags(RunId run, std::vector<std::string> tags);
    /// "#rrggbb", or "" for the palette's own.
    Status setColor(RunId run, const std::string& color);
    /// A row whose `id` is set keeps it where it is free (what was removed comes back as it was),
    /// else gets a new one; a time of 0 stands for now.
    Result<AnnotationId> annotate(const AnnotationRow& annotation);
    Status removeAnnotation(AnnotationId id);
    Result<MeasurementId> keepMeasurement(const MeasurementRow& measurement);
    Status removeMeasurement(MeasurementId id);
    /// Replaces the view of this id, or adds one.
    Result<ViewId> saveView(const ViewRow& view);
    Status removeView(ViewId id);
    /// Busy while the run is running or queued.
    Status softDelete(RunId run);
    Status restore(RunId run);

protected:
    std::unique_ptr<WriteConnection> m_connection;
};

}  // namespace skd
