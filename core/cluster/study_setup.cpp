#include "cluster/study_setup.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/processes/file_turn.h"
#include "base/text.h"
#include "cluster/run_state.h"
#include "cluster/run_workspace.h"
#include "exchange/run_archive.h"
#include "store/run_paths.h"
#include "store/run_store.h"
#include "study/run_estimate.h"
#include "study/study_queue.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// The run's own spec, or where it starts from other runs of the plan, with the model of the first
/// of them: of about its size.
RunSpec sizedSpec(const StudyPlan& plan, std::size_t index) {
    RunSpec spec = plan.runs[index].spec;
    spec.model.path = modelRun(plan, index).spec.model.path;
    return spec;
}

/// The run's number, and whether it is complete already.
Result<std::pair<RunId, bool>> numberOf(RunWriter& owner, const std::vector<RunDetails>& known,
                                        const PlannedRun& planned, const RunSpec& spec,
                                        StudyId study) {
    if (const RunDetails* match = recordedRun(known, planned, spec))
        return std::pair(match->row.id, match->row.status == RunStatus::Completed);
    SKD_CHECK(validate(spec));
    const Json json = toJson(spec);
    SKD_TRY(const RunId run, owner.createRun(displayName(spec), json, sha256Hex(dumpJson(json)),
                                             {study, planned.variant}));
    SKD_CHECK(owner.markStatus(run, RunStatus::Interrupted, "waits for a worker", {}));
    return std::pair(run, false);
}

/// Puts what a complete run has left into the study's folder, for those that start from it.
Status deliverKnown(const fs::path& workspace, const StudyFolder& folder, const StudyJob& job) {
    const fs::path files = RunPaths::of(workspace).run(job.run), model = RunFolder(files).final();
    const fs::path local = RunPaths::of(workspace).cache / "import" / "known.sqlite";
    ArchiveRequest request{workspace, {job.run}, local, true, {}};
    std::error_code ignored;
    if (fs::is_regular_file(model, ignored))
        request.files[job.run.value()].push_back({model.filename().string(), model});
    SKD_CHECK(createFolders(local.parent_path()));
    SKD_CHECK(writeArchive(request));
    CheckpointFiles kept(folder.run(job.index) / "kept");
    SKD_TRY([[maybe_unused]] const std::int64_t number, kept.send(filesBelow(files, "")));
    const auto archive = MappedFile::open(local);
    fs::remove(local, ignored);
    if (!archive) return fail(archive.error());
    return writeFileAtomically(folder.result(job.index), archive->view());
}

/// Numbers, specs and sizes of a plan's runs.
class Jobs {
public:
    Jobs(const StudySetup& setup, const StudyFolder& folder, RunWriter& owner)
        : m_setup(setup), m_folder(folder), m_owner(owner) {}

