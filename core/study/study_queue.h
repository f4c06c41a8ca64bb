#pragma once

#include "run/session.h"
#include "spec/study_plan.h"
#include "store/run_store.h"

namespace skd {

/// Of the recorded runs of a study the one that did what `spec` asks of this entry of the plan: a
/// complete one, else the newest; null where there is none.
const RunDetails* recordedRun(const std::vector<RunDetails>& known, const PlannedRun& planned,
                              const RunSpec& spec);

/// The runs that the workspace holds of this very study (same name and hash); none where it is new.
Result<std::vector<RunDetails>> runsOfStudy(const RunStore& store, const StudySpec& study);

/// What became of a plan when it was queued.
struct QueuedStudy {
    StudyId study;
    std::vector<RunId> runs;  ///< in the plan's order; 0 where a run could not be queued
    std::int64_t started = 0, resumed = 0, waiting = 0, complete = 0;
    std::vector<std::string> problems;  ///< why runs could not be queued
};
/// Queues all runs of a plan that are not complete, in its order, and returns at once. What was
/// interrupted continues from its last checkpoint; what waits or continues already is left alone. A
/// run that starts from another one of the plan names it by number, whether that one is complete
/// yet or not: it comes after it in the queue, and fails with a sentence should it have no model by
/// then. `known`: runsOfStudy.
Result<QueuedStudy> queueStudy(Session& session, const StudySpec& study, const StudyPlan& plan,
                               const std::vector<RunDetails>& known);

}  // namespace skd
