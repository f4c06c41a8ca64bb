#pragma once

#include "base/fields.h"
#include "cluster/study_engine.h"

namespace skd {

/// Where a run of a study is, for users. Those after Running are ends: a run leaves them only when
/// it is submitted again.
enum class RunState {
    Waiting,  ///< for what it needs, or for a free worker
    Pending,  ///< in the cluster's queue
    Running,
    Completed,  ///< its result is in the workspace
    Failed,     ///< by an error of its own
    Stopped,
    Cancelled,
    TimedOut,
    NodeFailed,
    OutOfMemory,
    Crashed,
    Lost,         ///< its job is gone and left no record
    ResultsFull,  ///< the study's folder had no room for what it made
    Blocked       ///< a run that it needs has ended without a result
};
template <>
inline constexpr auto kNames<RunState> = names<RunState>(
    {"waiting", "pending", "running", "completed", "failed", "stopped", "cancelled", "timed-out",
     "node-failed", "out-of-memory", "crashed", "lost", "results-full", "blocked"});

constexpr bool hasEnded(RunState state) {
    return state > RunState::Running;
}

/// The coordinator's record of a run.
struct ClusterRun {
    RunState state = RunState::Waiting;
    std::string job;   ///< the engine's name of its newest job; "" = none yet
    std::string note;  ///< more about the state, for users
    std::int64_t submissions = 0;
    std::int64_t restarts = 0;       ///< since it last sent a checkpoint
    std::int64_t attemptBefore = 0;  ///< its last attempt when it was submitted
    std::int64_t checkpointBefore = 0;
};

/// What an end of a job that left no result means.
RunState stateOf(JobEnd end);
/// How often a run that ended so is started again without having made a checkpoint meanwhile.
std::int64_t restartsAllowed(RunState state);

Result<std::vector<ClusterRun>> readRuns(const std::filesystem::path& file, std::size_t count);
Status writeRuns(const std::filesystem::path& file, const std::vector<ClusterRun>& runs);

}  // namespace skd
