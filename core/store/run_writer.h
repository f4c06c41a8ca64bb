#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"
#include "results/analysis.h"
#include "store/records.h"
#include "store/workspace_edit.h"

namespace SQLite {
class Database;
}

namespace skd {

class MetricWriter;
class WriteConnection;

/// A run that took place in another program, as it ended there.
struct OutsideRun {
    std::string name;
    Json spec, environment;
    RunStatus status = RunStatus::Completed;
    std::string reason;
    std::int64_t startedMs = 0, finishedMs = 0;  ///< Unix time in ms
};

/// Write side of a workspace: owns it (lock file with pid), migrates it, and is the only one that
/// writes and checkpoints: what runs leave here, and a user's edits. Metric rows go through a
/// thread with its own connection in batches of at most 100 ms; everything else is written at once,
/// with synchronous=FULL. All calls may come from any thread. Functions that name a run fail with
/// NotFound where there is none.
class RunWriter {
public:
    /// Creates the file (and the folders above it) where it is missing. Runs that were left as
    /// running become interrupted; those that wait continue waiting. Busy: another process owns the
    /// workspace (the error names its pid).
    static Result<std::unique_ptr<RunWriter>> open(const std::filesystem::path& workspace);
    ~RunWriter();

    /// Carries an edit out. The id of the row that was made (annotation, measurement, view), else
    /// 0. NotFound for a row that is not there.
    Result<std::int64_t> apply(const WorkspaceEdit& edit);

    /// Model, method, seed and target of the run list are taken from `spec` where it is a RunSpec;
    /// so is the run it starts from ("run:3@40" as its model). `labels` put it into a study. It
    /// gets the next number, or `number`, which no other run has.
    Result<RunId> createRun(const std::string& name, const Json& spec,
                            const std::string& specSha256, const RunLabels& labels = {},
                            RunId number = {});
    /// Adds a run that took place elsewhere, with its status and times, at once.
    Result<RunId> addOutsideRun(const OutsideRun& run);
    /// What has become of it since: status, reason and end.
    Status updateOutsideRun(RunId id, const OutsideRun& run);
    /// The study of this name and hash, made where it is missing; its stored spec becomes `spec`.
    Result<StudyId> openStudy(const std::string& name, const Json& spec,
                              const std::string& specSha256);
    /// From which run's which step the student of `run` started.
    Status setParent(RunId run, RunId parent, std::int64_t step);
    /// Places of the waiting runs, the first to start first.
    Status orderQueue(const std::vector<RunId>& runs);
    Status markStarted(RunId run, const Json& environment);
    /// `reason` is kept as the stop reason, or as the error of a failed run. Figures of the run
    /// list are taken from `summary`; those it lacks, and the stored summary where it is empty,
    /// stay as they were; its lineage's parent becomes the run's. Metrics are flushed first.
    Status markStatus(RunId run, RunStatus status, const std::string& reason,
                      const RunSummary& summary);
    Status saveRanks(RunId run, const std::vector<RankRow>& ranks);
    /// Replaces what the run had. Equal analyses are stored once for all runs; spectra as float32.
    Status saveAnalysis(RunId run, const Analysis& analysis);
    /// An integer "step" in `data` ties the event to that step (truncateAfter).
    Status appendEvent(RunId run, const std::string& kind, const Json& data);
    /// Queued for the metric thread; never waits for SQL. A failure is reported by the next
    /// flush(). A value for a (name, step) that the run already has replaces it. NaN and infinities
    /// are kept.
    void appendMetrics(RunId run, std::vector<MetricRow> rows);
    /// Waits until every queued metric is on disk.
    Status flush();
    /// Removes metrics and events of steps after `step`: a resumed run writes them again.
    Status truncateAfter(RunId run, std::int64_t step);

    /// Removes those of `runs` that are soft-deleted for good, and analyses that no run uses any
    /// more. Which runs went.
    Result<std::vector<RunId>> purge(const std::vector<RunId>& runs);
    /// Takes what is there of a damaged run as what was written; of one that is lost nothing is
    /// left.
    Status accept(RunId run);
    /// What core/exchange writes, in one transaction after every queued metric; `what` failed where
    /// it cannot be written.
    Status transact(const std::string& what, const std::function<Status(SQLite::Database&)>& body);
    /// Gives the space of what was removed back to the file system, which needs as much free space
    /// as the file then takes. The bytes by which the file is smaller.
    Result<std::int64_t> shrink();

private:
    RunWriter();
    std::unique_ptr<WriteConnection> m_connection;
    std::unique_ptr<MetricWriter> m_metrics;
};

}  // namespace skd
