#include "cluster/coordinator.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "cluster/checkpoint_files.h"
#include "cluster/relay.h"
#include "cluster/result_taking.h"
#include "store/run_paths.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// A record may reach another machine later than the news that its job has ended.
constexpr std::int64_t kLooksForARecord = 10;

}  // namespace

Coordinator::Coordinator(Places places, RunWriter& owner, StudyEngine& engine, FileTurn turn)
    : m_places(std::move(places)), m_owner(owner), m_engine(engine), m_turn(std::move(turn)) {}

Coordinator::~Coordinator() {
    std::error_code ignored;
    fs::remove_all(scratch(), ignored);
}

Result<std::unique_ptr<Coordinator>> Coordinator::attach(Places places, RunWriter& owner,
                                                         StudyEngine& engine) {
    const StudyFolder study = places.study;
    SKD_TRY(StudyPlanFile plan, study.plan());
    SKD_TRY(std::optional<FileTurn> turn, FileTurn::tryTake(study.path() / "coordinator.lock"));
    if (!turn)
        return fail(ErrorCode::Busy, strCat("another process follows the study in ",
                                            study.path().string(), "; close it there"));
    std::unique_ptr<Coordinator> made(
        new Coordinator(std::move(places), owner, engine, std::move(*turn)));
    made->m_plan = std::move(plan);
    auto runs = readRuns(study.jobsFile(), made->m_plan.jobs.size());
    if (!runs && runs.error().code != ErrorCode::NotFound) return fail(runs.error());
    made->m_runs = runs.value_or(std::vector<ClusterRun>(made->m_plan.jobs.size()));
    // The workspace shows none as running that nobody has followed meanwhile.
    for (ClusterRun& run : made->m_runs)
        if (run.state == RunState::Running) run.state = RunState::Pending;
    made->m_unrecorded.resize(made->m_runs.size());
    for (const StudyJob& job : made->m_plan.jobs)
        made->m_tails.emplace_back(study.events(job.index), job.run);
    return made;
}

fs::path Coordinator::scratch() const {
    return RunPaths::of(m_places.workspace).cache / "import" / ("study-" + m_plan.key);
}

bool Coordinator::isDone() const {
    return std::all_of(m_runs.begin(), m_runs.end(),
                       [](const ClusterRun& run) { return hasEnded(run.state); });
}

void Coordinator::trouble(const std::string& text) {
    if (std::exchange(m_trouble, text) != text && m_places.onTrouble) m_places.onTrouble(text);
}

Status Coordinator::step() {
    std::vector<std::string> jobs;
    for (const ClusterRun& run : m_runs)
        if (!hasEnded(run.state) && !run.job.empty()) jobs.push_back(run.job);
    // An engine that does not answer says nothing about its jobs: their files do.
    auto status = jobs.empty() ? Result<std::map<std::string, JobStatus>>() : m_engine.poll(jobs);
    trouble(status ? "" : status.error().message);
    for (std::size_t i = 0; i < m_runs.size(); ++i) {
        if (hasEnded(m_runs[i].state)) continue;
        const bool isKnown = status && status->contains(m_runs[i].job);
        SKD_CHECK(follow(i, isKnown ? std::optional(status->at(m_runs[i].job)) : std::nullopt));
    }
    if (!m_cancelled && status) SKD_CHECK(submitReady());
    if (!m_changed) return {};
    m_changed = false;
    return writeRuns(m_places.study.jobsFile(), m_runs);
}

Status Coordinator::follow(std::size_t index, const std::optional<JobStatus>& status) {
    const auto number = static_cast<std::int64_t>(index);
    if (m_places.study.hasResult(number)) return takeIn(index);
    if (!status) return {};
    switch (status->phase) {
        case JobPhase::Pending:
            change(index, RunState::Pending, status->note);
            return {};
        case JobPhase::Running:
            change(index, RunState::Running, status->note);
            relay(index);
            return {};
        case JobPhase::Ended:
        case JobPhase::Gone:
            break;
    }
    relay(index);
    return followEnd(index, *status);
}

