#include "cluster/study_folder.h"

#include "base/files.h"
#include "base/members.h"
#include "base/text.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr VerifiedFormat kPlanFormat{"sparsekd-study"};
constexpr VerifiedFormat kRunFormat{"sparsekd-study-run"};
constexpr VerifiedFormat kAttemptFormat{"sparsekd-attempt"};
constexpr VerifiedFormat kExitFormat{"sparsekd-exit"};
constexpr std::int64_t kMostRuns = 1'000'000;

Json jobJson(const StudyJob& job) {
    return {{"index", job.index},     {"run", job.run.value()},   {"name", job.name},
            {"variant", job.variant}, {"seed", job.seed},         {"needs", job.needs},
            {"seconds", job.seconds}, {"memory", job.memoryBytes}};
}

Status readJob(const Json& json, StudyJob& job) {
    std::int64_t run = 0;
    SKD_CHECK(takeNumber(json, "index", 0, kMostRuns, job.index));
    SKD_CHECK(takeNumber(json, "run", 1, INT64_MAX, run));
    SKD_CHECK(takeMember(json, "name", job.name));
    SKD_CHECK(takeMember(json, "variant", job.variant));
    job.run = RunId(run);
    job.seed = valueOr(json, "seed", std::int64_t{0});
    job.seconds = valueOr(json, "seconds", 0.0);
    job.memoryBytes = valueOr(json, "memory", std::int64_t{0});
    const auto needs = valuesAs<std::int64_t>(memberOf(json, "needs"));
    if (!needs) return fail(ErrorCode::Corrupt, "its \"needs\" is no list of whole numbers");
    for (const std::int64_t need : *needs)
        if (need < 0 || need >= job.index)
            return fail(ErrorCode::Corrupt, strCat("run ", job.index, " needs run ", need));
    job.needs = *needs;
    return {};
}

Result<StudyPlanFile> parsePlan(const Json& json) {
    StudyPlanFile plan;
    SKD_CHECK(takeMember(json, "key", plan.key));
    SKD_CHECK(takeMember(json, "study", plan.study));
    SKD_CHECK(takeMember(json, "study_hash", plan.studyHash));
    SKD_CHECK(takeMember(json, "caches", plan.caches));
    plan.workingFolder = valueOr(json, "working_folder", "");
    plan.spec = memberOf(json, "spec");
    plan.checkpointSeconds = valueOr(json, "checkpoint_seconds", plan.checkpointSeconds);
    for (const Json& one : memberOf(json, "runs")) {
        SKD_CHECK(readJob(one, plan.jobs.emplace_back()));
        if (plan.jobs.back().index + 1 != static_cast<std::int64_t>(plan.jobs.size()))
            return fail(ErrorCode::Corrupt, "its runs are not in their order");
    }
    return plan;
}

/// What `read` makes of a file that may not be there yet.
template <class Read>
auto ifThere(Result<Json> json, const Read& read) -> Result<std::optional<decltype(read(Json()))>> {
    if (json) return std::optional(read(*json));
    if (json.error().code == ErrorCode::NotFound) return std::optional<decltype(read(Json()))>();
    return fail(json.error());
}

}  // namespace

Result<StudyPlanFile> StudyFolder::plan() const {
    auto json = readVerifiedJson(planFile(), kPlanFormat);
    if (!json && json.error().code == ErrorCode::NotFound)
        return fail(ErrorCode::NotFound, strCat(m_folder.string(),
                                                " holds no study; name the folder that --results "
                                                "gave when the study was started"));
    if (!json) return fail(json.error());
    return located(parsePlan(*json), planFile().string());
}

Status StudyFolder::writePlan(const StudyPlanFile& plan) const {
    Json runs = Json::array();
    for (const StudyJob& job : plan.jobs) runs.push_back(jobJson(job));
    return writeVerifiedJson(planFile(), kPlanFormat,
                             {{"key", plan.key},
                              {"study", plan.study},
                              {"study_hash", plan.studyHash},
                              {"caches", plan.caches},
                              {"working_folder", plan.workingFolder},
                              {"checkpoint_seconds", plan.checkpointSeconds},
                              {"spec", plan.spec},
                              {"runs", std::move(runs)}});
}

Result<RunSpec> StudyFolder::spec(std::int64_t index) const {
    const fs::path file = run(index) / "run.json";
    SKD_TRY(const Json json, readVerifiedJson(file, kRunFormat));
    return located(parseRunSpec(memberOf(json, "spec")), file.string());
}

Status StudyFolder::writeSpec(const StudyJob& job, const RunSpec& spec) const {
    SKD_CHECK(createFolders(run(job.index)));
    Json json = jobJson(job);
    json["spec"] = toJson(spec);
    return writeVerifiedJson(run(job.index) / "run.json", kRunFormat, json);
}

Result<std::optional<AttemptRecord>> StudyFolder::attempt(std::int64_t index) const {
    return ifThere(readVerifiedJson(run(index) / "attempt.json", kAttemptFormat),
                   [](const Json& json) {
                       return AttemptRecord{valueOr(json, "number", std::int64_t{0}),
                                            valueOr(json, "host", ""), valueOr(json, "job", ""),
                                            valueOr(json, "pid", std::int64_t{0}),
                                            valueOr(json, "started_ms", std::int64_t{0})};
                   });
}

Status StudyFolder::writeAttempt(std::int64_t index, const AttemptRecord& record) const {
    return writeVerifiedJson(run(index) / "attempt.json", kAttemptFormat,
                             {{"number", record.number},
                              {"host", record.host},
                              {"job", record.job},
                              {"pid", record.pid},
                              {"started_ms", record.startedMs}});
}

Result<std::optional<ExitRecord>> StudyFolder::exit(std::int64_t index) const {
    return ifThere(readVerifiedJson(run(index) / "exit.json", kExitFormat), [](const Json& json) {
        ExitRecord record{valueOr(json, "attempt", std::int64_t{0}), AttemptEnd::Failed,
                          valueOr(json, "reason", ""),
                          valueOr(json, "finished_ms", std::int64_t{0})};
        parseEnum(valueOr(json, "end", ""), record.end);
        return record;
    });
}

Status StudyFolder::writeExit(std::int64_t index, const ExitRecord& record) const {
    return writeVerifiedJson(run(index) / "exit.json", kExitFormat,
                             {{"attempt", record.attempt},
                              {"end", enumName(record.end)},
                              {"reason", record.reason},
                              {"finished_ms", record.finishedMs}});
}

bool StudyFolder::hasResult(std::int64_t index) const {
    std::error_code ignored;
    return fs::is_regular_file(result(index), ignored);
}

}  // namespace skd
