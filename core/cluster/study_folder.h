#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/verified_file.h"
#include "spec/study_plan.h"

/// What coordinator and workers of a study share: a folder, on a shared file system where they are
/// on several machines. Every file in it but the event files appears by an atomic rename.
///
///     study.json             the plan, and what jobs are asked for
///     runs/N/run.json        the spec of one run of the plan
///     runs/N/attempt.json    who works on it, or did last
///     runs/N/events.jsonl    what it has said, a line an event, over all attempts
///     runs/N/checkpoint-*    what another worker needs to continue
///     (core/cluster/checkpoint_files.h) runs/N/result.sqlite   its archive, once it is complete;
///     failed.sqlite of one that failed runs/N/exit.json       how the last attempt ended
///     runs/N/turn.lock       held by whoever works on it
///     jobs.json              the coordinator's own record
namespace skd {

/// A run of the plan, as a worker needs it.
struct StudyJob {
    std::int64_t index = 0;  ///< in the plan
    RunId run;               ///< its number in the study's workspace, and in the worker's
    std::string name, variant;
    std::int64_t seed = 0;
    std::vector<std::int64_t> needs;  ///< indices of runs whose results it starts from
    double seconds = 0;               ///< expected; 0 = not known
    std::int64_t memoryBytes = 0;     ///< expected peak; 0 = not known
};

/// The plan file.
struct StudyPlanFile {
    std::string key;                ///< of the study and what it runs with; names its jobs
    std::string study;              ///< name
    std::string studyHash;          ///< studyHash of the spec
    Json spec;                      ///< the study's
    std::string workingFolder;      ///< that relative paths of its specs are below
    std::string caches;             ///< folder of the caches that its runs share
    double checkpointSeconds = 60;  ///< between checkpoints that a worker sends
    std::vector<StudyJob> jobs;
};

/// Who works on a run.
struct AttemptRecord {
    std::int64_t number = 0;  ///< counts from 1
    std::string host, job;    ///< job: of the queueing system; "" = none
    std::int64_t pid = 0, startedMs = 0;
};

/// How an attempt ended by itself.
enum class AttemptEnd { Completed, Failed, Stopped, NoSpace };
template <>
inline constexpr auto kNames<AttemptEnd> = names<AttemptEnd>({"completed", "failed", "stopped",
                                                              "no-space"});
struct ExitRecord {
    std::int64_t attempt = 0;
    AttemptEnd end = AttemptEnd::Failed;
    std::string reason;
    std::int64_t finishedMs = 0;
};

class StudyFolder {
public:
    explicit StudyFolder(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    [[nodiscard]] const std::filesystem::path& path() const { return m_folder; }
    [[nodiscard]] std::filesystem::path planFile() const { return m_folder / "study.json"; }
    [[nodiscard]] std::filesystem::path jobsFile() const { return m_folder / "jobs.json"; }
    [[nodiscard]] std::filesystem::path logs() const { return m_folder / "logs"; }
    [[nodiscard]] std::filesystem::path run(std::int64_t index) const {
        return m_folder / "runs" / std::to_string(index);
    }
    [[nodiscard]] std::filesystem::path events(std::int64_t index) const {
        return run(index) / "events.jsonl";
    }
    [[nodiscard]] std::filesystem::path result(std::int64_t index) const {
        return run(index) / "result.sqlite";
    }
    [[nodiscard]] std::filesystem::path failure(std::int64_t index) const {
        return run(index) / "failed.sqlite";
    }
    [[nodiscard]] std::filesystem::path turn(std::int64_t index) const {
        return run(index) / "turn.lock";
    }

    /// NotFound where the folder holds no study.
    [[nodiscard]] Result<StudyPlanFile> plan() const;
    Status writePlan(const StudyPlanFile& plan) const;
    [[nodiscard]] Result<RunSpec> spec(std::int64_t index) const;
    Status writeSpec(const StudyJob& job, const RunSpec& spec) const;
    /// Nothing where nobody has worked on the run, or no attempt has ended by itself.
    [[nodiscard]] Result<std::optional<AttemptRecord>> attempt(std::int64_t index) const;
    Status writeAttempt(std::int64_t index, const AttemptRecord& record) const;
    [[nodiscard]] Result<std::optional<ExitRecord>> exit(std::int64_t index) const;
    Status writeExit(std::int64_t index, const ExitRecord& record) const;
    [[nodiscard]] bool hasResult(std::int64_t index) const;

private:
    std::filesystem::path m_folder;
};

}  // namespace skd
