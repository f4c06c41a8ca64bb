#include <gtest/gtest.h>

#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/model/tiny_model.h"
#include "ranks/rank_plan.h"
#include "run/session.h"
#include "store/measurement_codec.h"
#include "store/run_store.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

using namespace std::chrono_literals;

/// Keeps every event; lets a test wait for one kind.
class Collector final : public EventSink {
public:
    void emit(Event event) override {
        const std::lock_guard lock(m_mutex);
        m_events.push_back(std::move(event));
        m_arrived.notify_all();
    }
    template <class T>
    std::optional<T> waitFor(const std::function<bool(const T&)>& accept = {},
                             std::chrono::seconds limit = 60s) {
        std::unique_lock lock(m_mutex);
        std::optional<T> found;
        m_arrived.wait_for(lock, limit, [&] {
            for (const Event& event : m_events)
                if (const auto* candidate = std::get_if<T>(&event);
                    candidate != nullptr && (!accept || accept(*candidate)))
                    found = *candidate;
            return found.has_value();
        });
        return found;
    }
    template <class T>
    std::vector<T> all() {
        const std::lock_guard lock(m_mutex);
        std::vector<T> found;
        for (const Event& event : m_events)
            if (const auto* candidate = std::get_if<T>(&event)) found.push_back(*candidate);
        return found;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::vector<Event> m_events;
};

RunSpec smallSpec() {
    RunSpec spec;
    spec.model.path = modelFixture("workbench").string();
    spec.model.threads = 1;
    spec.corpus.shares = smallShares();
    spec.corpus.sequenceLength = 48;
    spec.corpus.samples = 30;
    spec.prune.rankMultiple = 4;
    spec.prune.target = 0.3;
    spec.prune.calibrationTokens = 400;
    spec.prune.probeTokens = 90;
    spec.distill.steps = 6;
    spec.distill.batch = 2;
    spec.distill.evalEvery = 3;
    spec.distill.checkpointEvery = 3;
    spec.eval.maxTokens = 700;
    spec.eval.liveTokens = 300;
    spec.eval.context = 64;
    return spec;
}

class SessionTest : public testing::Test {
protected:
    void SetUp() override {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
        auto made = makeSession({folder / "w.sqlite", "", 1});
        ASSERT_TRUE(made) << made.error().message;
        session = std::move(*made);
        session->subscribe(events);
    }
    const TemporaryFolder folder;
    std::shared_ptr<Collector> events = std::make_shared<Collector>();
    std::unique_ptr<Session> session;
};

TEST_F(SessionTest, RunSaysWhatItDoesInOrderAndIsKept) {
    const auto run = session->start(smallSpec());
    ASSERT_TRUE(run) << run.error().message;
    const auto finished = events->waitFor<RunFinished>();
    ASSERT_TRUE(finished) << (events->all<RunFailed>().empty()
                                  ? ""
                                  : events->all<RunFailed>()[0].error.message);
    EXPECT_EQ(finished->outcome, Outcome::Completed);
    std::vector<Stage> stages;
    for (const StageStarted& stage : events->all<StageStarted>()) stages.push_back(stage.stage);
    EXPECT_EQ(stages,
              (std::vector<Stage>{Stage::Load, Stage::Evaluate, Stage::Evaluate, Stage::Answer,
                                  Stage::Teacher, Stage::Analyse, Stage::Prune, Stage::Evaluate,
                                  Stage::Answer, Stage::Distill, Stage::Evaluate, Stage::Answer,
                                  Stage::Evaluate}));
    const auto store = RunStore::open(folder / "w.sqlite");
    ASSERT_TRUE(store);
    const auto details = (*store)->details(*run);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->row.status, RunStatus::Completed);
    EXPECT_EQ((*store)->series(*run, "kd.ce")->steps.size(), 6u);
    const auto analysis = (*store)->analysis(*run);
    ASSERT_TRUE(analysis);
    EXPECT_EQ((*analysis)->matrices.size(), 6u);
    EXPECT_TRUE(std::isfinite((*analysis)->matrices[0].probeKl));
}

