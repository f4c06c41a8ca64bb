#include "cli/cluster/engine_study.h"

#include <iostream>
#include <thread>

#include "base/files.h"
#include "cli/interrupt.h"
#include "cluster/coordinator.h"
#include "cluster/engine_choice.h"
#include "cluster/worker.h"
#include "store/run_store.h"

namespace skd::cli {
namespace {

namespace fs = std::filesystem;

Outcome outcomeOf(RunState state) {
    if (state == RunState::Completed) return Outcome::Completed;
    return hasEnded(state) && state != RunState::Stopped && state != RunState::Cancelled
               ? Outcome::Failed
               : Outcome::Cancelled;
}

Json statusJson(const StudyPlanFile& plan, const std::vector<ClusterRun>& states,
                const StudyFolder& folder) {
    Json runs = Json::array();
    for (std::size_t i = 0; i < plan.jobs.size(); ++i)
        runs.push_back({{"index", plan.jobs[i].index},
                        {"run_id", plan.jobs[i].run.value()},
                        {"name", plan.jobs[i].name},
                        {"state", enumName(states[i].state)},
                        {"job", states[i].job},
                        {"submissions", states[i].submissions},
                        {"note", states[i].note}});
    return {{"study", plan.study}, {"results", folder.path().string()}, {"runs", std::move(runs)}};
}

void printStatus(const Json& status) {
    for (const Json& run : memberOf(status, "runs")) {
        const std::string job = valueOr(run, "job", ""), note = valueOr(run, "note", "");
        std::cout << valueOr(run, "index", std::int64_t{0}) << "\t" << valueOr(run, "state", "")
                  << "\t" << (job.empty() ? "–" : escapeLine(job)) << "\t"
                  << escapeLine(valueOr(run, "name", ""))
                  << (note.empty() ? "" : "\t" + escapeLine(note)) << "\n";
    }
}

/// One study and what carries it out.
class EngineStudy {
public:
    EngineStudy(const StudySpec& study, std::string workspace, const EngineArguments& arguments)
        : m_study(study),
          m_workspace(std::move(workspace)),
          m_arguments(arguments),
          m_choice{
              arguments.engine,
              arguments.scratch,
              {arguments.account, arguments.partition, arguments.gres, arguments.cpus,
               arguments.memory, arguments.minutes, arguments.atOnce, "", arguments.jobTemplate}} {
        m_setup = setupFor(
            m_choice, {m_workspace, arguments.results, "", arguments.checkpointSeconds}, study);
    }

    /// `asIs`: only a study that was started; InvalidInput, NotFound, Busy.
    Status open(bool asIs) {
        SKD_CHECK(m_choice.check());
        if (asIs) SKD_CHECK(folder().plan());
        SKD_CHECK(createFolders(fs::absolute(m_workspace).parent_path()));
        SKD_TRY(m_owner, RunWriter::open(m_workspace));
        SKD_TRY(StudyFolder folder, setUpStudy(m_setup, m_study, *m_owner));
        SKD_TRY(m_engine, makeStudyEngine(m_choice, folder, m_study));
        SKD_TRY(m_coordinator,
                Coordinator::attach({m_workspace, folder, [this](const auto& c) { show(c); },
                                     [](const std::string& text) { showTrouble(text); }},
                                    *m_owner, *m_engine));
        return {};
    }

    /// Follows the study until it is done, or a stop is asked for.
    Status follow(const Interrupt& interrupt) {
        if (!isSlurm()) m_coordinator->startAgain();
        if (isSlurm() && m_arguments.resubmit) m_coordinator->resubmit();
        do {
            SKD_CHECK(m_coordinator->step());
        } while (!m_arguments.detach && !m_coordinator->isDone() && !pause(interrupt));
        if (interrupt.requested() && !isSlurm()) SKD_CHECK(cancel());
        return {};
    }

    /// Ends all jobs, and waits until none is left.
    Status cancel() {
        SKD_CHECK(m_coordinator->cancel());
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(10);
        for (;;) {
            SKD_TRY(const std::size_t living, m_engine->cancelAll());
            SKD_CHECK(m_coordinator->step());
            if (living == 0 && (m_coordinator->isDone() || isSlurm())) return {};
            if (std::chrono::steady_clock::now() > deadline)
                return fail(ErrorCode::Busy, strCat(living,
                                                    " jobs have not ended in ten minutes; "
                                                    "look at them with squeue"));
            std::this_thread::sleep_for(std::chrono::milliseconds(isSlurm() ? 2000 : 100));
        }
    }

    Status look() { return m_coordinator->step(); }
    [[nodiscard]] Json status() const {
        return statusJson(m_coordinator->plan(), m_coordinator->runs(), folder());
    }

