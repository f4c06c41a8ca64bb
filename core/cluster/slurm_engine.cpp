#include "cluster/slurm_engine.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/resources.h"
#include "base/text.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};
/// MaxArraySize of Slurm is 1001 unless a cluster changes it: task numbers stay below it.
constexpr std::int64_t kArray = 1000;

Result<std::string> answerOf(const std::vector<std::string>& arguments) {
    SKD_TRY(const ProcessOutput output, captureProcess(arguments, kPatience));
    if (output.exitCode == 0) return output.out;
    return fail(ErrorCode::Io, strCat(arguments.front(), " says: ",
                                      escapeLine(std::string(trimmed(output.err)).substr(0, 400))));
}

}  // namespace

SlurmEngine::SlurmEngine(StudyFolder study, std::string name, SlurmOptions options)
    : m_study(std::move(study)), m_name(std::move(name)), m_options(std::move(options)) {}

Result<std::string> SlurmEngine::submitOne(SlurmSubmission submission, std::int64_t index) {
    SKD_TRY(const fs::path shipped, resourceFolder());
    const fs::path file =
        m_options.jobTemplate.empty() ? shipped / "slurm" / "job.sh" : m_options.jobTemplate;
    SKD_TRY(const std::string text, readFile(file, 1 << 20));
    auto script = jobScript(text, m_study, m_options, index, !submission.array.empty());
    if (!script) return fail(script.error().in(file.string()));
    SKD_CHECK(createFolders(m_study.logs()));
    SKD_CHECK(createFolders(m_study.path() / "jobs"));
    submission.name = m_name;
    submission.logs = m_study.logs();
    submission.script = m_study.path() / "jobs" / strCat(nowMs(), "-", ++m_scripts, ".sh");
    SKD_CHECK(writeFileAtomically(submission.script, *script));
    SKD_TRY(const std::string printed, answerOf(sbatchArguments(submission, m_options)));
    return submittedJob(printed);
}

Result<std::vector<std::string>> SlurmEngine::submit(const std::vector<JobRequest>& requests) {
    std::vector<std::string> names(requests.size());
    std::map<std::pair<SlurmResources, std::int64_t>, std::vector<std::size_t>> arrays;
    std::size_t submitted = 0;
    Error problem;
    const auto take = [&](const Result<std::string>& job, std::size_t i, const std::string& task) {
        if (job) names[i] = *job + task;
        if (job) return ++submitted, void();
        problem = job.error();
    };
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const StudyJob& job = *requests[i].job;
        const SlurmResources resources = resourcesOf(job, m_options);
        if (requests[i].after.empty())
            arrays[{resources, job.index / kArray}].push_back(i);
        else
            take(submitOne({"", "", "", resources, {}, requests[i].after}, job.index), i, "");
    }
    for (const auto& [group, members] : arrays) {
        SlurmSubmission submission{"", "", "", group.first, {}, {}};
        for (const std::size_t i : members)
            submission.array.push_back(requests[i].job->index % kArray);
        const auto job = submitOne(submission, group.second * kArray);
        for (const std::size_t i : members)
            take(job, i, strCat("_", requests[i].job->index % kArray));
    }
    if (submitted == 0 && !requests.empty()) return fail(problem);
    if (submitted < requests.size()) log::warning(problem.message);
    return names;
}

Result<std::map<std::string, JobStatus>> SlurmEngine::listed() const {
    SKD_TRY(const std::string printed, answerOf({"squeue", "--noheader", "--array", "--states=all",
                                                 "--name=" + m_name, "--format=%i|%T|%N|%r"}));
    return readQueue(printed);
}

Result<std::map<std::string, JobStatus>> SlurmEngine::poll(const std::vector<std::string>& jobs) {
    SKD_TRY(const auto known, listed());
    std::map<std::string, JobStatus> found;
    releaseHeld(known);
    for (const std::string& job : jobs)
        if (const auto status = known.find(job); status != known.end()) found.insert(*status);
    addAccounts(found, jobs);
    for (const std::string& job : jobs) found.try_emplace(job);
    return found;
}

Result<std::size_t> SlurmEngine::cancelAll() {
    SKD_CHECK(answerOf({"scancel", "--quiet", "--name=" + m_name}));
    SKD_TRY(const auto known, listed());
    std::size_t living = 0;
    for (const auto& [job, status] : known)
        if (status.phase == JobPhase::Pending || status.phase == JobPhase::Running) ++living;
    return living;
}

/// What Slurm holds because its launch failed on a node may start on another one.
void SlurmEngine::releaseHeld(const std::map<std::string, JobStatus>& found) {
    for (const auto& [job, status] : found)
        if (status.phase == JobPhase::Pending &&
            status.note.find("launch failed requeued held") != std::string::npos)
            (void)answerOf({"scontrol", "release", job});
}

/// What the queue has forgotten, where somebody keeps accounts.
void SlurmEngine::addAccounts(std::map<std::string, JobStatus>& found,
                              const std::vector<std::string>& jobs) {
    std::vector<std::string> gone;
    for (const std::string& job : jobs)
        if (!found.contains(job)) gone.push_back(job);
    if (gone.empty() || !m_hasAccounts) return;
    const auto printed =
        answerOf({"sacct", "--noheader", "--parsable2", "--allocations",
                  "--format=JobID,State,NodeList,Reason", "--jobs=" + joined(gone, ",")});
    m_hasAccounts = printed.has_value();
    if (printed) found.merge(readQueue(*printed));
}

Status SlurmEngine::cancel(const std::vector<std::string>& jobs) {
    constexpr std::size_t kAtOnce = 200;
    for (std::size_t first = 0; first < jobs.size(); first += kAtOnce) {
        std::vector<std::string> arguments{"scancel", "--quiet"};
        for (std::size_t i = first; i < std::min(first + kAtOnce, jobs.size()); ++i)
            arguments.push_back(jobs[i]);
        SKD_CHECK(answerOf(arguments));
    }
    return {};
}

}  // namespace skd