TEST_F(SessionTest, PreviewEstimatesWhatAFullMeasurementGives) {
    RunSpec spec = smallSpec();
    spec.eval.selection = spec.eval.text;  // what the run of the same ranks is measured on
    session->openModel(spec);
    ASSERT_TRUE(events->waitFor<StageFinished>(
        [](const StageFinished& s) { return s.stage == Stage::Evaluate; }));
    const AnalysisPtr analysis = events->all<AnalysisReady>().back().analysis;
    RankPlan plan(analysis, Truncation::Whitened, 4);
    spec.prune.target = 0.3;
    ASSERT_TRUE(plan.solve(spec.prune));
    session->requestPreview({7, plan.ranks()});
    const auto preview =
        events->waitFor<PreviewReady>([](const PreviewReady& p) { return p.serial == 7; });
    ASSERT_TRUE(preview);
    EXPECT_LE(preview->low, preview->perplexity);
    EXPECT_GE(preview->high, preview->perplexity);
    EXPECT_GT(preview->kl, 0);
    // Dense ranks: the estimate is the dense perplexity itself, with no width.
    session->requestPreview({8, std::vector<std::int64_t>(6, 0)});
    const auto dense =
        events->waitFor<PreviewReady>([](const PreviewReady& p) { return p.serial == 8; });
    ASSERT_TRUE(dense);
    EXPECT_DOUBLE_EQ(dense->perplexity, dense->densePerplexity);
    EXPECT_DOUBLE_EQ(dense->low, dense->high);
    // The same profile again, now behind another one: states kept in front of layers change
    // nothing.
    session->requestPreview({9, plan.ranks()});
    const auto again =
        events->waitFor<PreviewReady>([](const PreviewReady& p) { return p.serial == 9; });
    ASSERT_TRUE(again);
    EXPECT_EQ(again->perplexity, preview->perplexity);
    // And against a run of the same ranks, measured in full.
    spec.prune.ranks = RankRule::Explicit;
    for (std::size_t i = 0; i < plan.ranks().size(); ++i)
        spec.prune.explicitRanks[analysis->matrices[i].info.name] = plan.ranks()[i];
    spec.distill.steps = 0;
    ASSERT_TRUE(session->start(spec));
    const auto finished = events->waitFor<RunFinished>();
    ASSERT_TRUE(finished);
    const double full = finished->summary->postPrunePpl.value();
    EXPECT_NEAR(std::log(preview->perplexity), std::log(full), 0.05)
        << preview->low << " .. " << preview->high;
}

TEST_F(SessionTest, NewestPreviewWins) {
    session->openModel(smallSpec());
    ASSERT_TRUE(events->waitFor<StageFinished>(
        [](const StageFinished& s) { return s.stage == Stage::Evaluate; }));
    for (std::uint64_t serial = 1; serial <= 40; ++serial) {
        std::vector<std::int64_t> ranks(6, 0);
        ranks[serial % 6] = 4 * static_cast<std::int64_t>(1 + serial % 5);
        session->requestPreview({serial, ranks});
    }
    ASSERT_TRUE(
        events->waitFor<PreviewReady>([](const PreviewReady& p) { return p.serial == 40; }));
    EXPECT_LT(events->all<PreviewReady>().size(), 40u)
        << "requests that were overtaken are not answered";
}

TEST_F(SessionTest, StoppedRunGoesOnFromItsCheckpoint) {
    RunSpec spec = smallSpec();
    spec.distill.steps = 2000;
    spec.distill.stopOnPlateau = spec.distill.stopOnRise = false;
    const auto run = session->start(spec);
    ASSERT_TRUE(run);
    ASSERT_TRUE(
        events->waitFor<CheckpointSaved>([](const CheckpointSaved& c) { return c.step >= 3; }));
    session->stop();
    const auto finished = events->waitFor<RunFinished>();
    ASSERT_TRUE(finished);
    EXPECT_EQ(finished->outcome, Outcome::Cancelled);
    const auto store = RunStore::open(folder / "w.sqlite");
    EXPECT_EQ((*store)->details(*run)->row.status, RunStatus::Cancelled);
    ASSERT_TRUE(session->resumeRun(*run));
    ASSERT_TRUE(events->waitFor<LogLine>([](const LogLine& l) {
        return l.text.find("resuming from the checkpoint") != std::string::npos;
    }));
    session->stop();
}

