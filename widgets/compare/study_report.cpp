#include "compare/study_report.h"

namespace skd {

Result<StudyReport> readStudyReport(const RunStore& store, StudyId study) {
    SKD_TRY(StudyResults results, loadStudy(store, study));
    Report report = makeReport(results);
    return StudyReport{std::move(results), std::move(report)};
}

}  // namespace skd
