#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace skd {

class WorkspaceEditor;

struct RenameRun {
    RunId run;
    std::string name;
};
struct SetNotes {
    RunId run;
    std::string notes;
};
struct SetTags {
    RunId run;
    std::vector<std::string> tags;
};
struct SetColor {
    RunId run;
    std::string color;  ///< "#rrggbb", "" = the palette's own
};
struct DeleteRun {
    RunId run;  ///< softly: RestoreRun takes it back
};
struct RestoreRun {
    RunId run;
};
struct Annotate {
    AnnotationRow annotation;
};
struct RemoveAnnotation {
    AnnotationId annotation;
};
struct KeepMeasurement {
    MeasurementRow measurement;
};
struct RemoveMeasurement {
    MeasurementId measurement;
};
struct SaveView {
    ViewRow view;
};
struct RemoveView {
    ViewId view;
};

/// What a user changes in a workspace by hand.
using WorkspaceEdit =
    std::variant<RenameRun, SetNotes, SetTags, SetColor, DeleteRun, RestoreRun, Annotate,
                 RemoveAnnotation, KeepMeasurement, RemoveMeasurement, SaveView, RemoveView>;

/// Carries an edit out. The id of the row that was made (annotation, measurement, view), else 0.
Result<std::int64_t> applyEdit(WorkspaceEditor& writer, const WorkspaceEdit& edit);

}  // namespace skd