/// The job has ended, and there is no result.
Status Coordinator::followEnd(std::size_t index, const JobStatus& status) {
    ClusterRun& run = m_runs[index];
    if (status.end == JobEnd::Cancelled && !m_cancelled && waitsForNeeds(index)) {
        // The queue ends a job whose dependency failed; that one is started again.
        run.job.clear();
        change(index, RunState::Waiting, "");
        return {};
    }
    const auto exit = m_places.study.exit(static_cast<std::int64_t>(index));
    if (exit && *exit && (*exit)->attempt > run.attemptBefore) {
        const ExitRecord& record = **exit;
        if (record.end == AttemptEnd::Completed) return {};  // its result is on the way
        if (record.end == AttemptEnd::Failed) return takeFailure(index);
        if (record.end == AttemptEnd::NoSpace) {
            endAs(index, RunState::ResultsFull, record.reason);
        } else {
            const RunState state = stateOf(status.end);
            const bool byCluster = m_engine.isQueue() && state != RunState::Crashed;
            endAs(index, byCluster && !m_cancelled ? state : RunState::Stopped, status.note);
        }
        return {};
    }
    const bool isSure = !m_engine.isQueue() || ++m_unrecorded[index] >= kLooksForARecord;
    if (isSure || status.end == JobEnd::Cancelled || status.end == JobEnd::NodeFailed)
        endAs(index, m_cancelled ? RunState::Stopped : stateOf(status.end), status.note);
    return {};
}

Status Coordinator::takeIn(std::size_t index) {
    const StudyJob& job = m_plan.jobs[index];
    const auto taken = takeResult(m_places.study, job, m_owner, m_places.workspace, scratch());
    if (taken) {
        change(index, RunState::Completed, "");
        return {};
    }
    if (taken.error().code != ErrorCode::Corrupt && taken.error().code != ErrorCode::InvalidInput)
        return fail(taken.error().in(job.name));
    std::error_code ignored;
    const fs::path result = m_places.study.result(job.index);
    fs::rename(result, result.string() + ".damaged", ignored);
    endAs(index, RunState::Crashed, taken.error().message);
    return {};
}

Status Coordinator::takeFailure(std::size_t index) {
    const StudyJob& job = m_plan.jobs[index];
    SKD_TRY(const auto exit, m_places.study.exit(job.index));
    std::error_code ignored;
    if (fs::exists(m_places.study.failure(job.index), ignored)) {
        const auto taken = takeResult(m_places.study, job, m_owner, m_places.workspace, scratch());
        if (!taken) log::warning(taken.error().in(job.name).message);
    }
    change(index, RunState::Failed, exit ? exit->reason : "");
    return {};
}

/// Starts it again where that may help, else leaves it so.
void Coordinator::endAs(std::size_t index, RunState state, const std::string& note) {
    ClusterRun& run = m_runs[index];
    const std::int64_t sent =
        CheckpointFiles(m_places.study.run(static_cast<std::int64_t>(index))).newest();
    if (sent > run.checkpointBefore) run.restarts = 0;
    if (m_cancelled || run.restarts >= restartsAllowed(state)) return change(index, state, note);
    ++run.restarts;
    run.job.clear();
    change(index, RunState::Waiting, strCat("again, after ", enumName(state), ": ", note));
}

bool Coordinator::waitsForNeeds(std::size_t index) const {
    const auto& needs = m_plan.jobs[index].needs;
    return std::any_of(needs.begin(), needs.end(), [this](std::int64_t need) {
        return m_runs[static_cast<std::size_t>(need)].state != RunState::Completed;
    });
}

bool Coordinator::isBlocked(std::size_t index, std::string& by) const {
    for (const std::int64_t need : m_plan.jobs[index].needs) {
        const RunState state = m_runs[static_cast<std::size_t>(need)].state;
        if (!hasEnded(state) || state == RunState::Completed) continue;
        by = m_plan.jobs[static_cast<std::size_t>(need)].name;
        return true;
    }
    return false;
}

