#include "bridge/replay.h"

#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <cmath>

#include "runs/runs_dock.h"
#include "store/run_store.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

RunDetails details(RunStatus status = RunStatus::Completed) {
    RunDetails run;
    run.row.id = RunId(5);
    run.row.name = "r";
    run.row.status = status;
    run.row.stopReason = "plateau";
    run.spec = {{"distill", {{"steps", 40}}}};
    run.summary.postKdPpl = 40.5;
    return run;
}

TEST(Recording, IsOrderedByTimeAndEndsAsTheRunDid) {
    const std::vector<MetricRow> metrics{
        {"kd.loss", 2, 1.5, 3000}, {"kd.loss", 1, 2.0, 2000}, {"kd.lr", 1, 1e-4, 2000}};
    const std::vector<EventRow> events{
        {1000, "stage_started", {{"stage", "distill"}, {"detail", "round 1"}}},
        {2500, "checkpoint", {{"step", 1}, {"path", "a"}, {"best", true}}},
        {2600, "something new", {{"stage", "distill"}}}};
    const auto recording = recordingOf(details(), metrics, events, 100);
    std::vector<std::string> kinds;
    for (const TimedEvent& timed : recording)
        kinds.push_back(std::visit(
            [](const auto& e) -> std::string {
                using T = std::decay_t<decltype(e)>;
                if constexpr (std::is_same_v<T, RunStarted>)
                    return "started";
                else if constexpr (std::is_same_v<T, StageStarted>)
                    return "stage";
                else if constexpr (std::is_same_v<T, MetricBatch>)
                    return "metrics " + std::to_string(e.points.size());
                else if constexpr (std::is_same_v<T, Progress>)
                    return "progress " + std::to_string(e.done) + "/" + std::to_string(e.total);
                else if constexpr (std::is_same_v<T, CheckpointSaved>)
                    return "checkpoint";
                else if constexpr (std::is_same_v<T, RunFinished>)
                    return "finished " + e.reason;
                else
                    return "other";
            },
            timed.event));
    EXPECT_EQ(kinds, (std::vector<std::string>{"started", "stage", "metrics 2", "progress 1/40",
                                               "checkpoint", "metrics 1", "progress 2/40",
                                               "finished plateau"}));
    EXPECT_DOUBLE_EQ(recording[1].seconds, 0);
    EXPECT_DOUBLE_EQ(recording[2].seconds, 1);
    EXPECT_DOUBLE_EQ(recording.back().seconds, 2);
}

TEST(Recording, LongSilencesAreCutAndOutcomesKept) {
    const std::vector<MetricRow> metrics{{"kd.loss", 1, 2, 0}, {"kd.loss", 2, 2, 3'600'000}};
    const auto recording = recordingOf(details(RunStatus::Cancelled), metrics, {}, 20);
    EXPECT_DOUBLE_EQ(recording.back().seconds, 20);
    EXPECT_EQ(std::get<RunFinished>(recording.back().event).outcome, Outcome::Cancelled);
}

class ReplayTest : public GuiTest {
protected:
    /// The run whose curve is complete ("svd-35 · seed 42"): the first the fixture wrote.
    const RunId run{1};
};

TEST_F(ReplayTest, ThePagesSeeTheRunGrowAndEndWhole) {
    m_window->runs().selectRun(run);
    m_window->showPage(1);
    ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    const auto pointsShown = [&] {
        std::size_t most = 0;
        for (const PlotSeries& series : recover().perplexity().plot().series())
            most = std::max(most, series.xs().size());
        return most;
    };
    ASSERT_TRUE(waitFor([&] { return pointsShown() == 25; }));  // 120 steps, every fifth
    const auto& checkpoints = find<QListWidget>("recover.checkpoints");
    const int stored = checkpoints.count();
    ASSERT_GT(stored, 1);
    m_window->replay().setSpeed(1);
    m_window->replay().play(run);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    EXPECT_TRUE(waitFor([&] { return pointsShown() < 5; }));
    QTest::qWait(200);  // what is stored of the run is read again meanwhile, and stays hidden
    EXPECT_LT(pointsShown(), 25u);
    EXPECT_LT(checkpoints.count(), stored);
    EXPECT_TRUE(m_window->monitor().line().contains("replay of"));
    m_window->replay().setSpeed(1e5);
    ASSERT_TRUE(waitFor([&] { return !m_window->replay().playing(); }));
    EXPECT_FALSE(m_window->monitor().running());
    EXPECT_TRUE(waitFor([&] { return pointsShown() == 25; }));
    EXPECT_TRUE(m_session->calls.empty());  // the engine was not asked for anything
    EXPECT_TRUE(m_session->edits.empty());
}

TEST_F(ReplayTest, PauseAndStopBelongToTheReplay) {
    m_window->replay().setSpeed(1);
    m_window->replay().play(run);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    QTest::mouseClick(&find<QPushButton>("top.pause"), Qt::LeftButton);
    EXPECT_TRUE(m_window->replay().paused());
    EXPECT_TRUE(waitFor([&] { return m_window->monitor().state() == RunMonitor::State::Paused; }));
    QTest::mouseClick(&find<QPushButton>("top.pause"), Qt::LeftButton);
    EXPECT_FALSE(m_window->replay().paused());
    QTest::mouseClick(&find<QPushButton>("top.stop"), Qt::LeftButton);
    EXPECT_TRUE(
        waitFor([&] { return !m_window->replay().playing() && !m_window->monitor().running(); }));
    EXPECT_TRUE(m_session->calls.empty());
}

TEST_F(ReplayTest, ARealRunEndsTheReplayAndNoneBeginsDuringOne) {
    m_window->replay().setSpeed(1);
    m_window->replay().play(run);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    m_session->say(RunStarted{RunId(100), "real", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return !m_window->replay().playing(); }));
    EXPECT_EQ(m_window->monitor().run(), RunId(100));
    QSignalSpy refused(&m_window->replay(), &Replay::failed);
    m_window->replay().play(run);
    EXPECT_EQ(refused.count(), 1);
    QTest::mouseClick(&find<QPushButton>("top.stop"), Qt::LeftButton);
    EXPECT_EQ(m_session->calls, std::vector<std::string>{"stop"});  // stop is the engine's again
    m_session->say(RunFinished{RunId(100), Outcome::Cancelled, "", {}});
    EXPECT_TRUE(waitFor([&] { return !m_window->monitor().running(); }));
}

TEST_F(ReplayTest, ClosingTheWindowDuringAReplayAsksNothing) {
    int asked = 0;
    m_window->setCloseQuestion([&] { return ++asked > 0; });
    m_window->replay().setSpeed(1);
    m_window->replay().play(run);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    EXPECT_TRUE(m_window->close());
    EXPECT_EQ(asked, 0);
}

TEST_F(ReplayTest, AReadOnlyWindowReplaysToo) {
    openWindow(true);
    m_window->replay().setSpeed(1e5);
    m_window->replay().play(run);
    ASSERT_TRUE(waitFor([&] { return m_window->replay().playing(); }));
    EXPECT_TRUE(waitFor([&] { return !m_window->replay().playing(); }));
}

}  // namespace
}  // namespace skd::test
