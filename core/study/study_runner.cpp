#include "study/study_runner.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/overloaded.h"
#include "base/text.h"
#include "store/run_store.h"
#include "study/run_estimate.h"
#include "study/study_queue.h"

namespace skd {

/// Hears when runs end, and passes a stop on to a run that begins after it was asked for.
class StudyRunner::Listener final : public EventSink {
public:
    explicit Listener(Session& session) : m_session(session) {}

    void emit(Event event) override {
        std::visit(Overloaded{[this](const RunStarted&) {
                                  if (stopping()) m_session.stop();
                              },
                              [this](RunFinished& e) {
                                  keep({e.run, StudyAction::Start, e.outcome, std::move(e.reason),
                                        std::move(e.summary)});
                              },
                              [this](RunFailed& e) {
                                  keep({e.run, StudyAction::Start, Outcome::Failed,
                                        std::move(e.error.message), nullptr});
                              },
                              [](const auto&) {}},
                   event);
    }
    StudyRunResult wait(RunId run) {
        std::unique_lock lock(m_mutex);
        m_arrived.wait(lock, [&] { return m_ended.contains(run.value()); });
        return m_ended.extract(run.value()).mapped();
    }
    void requestStop() {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    [[nodiscard]] bool stopping() {
        const std::lock_guard lock(m_mutex);
        return m_stopping;
    }

private:
    void keep(StudyRunResult result) {
        const std::lock_guard lock(m_mutex);
        m_ended[result.run.value()] = std::move(result);
        m_arrived.notify_all();
    }

    Session& m_session;
    std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::map<std::int64_t, StudyRunResult> m_ended;
    bool m_stopping = false;
};

std::size_t StudyOutcome::count(Outcome outcome) const {
    return static_cast<std::size_t>(std::count_if(
        runs.begin(), runs.end(), [&](const auto& run) { return run.outcome == outcome; }));
}

StudyRunner::StudyRunner(Session& session, std::filesystem::path workspace, StudySpec study)
    : m_session(session),
      m_workspace(std::move(workspace)),
      m_study(std::move(study)),
      m_listener(std::make_shared<Listener>(session)) {
    m_session.subscribe(m_listener);
}

StudyRunner::~StudyRunner() {
    m_session.unsubscribe(m_listener.get());
}

void StudyRunner::stop() {
    m_listener->requestStop();
    m_session.stop();
}

Result<std::vector<RunDetails>> StudyRunner::recorded() const {
    SKD_TRY(const auto store, RunStore::open(m_workspace));
    return store->studyRuns(m_outcome.study);
}

double StudyRunner::recordedSeconds(RunId run) const {
    const auto store = RunStore::open(m_workspace);
    const auto events =
        store ? (*store)->events(run) : Result<std::vector<EventRow>>(std::vector<EventRow>());
    return events ? stageSeconds(*events) : 0;
}

Result<StudyOutcome> StudyRunner::run(const std::function<void(const StudyStep&)>& onStep) {
    SKD_TRY(m_plan, planStudy(m_study));
    m_expected = expectedSecondsHere(m_plan);
    SKD_TRY(m_outcome.study,
            m_session.openStudy(m_study.name, toJson(m_study), studyHash(m_study)));
    for (std::size_t i = 0; i < m_plan.runs.size(); ++i) {
        if (m_listener->stopping()) m_outcome.cancelled = true;
        if (m_outcome.cancelled) break;
        auto result = runOne(i, onStep);
        if (!result) return fail(result.error());
        m_outcome.cancelled = result->outcome == Outcome::Cancelled;
        m_outcome.runs.push_back(std::move(*result));
    }
    return m_outcome;
}

/// Why a run cannot be started: the first run it needs that is not complete.
std::optional<std::string> StudyRunner::missingNeed(std::size_t index) const {
    for (const std::size_t needed : m_plan.runs[index].needs)
        if (m_outcome.runs[needed].outcome != Outcome::Completed)
            return strCat("not run: it starts from \"", m_plan.runs[needed].variant, "\" (seed ",
                          m_plan.runs[needed].seed, "), which is not complete");
    return std::nullopt;
}

double StudyRunner::secondsLeft(std::size_t from) const {
    double expected = 0;
    for (std::size_t i = from; i < m_expected.size(); ++i) expected += m_expected[i];
    return m_expectedDone > 0 && m_actualDone > 0 ? expected * m_actualDone / m_expectedDone
                                                  : expected;
}

Result<StudyRunResult> StudyRunner::runOne(std::size_t index,
                                           const std::function<void(const StudyStep&)>& onStep) {
    const PlannedRun& planned = m_plan.runs[index];
    const auto announce = [&](StudyAction action) {
        if (onStep) onStep({index, m_plan.runs.size(), &planned, action, secondsLeft(index)});
    };
    if (const auto reason = missingNeed(index)) {
        announce(StudyAction::Skip);
        return StudyRunResult{RunId(), StudyAction::Skip, Outcome::Failed, *reason, {}};
    }
    const RunSpec spec =
        resolved(m_plan, index, [&](std::size_t i) { return m_outcome.runs[i].run; });
    SKD_TRY(const std::vector<RunDetails> known, recorded());
    const RunDetails* match = recordedRun(known, planned, spec);
    if (match != nullptr && match->row.status == RunStatus::Completed) {
        announce(StudyAction::Reuse);
        if (const double seconds = recordedSeconds(match->row.id); seconds > 0) {
            m_expectedDone += m_expected[index];
            m_actualDone += seconds;
        }
        return StudyRunResult{match->row.id, StudyAction::Reuse, Outcome::Completed,
                              match->row.stopReason, std::make_shared<RunSummary>(match->summary)};
    }
    const StudyAction action = match != nullptr ? StudyAction::Resume : StudyAction::Start;
    announce(action);
    const auto begin = std::chrono::steady_clock::now();
    RunId run;
    if (match != nullptr) {
        run = match->row.id;
        SKD_CHECK(m_session.resumeRun(run));
    } else {
        auto started = m_session.start(spec, {m_outcome.study, planned.variant});
        // A spec that is refused is this run's failure, not the study's.
        if (!started)
            return StudyRunResult{RunId(), action, Outcome::Failed, started.error().message, {}};
        run = *started;
    }
    StudyRunResult result = m_listener->wait(run);
    result.action = action;
    if (result.outcome == Outcome::Completed && action == StudyAction::Start) {
        m_expectedDone += m_expected[index];
        m_actualDone +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    return result;
}

}  // namespace skd
