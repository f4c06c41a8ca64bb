#pragma once

#include "cluster/study_folder.h"
#include "store/run_writer.h"

namespace skd {

/// Takes the result of a run of a study, or what is on record of its failure, into a workspace that
/// `owner` has open, under the run's number: files first, its record last and at once, so that a
/// complete run is never without its model. `scratch` is a folder on a local disk: no database is
/// opened on a shared one. False where the run is complete there already.
Result<bool> takeResult(const StudyFolder& folder, const StudyJob& job, RunWriter& owner,
                        const std::filesystem::path& workspace,
                        const std::filesystem::path& scratch);

}  // namespace skd
