#pragma once

#include "spec/study_spec.h"

namespace skd {

/// The studies that ship with the program (resources/presets), by name.
Result<std::vector<StudySpec>> shippedStudies();
/// The specs of single runs that ship with it, by name.
Result<std::vector<RunSpec>> shippedRuns();

}  // namespace skd
