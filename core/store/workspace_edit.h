#pragma once

#include <string>
#include <variant>
#include <vector>

#include "store/records.h"

namespace skd {

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
    std::vector<std::string> tags;  ///< kept sorted, each once
};
struct SetColor {
    RunId run;
    std::string color;  ///< "#rrggbb", "" = the palette's own
};
struct DeleteRun {
    RunId run;  ///< softly: RestoreRun takes it back; Busy while it is running or queued
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
    ViewRow view;  ///< replaces the view of its id, or is a new one
};
struct RemoveView {
    ViewId view;
};

/// What a user changes in a workspace by hand. A row whose `id` is set keeps it where it is free
/// (what was removed comes back as it was), else gets a new one; a time of 0 stands for now.
using WorkspaceEdit =
    std::variant<RenameRun, SetNotes, SetTags, SetColor, DeleteRun, RestoreRun, Annotate,
                 RemoveAnnotation, KeepMeasurement, RemoveMeasurement, SaveView, RemoveView>;

}  // namespace skd
