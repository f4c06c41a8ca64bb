#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "base/processes/file_turn.h"
#include "cluster/event_lines.h"
#include "cluster/run_state.h"
#include "store/run_writer.h"

namespace skd {

/// What a coordinator tells whoever shows the study.
struct ClusterChange {
    const StudyJob* job = nullptr;
    const ClusterRun* run = nullptr;
};

/// Follows a study's jobs: submits what can start, reads what workers say, takes their results into
/// the workspace, each once, and starts again what was lost. It may end at any time, however it
/// ends, and another one continues from the study's folder.
class Coordinator {
public:
    struct Places {
        std::filesystem::path workspace;
        StudyFolder study;
        std::function<void(const ClusterChange&)> onChange = {};  ///< a run's state or job
        std::function<void(const std::string&)> onTrouble = {};   ///< "" = it is over
    };
    /// Busy: another coordinator has the study. `owner` is of the workspace.
    static Result<std::unique_ptr<Coordinator>> attach(Places places, RunWriter& owner,
                                                       StudyEngine& engine);
    ~Coordinator();

    /// One look at everything. An error is of this machine (its disk is full, say).
    Status step();
    /// True when no run is left to wait for.
    [[nodiscard]] bool isDone() const;
    /// Lets ended runs without a result start again: all, or those of `indices`.
    void resubmit(const std::vector<std::int64_t>& indices = {});
    /// Lets every run without a result start, of which no job is left: the jobs of an engine that
    /// is no queue have ended with the process that started them.
    void startAgain();
    /// Asks everything that runs to end, and starts nothing more.
    Status cancel();

    [[nodiscard]] const StudyPlanFile& plan() const { return m_plan; }
    [[nodiscard]] const std::vector<ClusterRun>& runs() const { return m_runs; }

private:
    Coordinator(Places places, RunWriter& owner, StudyEngine& engine, FileTurn turn);

    Status follow(std::size_t index, const std::optional<JobStatus>& status);
    Status followEnd(std::size_t index, const JobStatus& status);
    Status takeIn(std::size_t index);
    Status takeFailure(std::size_t index);
    void endAs(std::size_t index, RunState state, const std::string& note);
    Status submitReady();
    [[nodiscard]] std::vector<JobRequest> readyRequests();
    void renew(std::size_t index);
    void noteSubmission(std::size_t index, const std::string& job);
    void change(std::size_t index, RunState state, const std::string& note);
    void mark(std::size_t index);
    void relay(std::size_t index);
    void trouble(const std::string& text);
    [[nodiscard]] bool waitsForNeeds(std::size_t index) const;
    [[nodiscard]] bool isBlocked(std::size_t index, std::string& by) const;
    [[nodiscard]] std::filesystem::path scratch() const;

    Places m_places;
    RunWriter& m_owner;
    StudyEngine& m_engine;
    FileTurn m_turn;
    StudyPlanFile m_plan;
    std::vector<ClusterRun> m_runs;
    std::vector<EventTail> m_tails;
    std::vector<std::int64_t> m_unrecorded;  ///< looks since a job ended without a record, by run
    std::string m_trouble;
    bool m_changed = true, m_cancelled = false;
};

}  // namespace skd
