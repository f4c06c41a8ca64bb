#include "cluster/run_state.h"

#include "base/text.h"

namespace skd {
namespace {

constexpr VerifiedFormat kJobsFormat{"sparsekd-study-jobs"};

}  // namespace

RunState stateOf(JobEnd end) {
    switch (end) {
        case JobEnd::Crashed:
            return RunState::Crashed;
        case JobEnd::NodeFailed:
        case JobEnd::Preempted:
            return RunState::NodeFailed;
        case JobEnd::Cancelled:
            return RunState::Cancelled;
        case JobEnd::TimedOut:
            return RunState::TimedOut;
        case JobEnd::OutOfMemory:
            return RunState::OutOfMemory;
        case JobEnd::Unknown:
            break;
    }
    return RunState::Lost;
}

std::int64_t restartsAllowed(RunState state) {
    switch (state) {
        case RunState::Crashed:
        case RunState::Lost:
            return 1;
        case RunState::NodeFailed:
        case RunState::TimedOut:
            return 5;
        default:
            return 0;
    }
}

Result<std::vector<ClusterRun>> readRuns(const std::filesystem::path& file, std::size_t count) {
    SKD_TRY(const Json json, readVerifiedJson(file, kJobsFormat));
    std::vector<ClusterRun> runs;
    for (const Json& one : memberOf(json, "runs")) {
        ClusterRun& run = runs.emplace_back();
        parseEnum(valueOr(one, "state", ""), run.state);
        run.job = valueOr(one, "job", "");
        run.note = valueOr(one, "note", "");
        run.submissions = valueOr(one, "submissions", std::int64_t{0});
        run.restarts = valueOr(one, "restarts", std::int64_t{0});
        run.attemptBefore = valueOr(one, "attempt_before", std::int64_t{0});
        run.checkpointBefore = valueOr(one, "checkpoint_before", std::int64_t{0});
    }
    if (runs.size() == count) return runs;
    return fail(ErrorCode::Corrupt,
                strCat(file.string(), " is of ", runs.size(), " runs, the plan of ", count));
}

Status writeRuns(const std::filesystem::path& file, const std::vector<ClusterRun>& runs) {
    Json list = Json::array();
    for (const ClusterRun& run : runs)
        list.push_back({{"state", enumName(run.state)},
                        {"job", run.job},
                        {"note", run.note},
                        {"submissions", run.submissions},
                        {"restarts", run.restarts},
                        {"attempt_before", run.attemptBefore},
                        {"checkpoint_before", run.checkpointBefore}});
    return writeVerifiedJson(file, kJobsFormat, {{"runs", std::move(list)}});
}

}  // namespace skd
