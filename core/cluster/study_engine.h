#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/study_folder.h"

namespace skd {

/// What an engine knows of a job.
enum class JobPhase { Pending, Running, Ended, Gone };
/// How a job ended that has left no record of its own.
enum class JobEnd { Unknown, Crashed, NodeFailed, Cancelled, TimedOut, OutOfMemory, Preempted };

struct JobStatus {
    JobPhase phase = JobPhase::Gone;
    JobEnd end = JobEnd::Unknown;
    std::string note;  ///< why it waits, where it runs, how it ended
};

/// A run that may be started once the jobs `after` have succeeded.
struct JobRequest {
    const StudyJob* job = nullptr;
    std::vector<std::string> after;
};

/// What starts workers for the runs of a study. Jobs have names of the engine's own.
class StudyEngine {
public:
    virtual ~StudyEngine() = default;

    /// The names of the jobs, in the order of the requests; "" for one that could not be submitted
    /// now, and is to be asked for again. An error says that none could.
    virtual Result<std::vector<std::string>> submit(const std::vector<JobRequest>& requests) = 0;
    /// What has become of them. An error says that nobody can tell right now.
    virtual Result<std::map<std::string, JobStatus>> poll(const std::vector<std::string>& jobs) = 0;
    /// Asks them to end; a checkpoint is sent where they run.
    virtual Status cancel(const std::vector<std::string>& jobs) = 0;
    /// Ends all jobs of the study, those that nobody remembers among them; how many there still
    /// are.
    virtual Result<std::size_t> cancelAll() = 0;
    /// How many more may be submitted now.
    [[nodiscard]] virtual std::size_t room() = 0;
    /// It takes runs before what they need is there, and starts them afterwards; its jobs continue
    /// when this process ends.
    [[nodiscard]] virtual bool isQueue() const = 0;
};

/// The program that jobs run: sparsekd beside this one.
std::filesystem::path workerProgram();

}  // namespace skd
