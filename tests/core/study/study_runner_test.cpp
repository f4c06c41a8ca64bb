#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "study/study_cost.h"
#include "study/study_queue.h"
#include "study/study_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// A session whose runs end at once, as the test says, on record like real ones.
class InstantSession final : public Session {
public:
    explicit InstantSession(const std::filesystem::path& workspace)
        : m_writer(std::move(*RunWriter::open(workspace))) {}

    void subscribe(std::shared_ptr<EventSink> sink) override { m_sinks.push_back(std::move(sink)); }
    void unsubscribe(const EventSink* sink) override {
        std::erase_if(m_sinks, [&](const auto& held) { return held.get() == sink; });
    }
    Result<RunId> start(const RunSpec& spec, const RunLabels& labels) override {
        if (refused.contains(labels.variant)) return fail(ErrorCode::InvalidInput, "refused");
        started.push_back(spec);
        const Json json = toJson(spec);
        SKD_TRY(const RunId run,
                m_writer->createRun(spec.name, json, sha256Hex(dumpJson(json)), labels));
        if (instant)
            finish(run, labels.variant);
        else
            waiting.push_back(run);
        return run;
    }
    Result<StudyId> openStudy(const std::string& name, const Json& spec,
                              const std::string& hash) override {
        return m_writer->openStudy(name, spec, hash);
    }
    Status resumeRun(RunId run) override {
        resumed.push_back(run);
        finish(run, "");
        return {};
    }
    void stop() override { ++stops; }
    void setPaused(bool) override {}
    Result<std::int64_t> purge(const PurgePlan&) override { return 0; }
    [[nodiscard]] bool busy() const override { return false; }
    void openModel(const RunSpec&) override {}
    void requestPreview(PreviewRequest) override {}
    [[nodiscard]] QueueChanged queue() const override { return {waiting, false}; }
    void reorderQueue(const std::vector<RunId>&) override {}
    Status leaveQueue(RunId) override { return {}; }
    void holdQueue(bool) override {}
    std::uint64_t startTask(TaskRequest) override { return 0; }
    void cancelTask(std::uint64_t) override {}
    Result<std::int64_t> edit(const WorkspaceEdit& edit) override { return m_writer->apply(edit); }

    std::vector<RunSpec> started;
    std::vector<RunId> resumed;
    std::set<std::string> failing, interrupted, refused;  ///< variants
    int stops = 0;
    bool instant = true;  ///< runs end when they are started; otherwise they wait
    std::vector<RunId> waiting;

private:
    void say(const Event& event) {
        for (const auto& sink : m_sinks) sink->emit(event);
    }
    void finish(RunId run, const std::string& variant) {
        ASSERT_TRUE(m_writer->markStarted(run, Json::object()));
        say(RunStarted{run, "", {}, false});
        RunSummary summary;
        summary.densePpl = 10.0;
        if (failing.contains(variant)) {
            ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Failed, "broken", {}));
            say(RunFailed{run, {ErrorCode::Numeric, "broken"}});
        } else if (interrupted.contains(variant)) {
            ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Cancelled, "stopped", {}));
            say(RunFinished{run, Outcome::Cancelled, "stopped", {}});
        } else {
            ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Completed, "done", summary));
            say(RunFinished{run, Outcome::Completed, "done",
                            std::make_shared<RunSummary>(summary)});
        }
    }
    std::unique_ptr<RunWriter> m_writer;
    std::vector<std::shared_ptr<EventSink>> m_sinks;
};

class StudyRunnerTest : public testing::Test {
protected:
    StudyOutcome runStudy() {
        StudyRunner runner(*session, folder / "w", study);
        actions.clear();
        auto outcome = runner.run([&](const StudyStep& step) { actions.push_back(step.action); });
        EXPECT_TRUE(outcome) << outcome.error().message;
        return outcome ? *outcome : StudyOutcome();
    }
    static StudySpec parse(const char* text) { return *parseStudySpec(*parseJson(text)); }

