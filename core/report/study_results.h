#pragma once

#include "base/statistics.h"
#include "spec/study_plan.h"
#include "store/run_store.h"

namespace skd {

/// One run of a study as a report needs it. Figures are NaN where the run lacks them.
struct StudyRun {
    RunId id;  ///< 0: never started
    std::string variant;
    std::size_t variantIndex = 0;
    std::int64_t seed = 0;
    RunSpec spec;  ///< as recorded; as planned where it was never started
    RunStatus status = RunStatus::Queued;
    std::string error;
    RunSummary summary;
    Json environment = Json::object();
    Series live;                                                  ///< "ppl.live" by optimiser step
    double denseLive = std::numeric_limits<double>::quiet_NaN();  ///< of the dense model, same text
    double seconds = 0;

    [[nodiscard]] bool complete() const { return status == RunStatus::Completed; }
    [[nodiscard]] const char* statusName() const {
        return id.value() == 0 ? "not run" : runStatusName(status);
    }
};

/// A study's plan with what its runs have measured so far, in the plan's order.
struct StudyResults {
    StudySpec study;
    StudyId id;
    std::string sha256;
    std::vector<StudyRun> runs;

    /// Complete runs of the table row's or variant's name (all points of a grid).
    [[nodiscard]] std::vector<const StudyRun*> complete(const std::string& variant) const;
    /// The first run of every variant (of every point of a grid).
    [[nodiscard]] std::vector<const StudyRun*> firstRuns() const;
};

/// What `figure` (of a StudyRun or of its summary) is over runs.
template <class Figure>
Statistic over(const std::vector<const StudyRun*>& runs, const Figure& figure) {
    std::vector<double> values;
    for (const StudyRun* run : runs)
        if constexpr (std::is_invocable_v<Figure, const StudyRun&>)
            values.push_back(valueOrNan(std::invoke(figure, *run)));
        else
            values.push_back(valueOrNan(std::invoke(figure, run->summary)));
    return summarise(values);
}

/// "bf16" or "f32": what a run was computed in, by its summary, else by a model.dtype that names
/// it; "" where neither says so.
std::string recordedArithmetic(const Json& spec, const RunSummary& summary);

/// What study.scale makes smaller, in lines; empty where it is 1.
std::vector<std::string> changesByScale(StudySpec study);

/// A number, or the "ppl" (or "word_perplexity") of an object; NaN for anything else.
double numberOf(const Json& value);

Result<StudyResults> loadStudy(const RunStore& store, StudyId study);
/// The newest study of this name or number in a workspace.
Result<StudyId> findStudy(const RunStore& store, const std::string& nameOrNumber);

}  // namespace skd
