#include "cluster/result_taking.h"

#include "base/files.h"
#include "base/text.h"
#include "cluster/checkpoint_files.h"
#include "exchange/run_archive.h"
#include "store/run_paths.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// A copy that goes with its owner.
struct LocalCopy {
    fs::path file;
    ~LocalCopy() {
        std::error_code ignored;
        fs::remove(file, ignored);
    }
};

/// Puts the files of a run that keeps its checkpoints into their place, where they are missing.
Status takeFiles(const fs::path& from, const fs::path& to) {
    std::error_code error;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(from, error))
        if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(from));
    for (const fs::path& file : files) {
        SKD_CHECK(createFolders((to / file).parent_path()));
        std::error_code ignored;
        if (!fs::exists(to / file, ignored)) SKD_CHECK(moveIntoPlace(from / file, to / file));
    }
    return {};
}

}  // namespace

Result<bool> takeResult(const StudyFolder& folder, const StudyJob& job, RunWriter& owner,
                        const fs::path& workspace, const fs::path& scratch) {
    SKD_CHECK(createFolders(scratch));
    const LocalCopy copy{scratch / strCat("result-", job.run.value(), ".sqlite")};
    std::error_code error;
    const fs::path archive =
        folder.hasResult(job.index) ? folder.result(job.index) : folder.failure(job.index);
    fs::copy_file(archive, copy.file, fs::copy_options::overwrite_existing, error);
    if (error) return fail(ioError("cannot copy", archive, error.value()));
    const RunPaths paths = RunPaths::of(workspace);
    const CheckpointFiles kept(folder.run(job.index) / "kept");
    if (kept.newest() > 0) {
        const fs::path files = paths.cache / "import" / strCat("kept-", job.run.value());
        SKD_TRY([[maybe_unused]] const std::int64_t number, kept.fetch(files));
        SKD_CHECK(takeFiles(files, paths.run(job.run)));
        fs::remove_all(files, error);
    }
    return adoptRun(owner, workspace, copy.file, job.run);
}

}  // namespace skd
