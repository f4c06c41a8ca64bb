#include "cluster/run_workspace.h"

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "base/processes/file_turn.h"
#include "base/text.h"
#include "cluster/result_taking.h"
#include "exchange/run_archive.h"

namespace skd {

namespace fs = std::filesystem;

RunWorkspace::RunWorkspace(const StudyFolder& study, fs::path folder)
    : m_study(study), m_folder(std::move(folder)) {
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

RunWorkspace::~RunWorkspace() {
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

Result<std::int64_t> RunWorkspace::prepare(const StudyPlanFile& plan, const StudyJob& job) {
    SKD_CHECK(createFolders(scratch()));
    SKD_CHECK(shareCaches(plan.caches));
    SKD_TRY(const std::unique_ptr<RunWriter> owner, RunWriter::open(file()));
    SKD_TRY(const StudyId study, owner->openStudy(plan.study, plan.spec, plan.studyHash));
    SKD_CHECK(takeNeeds(plan, job, *owner));
    SKD_TRY(const std::int64_t checkpoint, takeCheckpoint(job, *owner));
    if (checkpoint > 0) return checkpoint;
    SKD_TRY(const RunSpec spec, m_study.spec(job.index));
    const Json json = toJson(spec);
    SKD_TRY(
        [[maybe_unused]] const RunId run,
        owner->createRun(job.name, json, sha256Hex(dumpJson(json)), {study, job.variant}, job.run));
    return std::int64_t{0};
}

/// Folders of the caches lead to those that all runs of the study use; what is measured of this
/// machine stays here.
Status RunWorkspace::shareCaches(const fs::path& caches) const {
    const RunPaths here = RunPaths::of(file()), shared{caches};
    SKD_CHECK(createFolders(here.cache));
    for (const auto& [from, to] :
         {std::pair{here.spectra(), shared.spectra()}, std::pair{here.teacher(), shared.teacher()},
          std::pair{here.scores(), shared.scores()},
          std::pair{turnsBeside(here.spectra()), turnsBeside(shared.spectra())}}) {
        SKD_CHECK(createFolders(to));
        std::error_code error;
        fs::create_directory_symlink(to, from, error);
        if (error) return fail(ioError("cannot link", from, error.value()));
    }
    return {};
}

Status RunWorkspace::takeNeeds(const StudyPlanFile& plan, const StudyJob& job, RunWriter& owner) {
    for (const std::int64_t need : job.needs) {
        const StudyJob& needed = plan.jobs[static_cast<std::size_t>(need)];
        if (!m_study.hasResult(need))
            return fail(ErrorCode::NotFound,
                        strCat("it starts from \"", needed.name, "\", whose result is not in ",
                               m_study.run(need).string(), "; run that one first"));
        SKD_CHECK(takeResult(m_study, needed, owner, file(), scratch()));
    }
    return {};
}

Result<std::int64_t> RunWorkspace::takeCheckpoint(const StudyJob& job, RunWriter& owner) {
    const CheckpointFiles sent(m_study.run(job.index));
    const fs::path fetched = m_folder / "fetched";
    SKD_TRY(const std::int64_t number, sent.fetch(fetched));
    if (number == 0) return number;
    SKD_CHECK(adoptRun(owner, file(), fetched / "record.sqlite", job.run));
    std::error_code error;
    if (fs::exists(fetched / "files", error)) {
        SKD_CHECK(createFolders(runFolder(job.run).parent_path()));
        SKD_CHECK(moveIntoPlace(fetched / "files", runFolder(job.run)));
    }
    fs::remove_all(fetched, error);
    return number;
}

Status RunWorkspace::exportRun(RunId run, const fs::path& out, bool withModel) const {
    ArchiveRequest request{file(), {run}, out, true, {}};
    std::error_code ignored;
    const fs::path model = RunFolder(runFolder(run)).final();
    if (withModel && fs::is_regular_file(model, ignored))
        request.files[run.value()].push_back({model.filename().string(), model});
    return writeArchive(request);
}

std::vector<CheckpointSource> filesBelow(const fs::path& folder, const std::string& prefix) {
    std::vector<CheckpointSource> files;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        if (entry.is_regular_file(error) && entry.path().extension() != ".tmp")
            files.push_back(
                {prefix + entry.path().lexically_relative(folder).string(), entry.path()});
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return files;
}

Status linkTree(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::remove_all(to, error);
    SKD_CHECK(createFolders(to));
    for (const CheckpointSource& file : filesBelow(from, "")) {
        fs::create_directories((to / file.name).parent_path(), error);
        fs::create_hard_link(file.path, to / file.name, error);
        if (error) return fail(ioError("cannot link", to / file.name, error.value()));
    }
    return {};
}

}  // namespace skd