    const TemporaryFolder folder;
    std::unique_ptr<InstantSession> session = std::make_unique<InstantSession>(folder / "w");
    StudySpec study = parse(R"({"name": "s", "seeds": [1, 2], "variants": [
        {"name": "student", "overrides": {"teacher.path": "variant:teacher"}},
        {"name": "teacher"}, {"name": "other"}]})");
    std::vector<StudyAction> actions;
};

TEST_F(StudyRunnerTest, RunsInOrderAndPutsTheTeachersNumberInItsPlace) {
    const StudyOutcome outcome = runStudy();
    EXPECT_EQ(outcome.count(Outcome::Completed), 6u);
    ASSERT_EQ(session->started.size(), 6u);
    for (const RunSpec& spec : session->started) {
        if (spec.name.find("student") == std::string::npos) continue;
        const std::string teacher = spec.seed == 1 ? "run:1" : "run:4";
        EXPECT_EQ(spec.teacher.path, teacher);
    }
}

TEST_F(StudyRunnerTest, ASecondCallRunsNothingAgain) {
    runStudy();
    const std::size_t before = session->started.size();
    const StudyOutcome outcome = runStudy();
    EXPECT_EQ(session->started.size(), before);
    EXPECT_TRUE(session->resumed.empty());
    EXPECT_EQ(outcome.count(Outcome::Completed), 6u);
    EXPECT_EQ(actions, std::vector<StudyAction>(6, StudyAction::Reuse));
}

TEST_F(StudyRunnerTest, SeedsCanBeAddedLater) {
    runStudy();
    study.seeds.push_back(3);
    runStudy();
    EXPECT_EQ(session->started.size(), 9u);
    const auto store = std::move(*RunStore::open(folder / "w"));
    EXPECT_EQ(store->studies()->size(), 1u);
}

TEST_F(StudyRunnerTest, ADeletedRunIsRunAgain) {
    runStudy();
    ASSERT_TRUE(session->edit(DeleteRun{RunId(3)}));
    runStudy();
    EXPECT_EQ(session->started.size(), 7u);
}

TEST_F(StudyRunnerTest, AFailureEndsOnlyWhatStartsFromIt) {
    session->failing = {"teacher"};
    const StudyOutcome outcome = runStudy();
    EXPECT_EQ(outcome.count(Outcome::Completed), 2u) << "other, twice";
    EXPECT_EQ(outcome.count(Outcome::Failed), 4u);
    for (const StudyRunResult& run : outcome.runs)
        if (run.action == StudyAction::Skip) {
            EXPECT_NE(run.reason.find("\"teacher\""), std::string::npos) << run.reason;
        }
    session->failing.clear();
    EXPECT_EQ(runStudy().count(Outcome::Completed), 6u) << "what failed goes on";
    EXPECT_EQ(session->resumed.size(), 2u);
}

TEST_F(StudyRunnerTest, ARefusedSpecIsThatRunsFailure) {
    session->refused = {"other"};
    const StudyOutcome outcome = runStudy();
    EXPECT_EQ(outcome.count(Outcome::Completed), 4u);
    EXPECT_EQ(outcome.runs[2].reason, "refused");
}

TEST_F(StudyRunnerTest, AStoppedRunEndsTheStudyAndGoesOnLater) {
    session->interrupted = {"student"};
    const StudyOutcome outcome = runStudy();
    EXPECT_TRUE(outcome.cancelled);
    EXPECT_EQ(outcome.runs.size(), 2u) << "teacher, then student";
    session->interrupted.clear();
    EXPECT_EQ(runStudy().count(Outcome::Completed), 6u);
    EXPECT_EQ(session->resumed, std::vector<RunId>{RunId(2)});
    EXPECT_EQ(actions[0], StudyAction::Reuse);
    EXPECT_EQ(actions[1], StudyAction::Resume);
}

