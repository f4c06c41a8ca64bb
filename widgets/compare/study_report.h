#pragma once

#include "report/report.h"

namespace skd {

/// A study's results with the report made of them.
struct StudyReport {
    StudyResults results;
    Report report;
};

/// Everything that one study has measured so far.
Result<StudyReport> readStudyReport(const RunStore& store, StudyId study);

}  // namespace skd