TEST_F(SessionTest, PausedRunWaitsAndGoesOn) {
    RunSpec spec = smallSpec();
    spec.distill.steps = 60;
    session->setPaused(true);
    ASSERT_TRUE(session->start(spec));
    std::this_thread::sleep_for(300ms);
    EXPECT_TRUE(events->all<RunFinished>().empty());
    EXPECT_TRUE(session->busy());
    session->setPaused(false);
    EXPECT_TRUE(events->waitFor<RunFinished>());
}

TEST_F(SessionTest, QueueIsOrderedHeldAndSurvivesARestart) {
    session->holdQueue(true);
    std::vector<RunId> runs;
    for (int i = 0; i < 4; ++i) runs.push_back(*session->start(smallSpec()));
    EXPECT_FALSE(session->busy());
    session->reorderQueue({runs[2], RunId(999), runs[0]});
    EXPECT_EQ(session->queue().runs, (std::vector<RunId>{runs[2], runs[0], runs[1], runs[3]}));
    ASSERT_TRUE(session->leaveQueue(runs[3]));
    EXPECT_EQ(session->leaveQueue(runs[3]).error().code, ErrorCode::NotFound);
    ASSERT_TRUE(session->edit(DeleteRun{runs[0]})) << "a run that waits can be deleted";
    EXPECT_EQ(events->all<QueueChanged>().back().runs, (std::vector<RunId>{runs[2], runs[1]}));
    session.reset();
    const auto store = std::move(*RunStore::open(folder / "w.sqlite"));
    EXPECT_EQ(*store->queue(), (std::vector<RunId>{runs[2], runs[1]}));
    EXPECT_EQ(store->details(runs[3])->row.status, RunStatus::Cancelled);
    session = std::move(*makeSession({folder / "w.sqlite", "", 1, true}));
    session->subscribe(events);
    EXPECT_TRUE(session->queue().held);
    EXPECT_EQ(session->queue().runs, (std::vector<RunId>{runs[2], runs[1]}));
    EXPECT_TRUE(events->all<RunStarted>().empty());
    session->holdQueue(false);
    ASSERT_TRUE(
        events->waitFor<RunFinished>([&](const RunFinished& f) { return f.run == runs[1]; }));
    const auto started = events->all<RunStarted>();
    ASSERT_EQ(started.size(), 2u);
    EXPECT_EQ(started[0].run, runs[2]);
    EXPECT_TRUE(session->queue().runs.empty());
}

TEST_F(SessionTest, StoppingAPausedRunDoesNotPauseTheNext) {
    RunSpec spec = smallSpec();
    session->setPaused(true);
    ASSERT_TRUE(session->start(spec));
    std::this_thread::sleep_for(100ms);
    session->stop();
    ASSERT_TRUE(events->waitFor<RunFinished>(
        [](const RunFinished& f) { return f.outcome == Outcome::Cancelled; }));
    ASSERT_TRUE(session->start(spec));
    EXPECT_TRUE(events->waitFor<RunFinished>(
        [](const RunFinished& f) { return f.outcome == Outcome::Completed; }));
}