/// Runs that can be submitted now; what can never start becomes blocked.
std::vector<JobRequest> Coordinator::readyRequests() {
    std::vector<JobRequest> requests;
    for (std::size_t i = 0, room = m_engine.room(); i < m_runs.size() && requests.size() < room;
         ++i) {
        ClusterRun& run = m_runs[i];
        std::string by;
        if (!hasEnded(run.state) && isBlocked(i, by)) {
            if (!run.job.empty()) (void)m_engine.cancel({run.job});
            change(i, RunState::Blocked,
                   strCat("it starts from \"", by, "\", which has no result"));
        }
        if (run.state != RunState::Waiting || !run.job.empty()) continue;
        JobRequest request{&m_plan.jobs[i], {}};
        bool isReady = true;
        for (const std::int64_t need : request.job->needs) {
            const ClusterRun& needed = m_runs[static_cast<std::size_t>(need)];
            if (needed.state == RunState::Completed) continue;
            // No job can wait for one that has ended and may be started again.
            const bool lives =
                !needed.job.empty() && m_unrecorded[static_cast<std::size_t>(need)] == 0;
            isReady = isReady && m_engine.isQueue() && lives;
            request.after.push_back(needed.job);
        }
        if (isReady) requests.push_back(std::move(request));
    }
    return requests;
}

Status Coordinator::submitReady() {
    const std::vector<JobRequest> requests = readyRequests();
    if (requests.empty()) return {};
    const auto names = m_engine.submit(requests);
    if (!names) {
        trouble(names.error().message);
        return names.error().code == ErrorCode::NotFound ? fail(names.error()) : Status();
    }
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (!(*names)[i].empty())
            noteSubmission(static_cast<std::size_t>(requests[i].job->index), (*names)[i]);
    // At once: a job that nobody remembers would be submitted twice.
    return writeRuns(m_places.study.jobsFile(), m_runs);
}

void Coordinator::noteSubmission(std::size_t index, const std::string& job) {
    ClusterRun& run = m_runs[index];
    const auto number = static_cast<std::int64_t>(index);
    run.job = job;
    ++run.submissions;
    m_unrecorded[index] = 0;
    const auto attempt = m_places.study.attempt(number);
    if (attempt && *attempt) run.attemptBefore = (*attempt)->number;
    run.checkpointBefore = CheckpointFiles(m_places.study.run(number)).newest();
    change(index, m_engine.isQueue() ? RunState::Pending : RunState::Running, "");
}

void Coordinator::resubmit(const std::vector<std::int64_t>& indices) {
    m_cancelled = false;
    for (std::size_t i = 0; i < m_runs.size(); ++i) {
        const auto meant = std::find(indices.begin(), indices.end(), static_cast<std::int64_t>(i));
        if (hasEnded(m_runs[i].state) && (indices.empty() || meant != indices.end())) renew(i);
    }
}

void Coordinator::startAgain() {
    for (std::size_t i = 0; i < m_runs.size(); ++i) renew(i);
}

void Coordinator::renew(std::size_t index) {
    ClusterRun& run = m_runs[index];
    if (run.state == RunState::Completed) return;
    run.restarts = 0;
    run.job.clear();
    change(index, RunState::Waiting, "");
}

Status Coordinator::cancel() {
    m_cancelled = true;
    for (std::size_t i = 0; i < m_runs.size(); ++i)
        if (m_runs[i].state == RunState::Waiting) change(i, RunState::Stopped, "");
    SKD_TRY([[maybe_unused]] const std::size_t living, m_engine.cancelAll());
    return {};
}

void Coordinator::change(std::size_t index, RunState state, const std::string& note) {
    ClusterRun& run = m_runs[index];
    if (run.state == state && run.note == note) return;
    const bool isNews = run.state != state;
    run.state = state;
    run.note = note;
    m_changed = true;
    if (isNews) mark(index);
    if (isNews && m_places.onChange) m_places.onChange({&m_plan.jobs[index], &run});
}

void Coordinator::mark(std::size_t index) {
    const Status marked = markRun(m_owner, m_plan.jobs[index].run, m_runs[index]);
    if (!marked) log::warning(marked.error().message);
}

void Coordinator::relay(std::size_t index) {
    for (const Event& event : m_tails[index].read()) {
        if (const Status kept = keepEvent(m_owner, event); !kept)
            log::warning(kept.error().message);
    }
}

}  // namespace skd