    Result<StudyPlanFile> of(const StudySpec& study) {
        SKD_TRY(const StudyPlan plan, planStudy(study));
        StudyPlanFile file;
        file.key = studyKey(study);
        file.study = study.name;
        file.studyHash = studyHash(study);
        file.spec = toJson(study);
        file.checkpointSeconds = m_setup.checkpointSeconds;
        SKD_TRY(const StudyId id, m_owner.openStudy(study.name, file.spec, file.studyHash));
        std::vector<RunDetails> known;
        {
            SKD_TRY(const auto store, RunStore::open(m_setup.workspace));
            SKD_TRY(known, store->studyRuns(id));
        }
        const RunPaths paths = RunPaths::of(m_setup.workspace);
        m_seconds = estimatePlan(plan, paths);
        for (std::size_t i = 0; i < plan.runs.size(); ++i) {
            SKD_CHECK(add(plan, i, known, id));
            file.jobs.push_back(m_jobs.back());
        }
        return file;
    }
    [[nodiscard]] const std::vector<ClusterRun>& states() const { return m_states; }

private:
    Status add(const StudyPlan& plan, std::size_t index, const std::vector<RunDetails>& known,
               StudyId study) {
        const PlannedRun& planned = plan.runs[index];
        const RunSpec spec =
            resolved(plan, index, [&](std::size_t needed) { return m_jobs[needed].run; });
        SKD_TRY(const auto number,
                located(numberOf(m_owner, known, planned, spec, study), planned.spec.name));
        StudyJob job{static_cast<std::int64_t>(index),
                     number.first,
                     displayName(spec),
                     planned.variant,
                     planned.seed,
                     {},
                     m_seconds[index],
                     0};
        for (const std::size_t needed : planned.needs)
            job.needs.push_back(static_cast<std::int64_t>(needed));
        const RunSpec sized = sizedSpec(plan, index);
        if (sized.model.path != m_sizedPath || m_memory == 0)
            m_memory = estimateRun(sized, RunPaths::of(m_setup.workspace)).memoryBytes;
        m_sizedPath = sized.model.path;
        job.memoryBytes = m_memory;
        SKD_CHECK(m_folder.writeSpec(job, spec));
        for (const std::int64_t need : number.second ? std::vector<std::int64_t>() : job.needs)
            if (const auto needed = static_cast<std::size_t>(need);
                m_states[needed].state == RunState::Completed && !m_folder.hasResult(need))
                SKD_CHECK(deliverKnown(m_setup.workspace, m_folder, m_jobs[needed]));
        ClusterRun state;
        if (number.second) state.state = RunState::Completed;
        m_states.push_back(state);
        m_jobs.push_back(std::move(job));
        return {};
    }

    const StudySetup& m_setup;
    const StudyFolder& m_folder;
    RunWriter& m_owner;
    std::vector<double> m_seconds;
    std::vector<StudyJob> m_jobs;
    std::vector<ClusterRun> m_states;
    std::string m_sizedPath;
    std::int64_t m_memory = 0;
};

/// The plan that is there is of this workspace: its runs are those that it numbers.
Status checkWorkspace(const StudyFolder& folder, const fs::path& workspace) {
    SKD_TRY(const StudyPlanFile plan, folder.plan());
    SKD_TRY(const auto store, RunStore::open(workspace));
    for (const StudyJob& job : plan.jobs) {
        const auto details = store->details(job.run);
        const auto spec = folder.spec(job.index);
        const bool isOurs = details && spec && parseRunSpec(details->spec) == *spec;
        if (!isOurs)
            return fail(ErrorCode::InvalidInput,
                        strCat(folder.path().string(), " belongs to another workspace than ",
                               workspace.string(), ": run ", job.run.value(),
                               " is another one there; give that workspace, or another --results"));
    }
    return {};
}

}  // namespace

std::string studyKey(const StudySpec& study) {
    return sha256Hex(dumpJson(toJson(study))).substr(0, 12);
}

fs::path resultsFolder(const StudySetup& setup, const StudySpec& study) {
    const fs::path folder =
        setup.results.empty() ? RunPaths::of(setup.workspace).cache / "studies" : setup.results;
    return fs::absolute(folder / studyKey(study));
}

Result<StudyFolder> setUpStudy(const StudySetup& setup, const StudySpec& study, RunWriter& owner) {
    StudyFolder folder(resultsFolder(setup, study));
    std::error_code ignored;
    if (fs::exists(folder.planFile(), ignored)) {
        SKD_CHECK(checkWorkspace(folder, setup.workspace));
        return folder;
    }
    SKD_CHECK(createFolders(folder.path() / "runs"));
    SKD_CHECK(createFolders(folder.logs()));
    Jobs jobs(setup, folder, owner);
    SKD_TRY(StudyPlanFile plan, jobs.of(study));
    const fs::path caches =
        fs::absolute(setup.caches.empty() ? RunPaths::of(setup.workspace).cache : setup.caches);
    plan.caches = caches.string();
    plan.workingFolder = fs::current_path(ignored).string();
    SKD_CHECK(createFolders(turnsBeside(caches / "any")));
    SKD_CHECK(writeRuns(folder.jobsFile(), jobs.states()));
    SKD_CHECK(folder.writePlan(plan));  // last: what has a plan is whole
    return folder;
}

}  // namespace skd
