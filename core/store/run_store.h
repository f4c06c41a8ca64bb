#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "results/analysis.h"
#include "store/records.h"

namespace skd {

/// Read side of a workspace: its own connection, mode=ro, never checkpoints. One instance per
/// thread. Files of older schemas are read as they are. A run that a killed process left as running
/// is shown as interrupted, from that moment on. What is read has proved itself (store/seal.h): a
/// run whose rows were changed or lost outside the program is Corrupt, with what to do, for the
/// functions that read that part of it; the list marks it, and other runs stay readable.
class RunStore {
public:
    static Result<std::unique_ptr<RunStore>> open(const std::filesystem::path& workspace);
    ~RunStore();

    [[nodiscard]] Result<std::vector<RunRow>> runs(
        bool includeDeleted = false) const;  ///< newest first; damaged ones even if deleted
    [[nodiscard]] Result<RunDetails> details(RunId run) const;
    /// Runs that are not deleted, each with a run ("run:3@40") that its spec names as its model or
    /// teacher.
    [[nodiscard]] Result<std::vector<std::pair<RunId, RunId>>> runsBuiltOn() const;
    /// Runs that wait, in the order in which they are to start. Deleted ones are skipped.
    [[nodiscard]] Result<std::vector<RunId>> queue() const;
    [[nodiscard]] Result<std::vector<StudyRow>> studies() const;  ///< newest first
    [[nodiscard]] Result<StudyRow> study(StudyId id) const;
    /// Runs of a study that are not deleted, oldest first.
    [[nodiscard]] Result<std::vector<RunDetails>> studyRuns(StudyId study) const;
    [[nodiscard]] Result<std::vector<std::string>> metricNames(RunId run) const;
    [[nodiscard]] Result<Series> series(RunId run, const std::string& metric) const;
    /// Every value with its time, by name and step.
    [[nodiscard]] Result<std::vector<MetricRow>> metrics(RunId run) const;
    [[nodiscard]] Result<std::vector<EventRow>> events(RunId run) const;
    [[nodiscard]] Result<std::vector<RankRow>> ranks(RunId run) const;
    [[nodiscard]] Result<std::vector<AnnotationRow>> annotations(RunId run) const;  ///< by step
    /// Those of a kind, newest first; without their documents on request, which may be large.
    [[nodiscard]] Result<std::vector<MeasurementRow>> measurements(const std::string& kind,
                                                                   bool documents = true) const;
    [[nodiscard]] Result<MeasurementRow> measurement(MeasurementId id) const;
    [[nodiscard]] Result<std::vector<ViewRow>> views() const;  ///< by position
    /// Compares all that is on record of a run with its digests.
    [[nodiscard]] Status verify(RunId run) const;
    /// Spectra and measured weights the run used; NotFound when it has none.
    [[nodiscard]] Result<AnalysisPtr> analysis(RunId run) const;
    /// The newest analysis of any run, for a first screen that is not empty.
    [[nodiscard]] Result<AnalysisPtr> latestAnalysis() const;

private:
    RunStore();
    struct Implementation;
    std::unique_ptr<Implementation> m_implementation;
};

}  // namespace skd
