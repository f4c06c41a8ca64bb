#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/units.h"
#include "results/run_summary.h"

namespace skd {

enum class RunStatus { Queued, Running, Interrupted, Completed, Cancelled, Failed };
template <>
inline constexpr auto kNames<RunStatus> = names<RunStatus>({"queued", "running", "interrupted",
                                                            "completed", "cancelled", "failed"});
inline const char* runStatusName(RunStatus status) {
    return enumName(status);
}

/// Where a run belongs: the study it was started for (0 = none) and its variant there.
struct RunLabels {
    StudyId study;
    std::string variant;
};

/// One row of the run list. Perplexities and shares are NaN while unknown.
struct RunRow {
    RunId id;
    std::string name, model, method;
    RunStatus status = RunStatus::Queued;
    std::int64_t seed = 0;
    std::int64_t createdMs = 0, startedMs = 0, finishedMs = 0;  ///< Unix time in ms, 0 = not yet
    double target = 0, densePpl = 0, postPrunePpl = 0, postKdPpl = 0, mlpRemoved = 0,
           parametersRemoved = 0;
    std::string stopReason, error, notes;
    bool deleted = false;
    StudyId study;  ///< 0 = on its own
    std::string studyName;
    std::string variant;  ///< in that study
    RunId parentRun;      ///< run whose checkpoint the student started from; 0 = a model
    std::int64_t parentStep = 0;
    std::vector<std::string> tags;
    std::string color;     ///< "#rrggbb"; "" = the palette's own
    bool damaged = false;  ///< not what was written, or lost but for its number
};

/// Runs that belong together: seeds, a sweep, or a table.
struct StudyRow {
    StudyId id;
    std::string name;
    Json spec;
    std::string specSha256;
    std::int64_t createdMs = 0;
};

/// A remark of a user at a point of a run's curve.
struct AnnotationRow {
    AnnotationId id;
    RunId run;
    std::string metric;  ///< the curve it stands at
    std::int64_t step = 0;
    std::string text;
    std::int64_t createdMs = 0;
};

/// A profile or a benchmark that was kept.
struct MeasurementRow {
    MeasurementId id;
    std::string kind;  ///< "profile", "benchmark"
    std::string title;
    std::int64_t createdMs = 0;
    Json document;
};

/// What a page showed when a user saved it, to be shown again.
struct ViewRow {
    ViewId id;
    std::int64_t position = 0;
    std::string name, page;
    Json document;
    std::int64_t createdMs = 0;
};

struct RunDetails {
    RunRow row;
    Json spec, environment;  ///< environment: versions, device, threads, hashes
    RunSummary summary;
    std::string specSha256;
};

struct MetricRow {
    std::string name;
    std::int64_t step = 0;
    double value = 0;
    std::int64_t timeMs = 0;
};

struct Series {
    std::vector<double> steps, values;
};

struct EventRow {
    std::int64_t timeMs = 0;
    std::string kind;  ///< "stage", "checkpoint", "log", ...
    Json data;
};

struct RankRow {
    std::string matrix;
    std::int64_t rank = 0;  ///< 0 = dense
};

}  // namespace skd
