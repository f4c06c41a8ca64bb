#pragma once

#include <functional>
#include <stop_token>

#include "cluster/study_folder.h"

namespace skd {

/// Where and how a worker works.
struct WorkerOptions {
    std::filesystem::path folder;   ///< of the study
    std::int64_t index = 0;         ///< which run of its plan
    std::filesystem::path scratch;  ///< on a disk of this machine; "" = localScratch()
    std::int64_t threads = 0;       ///< of specs that leave them open; 0 = all cores
};

/// $SPARSEKD_SCRATCH, else $SLURM_TMPDIR, $TMPDIR, or /tmp: where a job may write on its machine.
std::filesystem::path localScratch();
/// Where a worker has its workspace; no other run uses it.
std::filesystem::path workerFolder(const std::filesystem::path& scratch, const std::string& key,
                                   std::int64_t index);

/// Carries out one run of a study in a workspace of its own on a local disk. It begins with the
/// newest checkpoint that an earlier attempt has sent, sends its own to the study's folder (every
/// StudyPlanFile::checkpointSeconds, and the one it makes when `stop` is requested), then its
/// archive, and a record of how it ended. Whatever it wrote on the local disk is removed. Busy:
/// another worker has the run. A run that fails is an outcome, as is one whose folder is full.
Result<ExitRecord> workOnRun(const WorkerOptions& options, std::stop_token stop);

}  // namespace skd
