#pragma once

#include <memory>

#include "cluster/checkpoint_files.h"
#include "cluster/study_folder.h"
#include "store/run_paths.h"
#include "store/run_writer.h"

namespace skd {

/// The workspace that a worker has for its run alone, on a disk of its machine. It goes with its
/// owner; what a killed worker left goes when the next one begins.
class RunWorkspace {
public:
    RunWorkspace(const StudyFolder& study, std::filesystem::path folder);
    ~RunWorkspace();
    RunWorkspace(const RunWorkspace&) = delete;
    RunWorkspace& operator=(const RunWorkspace&) = delete;

    /// Fills it with the results that the run starts from, and the newest checkpoint of its own;
    /// the number of that, 0 where the run begins.
    Result<std::int64_t> prepare(const StudyPlanFile& plan, const StudyJob& job);

    [[nodiscard]] std::filesystem::path file() const { return m_folder / "run.sqlite"; }
    [[nodiscard]] std::filesystem::path scratch() const { return m_folder / "scratch"; }
    [[nodiscard]] std::filesystem::path runFolder(RunId run) const {
        return RunPaths::of(file()).run(run);
    }
    /// Writes the run's archive, with its model where `withModel` asks for it and there is one.
    Status exportRun(RunId run, const std::filesystem::path& out, bool withModel) const;

private:
    [[nodiscard]] Status shareCaches(const std::filesystem::path& caches) const;
    Status takeNeeds(const StudyPlanFile& plan, const StudyJob& job, RunWriter& owner);
    Result<std::int64_t> takeCheckpoint(const StudyJob& job, RunWriter& owner);

    const StudyFolder& m_study;
    std::filesystem::path m_folder;
};

/// Every file below a folder, by its path there; unfinished ones are left out.
std::vector<CheckpointSource> filesBelow(const std::filesystem::path& folder,
                                         const std::string& prefix);
/// Gives each file of `from` a second name below `to`, on the same disk: what is there now stays
/// there, whatever becomes of `from`.
Status linkTree(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace skd
