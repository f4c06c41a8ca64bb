#include "study/study_queue.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

Result<RunId> enqueueRecorded(Session& session, const RunRow& row,
                              const std::vector<RunId>& waiting, QueuedStudy& result) {
    if (row.status == RunStatus::Completed) {
        ++result.complete;
    } else if (row.status == RunStatus::Running ||
               std::find(waiting.begin(), waiting.end(), row.id) != waiting.end()) {
        ++result.waiting;
    } else {
        SKD_CHECK(session.resumeRun(row.id));
        ++result.resumed;
    }
    return row.id;
}

/// The runs that waited before any of the plan was queued are `waiting`.
Result<RunId> enqueue(Session& session, const StudyPlan& plan, std::size_t index,
                      const std::vector<RunDetails>& known, const std::vector<RunId>& waiting,
                      QueuedStudy& result) {
    const PlannedRun& planned = plan.runs[index];
    for (const std::size_t needed : planned.needs)
        if (result.runs[needed].value() == 0)
            return fail(ErrorCode::InvalidInput,
                        strCat("it starts from \"", plan.runs[needed].variant, "\" (seed ",
                               plan.runs[needed].seed, "), which could not be queued"));
    const RunSpec spec = resolved(plan, index, [&](std::size_t i) { return result.runs[i]; });
    if (const RunDetails* match = recordedRun(known, planned, spec))
        return enqueueRecorded(session, match->row, waiting, result);
    SKD_TRY(const RunId run, session.start(spec, {result.study, planned.variant}));
    ++result.started;
    return run;
}

}  // namespace

const RunDetails* recordedRun(const std::vector<RunDetails>& known, const PlannedRun& planned,
                              const RunSpec& spec) {
    // Compared as specs: an earlier version wrote fewer fields.
    const auto isOf = [&](const RunDetails& run) {
        if (run.row.variant != planned.variant) return false;
        const auto recorded = parseRunSpec(run.spec);
        return recorded && *recorded == spec;
    };
    const RunDetails* match = nullptr;
    for (const RunDetails& run : known)
        if (isOf(run) && (match == nullptr || match->row.status != RunStatus::Completed))
            match = &run;
    return match;
}

Result<std::vector<RunDetails>> runsOfStudy(const RunStore& store, const StudySpec& study) {
    const std::string hash = studyHash(study);
    SKD_TRY(const std::vector<StudyRow> studies, store.studies());
    for (const StudyRow& row : studies)
        if (row.name == study.name && row.specSha256 == hash) return store.studyRuns(row.id);
    return std::vector<RunDetails>();
}

Result<QueuedStudy> queueStudy(Session& session, const StudySpec& study, const StudyPlan& plan,
                               const std::vector<RunDetails>& known) {
    QueuedStudy result;
    SKD_TRY(result.study, session.openStudy(study.name, toJson(study), studyHash(study)));
    const std::vector<RunId> waiting = session.queue().runs;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        auto run = enqueue(session, plan, i, known, waiting, result);
        if (!run)
            result.problems.push_back(strCat(plan.runs[i].spec.name, ": ", run.error().message));
        result.runs.push_back(run.value_or(RunId()));
    }
    return result;
}

}  // namespace skd