    [[nodiscard]] StudyOutcome outcome() const {
        StudyOutcome outcome;
        const auto& jobs = m_coordinator->plan().jobs;
        outcome.study = m_owner->openStudy(m_study.name, toJson(m_study), studyHash(m_study))
                            .value_or(StudyId());
        const auto store = RunStore::open(m_workspace);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            const ClusterRun& run = m_coordinator->runs()[i];
            StudyRunResult& result = outcome.runs.emplace_back();
            result.run = jobs[i].run;
            result.action = run.submissions == 0 ? StudyAction::Reuse : StudyAction::Start;
            if (run.state == RunState::Blocked) result.action = StudyAction::Skip;
            result.outcome = outcomeOf(run.state);
            result.reason = run.note;
            outcome.cancelled = outcome.cancelled || result.outcome == Outcome::Cancelled;
            if (!store || run.state != RunState::Completed) continue;
            if (const auto details = (*store)->details(jobs[i].run)) {
                result.reason = details->row.stopReason;
                result.summary = std::make_shared<RunSummary>(details->summary);
            }
        }
        return outcome;
    }

    /// What a study that is done here needs no more.
    void tidy() {
        removeScratch();
        const auto& runs = m_coordinator->runs();
        const bool whole = std::all_of(runs.begin(), runs.end(), [](const ClusterRun& run) {
            return run.state == RunState::Completed;
        });
        if (isSlurm() || !m_arguments.results.empty() || !whole) return;
        const fs::path study = folder().path(),
                       turns = turnsBeside(fs::path(m_coordinator->plan().caches) / "any");
        m_coordinator.reset();
        std::error_code ignored;
        fs::remove_all(study, ignored);
        fs::remove_all(turns, ignored);
    }
    [[nodiscard]] bool isSlurm() const { return m_choice.isSlurm(); }
    [[nodiscard]] StudyFolder folder() const {
        return StudyFolder(resultsFolder(m_setup, m_study));
    }

private:
    /// Of workers on this machine that were killed when their result was there already.
    void removeScratch() const {
        if (isSlurm()) return;
        const auto& plan = m_coordinator->plan();
        const fs::path scratch = m_choice.scratch.empty() ? localScratch() : m_choice.scratch;
        std::error_code ignored;
        for (const StudyJob& job : plan.jobs) {
            const auto index = static_cast<std::size_t>(job.index);
            if (m_coordinator->runs()[index].state == RunState::Completed)
                fs::remove_all(workerFolder(scratch, plan.key, job.index), ignored);
        }
    }
    /// True when a stop was asked for meanwhile.
    [[nodiscard]] bool pause(const Interrupt& interrupt) const {
        for (int i = 0; i < (isSlurm() ? 40 : 2) && !interrupt.requested(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return interrupt.requested();
    }
    void show(const ClusterChange& change) const {
        std::cerr << "[" << change.job->index + 1 << "/" << m_coordinator->runs().size() << "] "
                  << escapeLine(change.job->name) << ": " << enumName(change.run->state);
        if (!change.run->job.empty()) std::cerr << " (" << escapeLine(change.run->job) << ")";
        if (!change.run->note.empty()) std::cerr << ", " << escapeLine(change.run->note);
        std::cerr << "\n";
    }
    static void showTrouble(const std::string& text) {
        std::cerr << (text.empty() ? "the queue answers again" : escapeLine(text)) << "\n";
    }

    const StudySpec& m_study;
    std::string m_workspace;
    const EngineArguments& m_arguments;
    EngineChoice m_choice;
    StudySetup m_setup;
    std::unique_ptr<RunWriter> m_owner;
    std::unique_ptr<StudyEngine> m_engine;
    std::unique_ptr<Coordinator> m_coordinator;
};

/// From the study's files alone: another process follows it.
Result<Json> recordedStatus(const StudyFolder& folder) {
    SKD_TRY(const StudyPlanFile plan, folder.plan());
    SKD_TRY(const auto runs, readRuns(folder.jobsFile(), plan.jobs.size()));
    return statusJson(plan, runs, folder);
}

Result<int> showStatus(EngineStudy& study, bool json) {
    if (const Status opened = study.open(true); !opened) {
        if (opened.error().code != ErrorCode::Busy) return fail(opened.error());
        return answer(recordedStatus(study.folder()), json, printStatus);
    }
    if (study.isSlurm()) SKD_CHECK(study.look());
    return answer(Result<Json>(study.status()), json, printStatus);
}

}  // namespace

Result<int> studyOnEngine(const StudySpec& spec, const std::string& workspace,
                          const EngineArguments& arguments, bool json, const Conclusion& conclude) {
    EngineStudy study(spec, workspace, arguments);
    if (arguments.status) return showStatus(study, json);
    const Interrupt interrupt;
    SKD_CHECK(study.open(arguments.cancel));
    if (arguments.cancel) {
        SKD_CHECK(study.cancel());
        return answer(Result<Json>(study.status()), json, printStatus);
    }
    SKD_CHECK(study.follow(interrupt));
    if (study.isSlurm() && (arguments.detach || interrupt.requested())) {
        std::cerr << "the jobs continue; the same command without --detach follows them and takes "
                     "their results, --status shows them, --cancel ends them\n";
        return answer(Result<Json>(study.status()), json, printStatus);
    }
    const StudyOutcome outcome = study.outcome();
    study.tidy();
    return conclude(outcome);
}

}  // namespace skd::cli