TEST_F(SessionTest, TasksAnswerBetweenRunsAndMeasurementsAreKept) {
    ModelRef how;
    how.dtype = DTypeChoice::F32;
    how.threads = 1;
    const std::string model = modelFixture("workbench").string();
    session->holdQueue(true);
    ASSERT_TRUE(session->start(smallSpec()));
    ProfileRequest profile;
    profile.models = {model};
    profile.batch = 2;
    profile.length = 32;
    const std::uint64_t profiled = session->startTask(ProfileTask{how, profile});
    GenerateTask generate{how, {}};
    generate.model.path = model;
    generate.request.number = 17;
    generate.request.prompt = "The river";
    generate.request.tokens = 5;
    generate.request.ignoreEos = true;
    const std::uint64_t generated = session->startTask(generate);
    const auto kept =
        events->waitFor<TaskFinished>([&](const TaskFinished& t) { return t.serial == profiled; });
    ASSERT_TRUE(kept);
    EXPECT_FALSE(kept->cancelled);
    const auto answered =
        events->waitFor<TaskFinished>([&](const TaskFinished& t) { return t.serial == generated; });
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->result["answers"][0]["ids"].size(), 5u);
    std::size_t streamed = 0;
    for (const TokensGenerated& tokens : events->all<TokensGenerated>()) {
        EXPECT_EQ(tokens.request, 17u);
        streamed += tokens.ids.size();
    }
    EXPECT_EQ(streamed, 5u);
    EXPECT_TRUE(events->all<Progress>().empty()) << "a task's progress is its own";
    EXPECT_FALSE(events->all<TaskProgress>().empty());
    const auto store = std::move(*RunStore::open(folder / "w.sqlite"));
    const auto rows = store->measurements("profile");
    ASSERT_TRUE(rows && rows->size() == 1);
    EXPECT_EQ(rows->front().id, kept->measurement);
    EXPECT_EQ(rows->front().document, kept->result);
    const auto report = readProfile(rows->front().document);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->models.size(), 1u);
}

TEST_F(SessionTest, TasksFailInWordsAndCanBeCancelled) {
    ModelRef how;
    how.threads = 1;
    GenerateTask nowhere{how, {}};
    nowhere.model.path = "nowhere";
    nowhere.request.prompt = "x";
    const std::uint64_t lost = session->startTask(nowhere);
    const auto failed = events->waitFor<TaskFailed>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->serial, lost);
    EXPECT_EQ(failed->error.code, ErrorCode::NotFound);
    BenchmarkTask endless{how, {}};
    endless.request.models = {modelFixture("workbench").string()};
    endless.request.batches = {1};
    endless.request.prompt = 16;
    endless.request.generate = 4;
    endless.request.rounds = 1000000;
    const std::uint64_t first = session->startTask(endless), second = session->startTask(endless);
    ASSERT_TRUE(
        events->waitFor<TaskStarted>([&](const TaskStarted& t) { return t.serial == first; }));
    session->cancelTask(second);
    const auto dropped =
        events->waitFor<TaskFinished>([&](const TaskFinished& t) { return t.serial == second; });
    ASSERT_TRUE(dropped);
    EXPECT_TRUE(dropped->cancelled);
    session->cancelTask(first);
    const auto ended =
        events->waitFor<TaskFinished>([&](const TaskFinished& t) { return t.serial == first; });
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->cancelled);
    EXPECT_TRUE((*RunStore::open(folder / "w.sqlite"))->measurements("benchmark")->empty())
        << "half a measurement is none";
}

TEST_F(SessionTest, SecondSessionIsToldWhoOwnsTheWorkspace) {
    const auto second = makeSession({folder / "w.sqlite", "", 1});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Busy);
}

TEST_F(SessionTest, WrongSpecAndWrongModelAreErrorsNotCrashes) {
    RunSpec spec = smallSpec();
    spec.distill.temperature = 2.5;
    EXPECT_FALSE(session->start(spec));
    spec = smallSpec();
    spec.model.path = "nowhere";
    ASSERT_TRUE(session->start(spec));
    const auto failed = events->waitFor<RunFailed>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->error.code, ErrorCode::NotFound);
    session->requestPreview({3, {1, 2}});
    EXPECT_TRUE(events->waitFor<PreviewFailed>());
}

}  // namespace
}  // namespace skd::test
