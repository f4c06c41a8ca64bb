#pragma once

#include "run/session.h"
#include "spec/study_plan.h"

namespace skd {

enum class StudyAction { Start, Resume, Reuse, Skip };

/// What became of one run of a study's plan.
struct StudyRunResult {
    RunId run;  ///< 0 where it was never started
    StudyAction action = StudyAction::Start;
    Outcome outcome = Outcome::Cancelled;  ///< Completed for reused runs
    std::string reason;                    ///< error of a failed or skipped run
    RunSummaryPtr summary;                 ///< null where nothing was measured
};

/// What is about to be done, for display.
struct StudyStep {
    std::size_t index = 0, total = 0;
    const PlannedRun* planned = nullptr;
    StudyAction action = StudyAction::Start;
    double secondsLeft = 0;  ///< of the whole study, this run included
};

struct StudyOutcome {
    StudyId study;
    std::vector<StudyRunResult> runs;  ///< in the plan's order; those after a stop are missing
    bool cancelled = false;
    [[nodiscard]] std::size_t count(Outcome outcome) const;
};

/// Runs a study's plan through a session, one run after another. What is complete is not run again,
/// what was interrupted, stopped or failed continues from its last checkpoint; a run that fails
/// does not end the others, only those that start from it. Calling it again after any end, kill -9
/// included, finishes the study with the same bits, as far as distill() promises them.
class StudyRunner {
public:
    /// `workspace` is the session's. The session outlives the runner.
    StudyRunner(Session& session, std::filesystem::path workspace, StudySpec study);
    ~StudyRunner();
    StudyRunner(const StudyRunner&) = delete;
    StudyRunner& operator=(const StudyRunner&) = delete;

    Result<StudyOutcome> run(const std::function<void(const StudyStep&)>& onStep = {});
    /// Ends the current run with a checkpoint, and the study with it; from any thread.
    void stop();

private:
    class Listener;

    [[nodiscard]] Result<std::vector<RunDetails>> recorded() const;
    Result<StudyRunResult> runOne(std::size_t index,
                                  const std::function<void(const StudyStep&)>& onStep);
    [[nodiscard]] std::optional<std::string> missingNeed(std::size_t index) const;
    [[nodiscard]] double recordedSeconds(RunId run) const;
    [[nodiscard]] double secondsLeft(std::size_t from) const;

    Session& m_session;
    std::filesystem::path m_workspace;
    StudySpec m_study;
    StudyPlan m_plan;
    std::vector<double> m_expected;
    double m_expectedDone = 0, m_actualDone = 0;  ///< seconds of the runs that have finished
    StudyOutcome m_outcome;
    std::shared_ptr<Listener> m_listener;
};

}  // namespace skd
