#include <QLabel>
#include <QMenu>
#include <thread>

#include "base/files.h"
#include "carve/master_fader.h"
#include "controls/choice_button.h"
#include "results/break_even.h"
#include "store/run_paths.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/synthetic_profile.h"

namespace skd::test {
namespace {

/// A workspace in which something was measured before the window opens.
class CarveSpeedTest : public GuiTest {
protected:
    void time(std::int64_t batch, const std::string& machine) {
        const auto threads = static_cast<std::int64_t>(std::thread::hardware_concurrency());
        BreakEvenTable table{machine, "bf16", threads, {}};
        const RunPaths paths = RunPaths::of(m_file);
        table = readBreakEven(paths.timings(), table).value();
        for (const auto& [rows, columns] :
             {std::pair<std::int64_t, std::int64_t>{1536, 576}, {576, 1536}})
            table.put({rows, columns, batch, 100, {{16, 52}, {208, 74}, {416, 101}, {576, 122}}});
        ASSERT_TRUE(writeBreakEven(paths.timings(), table));
    }
    void profile() {
        ASSERT_TRUE(keepSyntheticMeasurements(m_file, syntheticProfile(), syntheticBenchmark()));
    }
    QString ttft() { return find<QLabel>("fact.ttft").text(); }
    QString basis() { return find<QLabel>("fact.ttft").accessibleDescription(); }
    ChoiceButton& unit() { return find<ChoiceButton>("carve.unit"); }
    double share() {
        double share = 0;
        for (const ModuleTime& time : syntheticProfile().models[0].modules)
            if (isMlpMatrix(time.module)) share += time.share;
        return share;
    }
};

TEST_F(CarveSpeedTest, NothingMeasuredIsSaidAndHowToMeasure) {
    EXPECT_EQ(ttft(), "not measured");
    EXPECT_TRUE(basis().contains("--break-even")) << basis().toStdString();
    EXPECT_FALSE(unit().isEnabled());
    EXPECT_TRUE(unit().toolTip().contains("sparsekd benchmark"));
}

TEST_F(CarveSpeedTest, AProfileGivesAmdahlsPrediction) {
    m_window.reset();
    profile();
    openWindow();
    ASSERT_TRUE(waitFor([&] { return ttft() != "not measured"; }));
    Q_EMIT find<MasterFader>("carve.master").moved(0.4);
    const double s = share(), exact = 1 / (1 - s + s * (1 - carve().state().price().mlpRemoved));
    EXPECT_EQ(ttft(), QString::number(exact, 'f', 2) + "×");
    EXPECT_TRUE(basis().contains("FLOPs"));
    Q_EMIT find<MasterFader>("carve.master").moved(0);
    EXPECT_EQ(ttft(), "1.00×");
}

TEST_F(CarveSpeedTest, TimesOfThisMachineTakeTheFlopsPlace) {
    m_window.reset();
    profile();
    time(512, processorName());
    openWindow();
    ASSERT_TRUE(waitFor([&] { return basis().contains("512 rows"); })) << basis().toStdString();
    // Every matrix at rank 208 takes 74 of 100.
    std::vector<std::int64_t> ranks(90, 208);
    carve().state().restoreRanks(ranks, "208");
    const double s = share();
    EXPECT_EQ(ttft(), QString::number(1 / (1 - s + s * 0.74), 'f', 2) + "×");
    // Above break-even nothing is gained: the price says so.
    carve().state().restoreRanks(std::vector<std::int64_t>(90, 416), "416");
    EXPECT_TRUE(ttft().startsWith("0.99") || ttft().startsWith("1.00")) << ttft().toStdString();
}

TEST_F(CarveSpeedTest, TimesAloneSpeakOfTheMlpOnly) {
    m_window.reset();
    time(512, processorName());
    openWindow();
    ASSERT_TRUE(waitFor([&] { return unit().isEnabled(); }));
    carve().state().restoreRanks(std::vector<std::int64_t>(90, 208), "208");
    EXPECT_EQ(ttft(), "MLP 1.35×");
    EXPECT_TRUE(basis().contains("Profile page"));
}

TEST_F(CarveSpeedTest, TimesOfDecodingSayNothingOfTheFirstToken) {
    m_window.reset();
    time(1, processorName());
    openWindow();
    ASSERT_TRUE(waitFor([&] { return unit().isEnabled(); }));
    EXPECT_EQ(ttft(), "not measured");
}

TEST_F(CarveSpeedTest, TimesOfAnotherMachineAreNotThisOnes) {
    m_window.reset();
    time(512, "another processor");
    openWindow();
    QTest::qWait(200);
    EXPECT_FALSE(unit().isEnabled());
    EXPECT_EQ(ttft(), "not measured");
}

TEST_F(CarveSpeedTest, ABudgetInTimeReachesTheRun) {
    m_window.reset();
    time(1, processorName());
    time(512, processorName());
    openWindow();
    ASSERT_TRUE(waitFor([&] { return unit().isEnabled(); }));
    ASSERT_EQ(unit().choices().size(), 3u);
    unit().menu()->actions()[2]->trigger();
    EXPECT_EQ(carve().state().snapshot().timeBatch(), 512);
    Q_EMIT find<MasterFader>("carve.master").moved(0.2);
    EXPECT_NEAR(carve().state().price().timeRemoved, 0.2, 0.01);
    EXPECT_NEAR(find<MasterFader>("carve.master").value(), carve().state().price().timeRemoved,
                1e-9);
    EXPECT_TRUE(find<MasterFader>("carve.master").accessibleName().contains("time"));
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(m_session->started[0].prune.cost, PruneCost::Latency);
    EXPECT_EQ(m_session->started[0].prune.costBatch, 512);
    EXPECT_EQ(m_session->started[0].prune.ranks, RankRule::Budget);
    EXPECT_DOUBLE_EQ(m_session->started[0].prune.target, 0.2);
    unit().menu()->actions()[0]->trigger();
    EXPECT_EQ(carve().state().snapshot().timeBatch(), 0);
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    EXPECT_EQ(m_session->started[1].prune.cost, PruneCost::Parameters);
}

TEST_F(CarveSpeedTest, AProfileThatIsMadeNowCountsAtOnce) {
    EXPECT_EQ(ttft(), "not measured");
    profile();  // the engine keeps it…
    TaskFinished finished;
    finished.serial = 1;
    m_session->say(finished);  // …and says so
    EXPECT_TRUE(waitFor([&] { return ttft() != "not measured"; }));
}

}  // namespace
}  // namespace skd::test