TEST_F(StudyRunnerTest, AStopBeforeARunBeginsReachesIt) {
    StudyRunner runner(*session, folder / "w", study);
    const auto outcome = runner.run([&](const StudyStep& step) {
        if (step.index == 1) runner.stop();
    });
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->cancelled);
    EXPECT_EQ(session->stops, 2)
        << "at once, and again when the run that was about to start has begun";
    EXPECT_EQ(session->started.size(), 2u);
}

class StudyQueueTest : public StudyRunnerTest {
protected:
    QueuedStudy queue() {
        const StudyPlan plan = *planStudy(study);
        const auto known = runsOfStudy(**RunStore::open(folder / "w"), study);
        EXPECT_TRUE(known) << known.error().message;
        auto queued = queueStudy(*session, study, plan, *known);
        EXPECT_TRUE(queued) << queued.error().message;
        return queued ? *queued : QueuedStudy();
    }
};

TEST_F(StudyQueueTest, EveryRunWaitsBehindTheOneItStartsFrom) {
    session->instant = false;
    const QueuedStudy queued = queue();
    EXPECT_EQ(queued.started, 6);
    EXPECT_EQ(queued.runs, session->waiting);
    const StudyPlan plan = *planStudy(study);
    for (std::size_t i = 0; i < plan.runs.size(); ++i)
        for (const std::size_t needed : plan.runs[i].needs)
            EXPECT_EQ(session->started[i].teacher.path,
                      "run:" + std::to_string(queued.runs[needed].value()));
    EXPECT_EQ((*RunStore::open(folder / "w"))->studyRuns(queued.study)->size(), 6u);
}

TEST_F(StudyQueueTest, WhatWaitsAlreadyIsNotQueuedTwice) {
    session->instant = false;
    queue();
    const QueuedStudy again = queue();
    EXPECT_EQ(again.waiting, 6);
    EXPECT_EQ(session->started.size(), 6u);
    EXPECT_TRUE(session->resumed.empty());
}

TEST_F(StudyQueueTest, CompleteRunsStayAndInterruptedOnesGoOn) {
    session->interrupted = {"other"};
    queue();
    session->interrupted.clear();
    const QueuedStudy again = queue();
    EXPECT_EQ(again.complete, 4);
    EXPECT_EQ(again.resumed, 2);
    EXPECT_EQ(session->resumed.size(), 2u);
    EXPECT_EQ(queue().complete, 6);
}

TEST_F(StudyQueueTest, ARefusedRunTakesThoseThatNeedItAlong) {
    session->refused = {"teacher"};
    const QueuedStudy queued = queue();
    EXPECT_EQ(queued.started, 2) << "other, twice";
    ASSERT_EQ(queued.problems.size(), 4u);
    EXPECT_NE(queued.problems[1].find("could not be queued"), std::string::npos)
        << queued.problems[1];
}

TEST(StudyCost, TableThreeFitsTheTimeItPromises) {
    auto study = readStudySpec(SKD_SOURCE_DIR "/resources/presets/table-iii.json");
    ASSERT_TRUE(study) << study.error().message;
    study->scale = 0.004;
    study->seeds = {42, 123};
    const std::vector<double> seconds = expectedSeconds(*planStudy(*study));
    double total = 0;
    for (const double one : seconds) total += one;
    EXPECT_GT(total, 45 * 60);
    EXPECT_LT(total, 90 * 60);
}

TEST(StudyCost, ATeacherCacheIsPaidForOnce) {
    RunSpec spec;
    spec.distill.steps = 0;
    StudyCost cost;
    const double without = cost.seconds(spec);
    spec.distill.steps = 10;
    const double first = cost.seconds(spec), second = cost.seconds(spec);
    EXPECT_NEAR(first - second,
                static_cast<double>(spec.corpus.samples * spec.corpus.sequenceLength) / 1900, 1e-6);
    EXPECT_GT(second, without);
    spec.seed = 7;
    EXPECT_DOUBLE_EQ(cost.seconds(spec), first) << "another seed draws another corpus";
}

}  // namespace
}  // namespace skd::test
