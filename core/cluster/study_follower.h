#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/engine_choice.h"
#include "cluster/run_state.h"
#include "run/session.h"

namespace skd {

struct FollowRequest {
    StudySpec study;
    EngineChoice engine;
    std::filesystem::path workspace, results;  ///< results: "" = beside the workspace
};

/// A run of a study that an engine carries out, for display.
struct FollowedRun {
    RunId run;
    std::string name;
    ClusterRun state;
};

/// Carries out a study by an engine while a session has the workspace: what its runs say reaches
/// the session's sinks as if they ran here (metrics, and QueueChanged where a run's state changes).
/// On a thread of its own; the session outlives it.
class StudyFollower {
public:
    /// Returns once the study is set up. Errors are those of setUpStudy and Coordinator::attach.
    static Result<std::unique_ptr<StudyFollower>> start(Session& session,
                                                        const FollowRequest& request);
    /// Local workers end with a checkpoint; the jobs of a queue continue.
    ~StudyFollower();
    StudyFollower(const StudyFollower&) = delete;
    StudyFollower& operator=(const StudyFollower&) = delete;

    [[nodiscard]] const std::string& study() const;
    [[nodiscard]] std::vector<FollowedRun> runs() const;
    /// Why nothing gets on right now; "" = nothing is wrong.
    [[nodiscard]] std::string trouble() const;
    [[nodiscard]] bool isDone() const;
    /// Ends all its jobs; returns at once.
    void stop();
    /// Starts again what has ended without a result; returns at once.
    void resubmit();

private:
    struct Implementation;
    explicit StudyFollower(std::unique_ptr<Implementation> made);
    std::unique_ptr<Implementation> m_made;
};

}  // namespace skd
