#pragma once

#include "cluster/study_folder.h"
#include "store/run_writer.h"

namespace skd {

struct StudySetup {
    std::filesystem::path workspace;
    std::filesystem::path results;  ///< "" = beside the workspace
    /// Folder of the caches that the runs share; "" = the workspace's own, which other machines
    /// may not reach.
    std::filesystem::path caches;
    double checkpointSeconds = 60;
};

/// Tells studies, and what they run with, apart: names a study's folder and jobs.
std::string studyKey(const StudySpec& study);
/// Where a study's folder is.
std::filesystem::path resultsFolder(const StudySetup& setup, const StudySpec& study);

/// Makes the study's folder with its plan and the specs of its runs, each of which gets its number
/// in the workspace; one that is there already is left as it is. A run that the workspace holds
/// already keeps its number, and a complete one is not run again.
Result<StudyFolder> setUpStudy(const StudySetup& setup, const StudySpec& study, RunWriter& owner);

}  // namespace skd
