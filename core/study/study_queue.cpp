#include "study/study_queue.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"

namespace skd {
namespace {

class StudyEnqueuer {
public:
    StudyEnqueuer(Session& session, const StudyPlan& plan, const std::vector<RunDetails>& known,
                  QueuedStudy& result)
        : m_session(session),
          m_plan(plan),
          m_known(known),
          m_result(result),
          m_waiting(session.queue().runs) {}

    void queueAll() {
        for (std::size_t i = 0; i < m_plan.runs.size(); ++i) {
            auto run = queueOne(i);
            if (!run)
                m_result.problems.push_back(
                    strCat(m_plan.runs[i].spec.name, ": ", run.error().message));
            m_result.runs.push_back(run.value_or(RunId()));
        }
    }

private:
    Result<RunId> queueOne(std::size_t index) {
        const PlannedRun& planned = m_plan.runs[index];
        for (const std::size_t needed : planned.needs)
            if (m_result.runs[needed].value() == 0)
                return fail(ErrorCode::InvalidInput,
                            strCat("it starts from \"", m_plan.runs[needed].variant, "\" (seed ",
                                   m_plan.runs[needed].seed, "), which could not be queued"));
        const RunSpec spec =
            resolved(m_plan, index, [&](std::size_t i) { return m_result.runs[i]; });
        const RunDetails* match = recordedRun(m_known, planned, spec);
        if (match == nullptr) {
            SKD_TRY(const RunId run, m_session.start(spec, {m_result.study, planned.variant}));
            ++m_result.started;
            return run;
        }
        return enqueueRecorded(match->row);
    }

    Result<RunId> enqueueRecorded(const RunRow& row) {
        if (row.status == RunStatus::Completed) {
            ++m_result.complete;
        } else if (row.status == RunStatus::Running ||
                   std::find(m_waiting.begin(), m_waiting.end(), row.id) != m_waiting.end()) {
            ++m_result.waiting;
        } else {
            SKD_CHECK(m_session.resumeRun(row.id));
            ++m_result.resumed;
        }
        return row.id;
    }

    Session& m_session;
    const StudyPlan& m_plan;
    const std::vector<RunDetails>& m_known;
    QueuedStudy& m_result;
    std::vector<RunId> m_waiting;
};

}  // namespace

const RunDetails* recordedRun(const std::vector<RunDetails>& known, const PlannedRun& planned,
                              const RunSpec& spec) {
    const std::string hash = sha256Hex(dumpJson(toJson(spec)));
    const RunDetails* match = nullptr;
    for (const RunDetails& run : known)
        if (run.row.variant == planned.variant && run.specSha256 == hash)
            if (match == nullptr || match->row.status != RunStatus::Completed) match = &run;
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
    StudyEnqueuer(session, plan, known, result).queueAll();
    return result;
}

}  // namespace skd
