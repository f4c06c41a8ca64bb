#pragma once

#include <functional>
#include <tuple>

#include "base/processes/child_process.h"
#include "cluster/study_engine.h"

/// What Slurm is asked, and what it answers.
namespace skd {

struct SlurmOptions {
    std::string account, partition, gres;  ///< "" = the cluster's own default
    std::int64_t cpus = 0;                 ///< a run; 0 = the cluster's own default
    std::int64_t memoryMiB = 0;            ///< a run; 0 = from the estimate
    std::int64_t minutes = 0;              ///< a run; 0 = from the estimate
    std::int64_t atOnce = 0;               ///< runs at once of an array; 0 = no limit
    std::filesystem::path scratch;         ///< on a node's own disk; "" = localScratch() there
    std::filesystem::path jobTemplate;     ///< "" = resources/slurm/job.sh
};

/// What a job is given: from the estimate with something to spare, unless the options say.
struct SlurmResources {
    std::int64_t memoryMiB = 0, minutes = 0;  ///< 0 = not asked for
    bool operator==(const SlurmResources&) const = default;
    bool operator<(const SlurmResources& other) const {
        return std::tie(memoryMiB, minutes) < std::tie(other.memoryMiB, other.minutes);
    }
};
SlurmResources resourcesOf(const StudyJob& job, const SlurmOptions& options);

/// A job, or an array of jobs, to submit.
struct SlurmSubmission {
    std::string name;  ///< of the study's jobs
    std::filesystem::path logs, script;
    SlurmResources resources;
    std::vector<std::int64_t> array;  ///< task numbers; empty = no array
    std::vector<std::string> after;   ///< jobs that must have succeeded
};
/// The arguments of sbatch. No shell reads them.
std::vector<std::string> sbatchArguments(const SlurmSubmission& submission,
                                         const SlurmOptions& options);
/// The job's number in what `sbatch --parsable` prints; Io for anything else.
Result<std::string> submittedJob(const std::string& printed);

/// The job script: the template with {{worker}} replaced by the worker's command, each word of it
/// quoted. `index` is the run's, or of an array what its task numbers count from. InvalidInput for
/// a template without {{worker}}.
Result<std::string> jobScript(const std::string& jobTemplate, const StudyFolder& study,
                              const SlurmOptions& options, std::int64_t index, bool isArray);

/// Jobs by name, from lines "JOB|STATE|NODE|REASON" of squeue or sacct. Lines of another form are
/// skipped.
std::map<std::string, JobStatus> readQueue(const std::string& printed);

}  // namespace skd
