#include <QClipboard>
#include <QLabel>
#include <QPushButton>

#include "carve/fader_bank.h"
#include "carve/master_fader.h"
#include "charts/plot/plot_view.h"
#include "charts/views/heat_map.h"
#include "charts/views/trail_bar.h"
#include "controls/choice_button.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/loop_watch.h"

namespace skd::test {
namespace {

class CarvePageTest : public GuiTest {
protected:
    QString removed() { return find<QLabel>("price.removed").text(); }
    QString perplexity() { return find<QLabel>("price.perplexity").text(); }
    QString detail() { return find<QLabel>("price.detail").text(); }
    void answer(std::uint64_t serial, double ppl) {
        PreviewReady ready;
        ready.serial = serial;
        ready.perplexity = ppl, ready.low = ppl - 4, ready.high = ppl + 4,
        ready.densePerplexity = 36;
        ready.tokens = 1024, ready.seconds = 0.9;
        m_session->say(ready);
    }
    bool waitForPreviews(std::size_t count) {
        return waitFor([&] { return m_session->previews.size() >= count; });
    }
};

TEST_F(CarvePageTest, FirstScreenIsARecordedRunAndNotEmpty) {
    EXPECT_NE(removed(), "–");
    EXPECT_EQ(perplexity(), "62.8");
    EXPECT_TRUE(detail().contains("svd-15 · seed 42")) << detail().toStdString();
    EXPECT_TRUE(find<QPushButton>("price.open").isVisible());
    EXPECT_EQ(find<TrailBar>("price.trail").bars().size(), 3u);
    EXPECT_EQ(carve().state().undoStack().count(), 0);
}

TEST_F(CarvePageTest, AFaderMovedByKeyboardChangesThePriceAtOnceAndUndoRestoresIt) {
    auto& faders = find<FaderBank>("carve.faders");
    const QString before = removed();
    faders.setFocus();
    faders.setCurrent(12);
    const double start = threadMilliseconds();
    QTest::keyClick(&faders, Qt::Key_PageDown);
    const double elapsed = threadMilliseconds() - start;
    EXPECT_NE(removed(), before);
    EXPECT_LE(elapsed, 50);
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(removed(), before);
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_NE(removed(), before);
}

TEST_F(CarvePageTest, AnArrowKeyAlwaysChangesSomeRank) {
    auto& faders = find<FaderBank>("carve.faders");
    faders.setCurrent(10);
    for (int i = 0; i < 5; ++i) {
        const auto ranks = carve().state().snapshot().ranks;
        QTest::keyClick(&faders, Qt::Key_Down);
        EXPECT_NE(carve().state().snapshot().ranks, ranks);
    }
}

TEST_F(CarvePageTest, AFaderDraggedByMouseIsOneStep) {
    auto& faders = find<FaderBank>("carve.faders");
    const QString before = removed();
    const QPoint handle = faders.handleCenter(5).toPoint();
    QTest::mousePress(&faders, Qt::LeftButton, {}, handle);
    for (int y = 5; y <= 60; y += 5) QTest::mouseMove(&faders, handle + QPoint(0, y));
    QTest::mouseRelease(&faders, Qt::LeftButton, {}, handle + QPoint(0, 60));
    EXPECT_NE(removed(), before);
    EXPECT_EQ(carve().state().undoStack().count(), 1);
    carve().state().undoStack().undo();
    EXPECT_EQ(removed(), before);
}

TEST_F(CarvePageTest, SelectedFadersMoveTogether) {
    auto& faders = find<FaderBank>("carve.faders");
    ASSERT_TRUE(
        carve().state().layerSelected(14));  // the page starts with the middle layers selected
    const double others = carve().state().layerEnergy(10), with = carve().state().layerEnergy(13);
    const QPoint handle = faders.handleCenter(14).toPoint();
    QTest::mousePress(&faders, Qt::LeftButton, {}, handle);
    QTest::mouseMove(&faders, handle + QPoint(0, 40));
    QTest::mouseRelease(&faders, Qt::LeftButton, {}, handle + QPoint(0, 40));
    EXPECT_LT(carve().state().layerEnergy(13), with);
    EXPECT_DOUBLE_EQ(carve().state().layerEnergy(10), others);
}

TEST_F(CarvePageTest, TheMasterSolvesForItsBudgetQuickly) {
    auto& master = find<MasterFader>("carve.master");
    const auto reach = [&](double target) {
        const double start = threadMilliseconds();
        Q_EMIT master.moved(target);
        EXPECT_LE(threadMilliseconds() - start, 50);
        EXPECT_NEAR(carve().state().price().mlpRemoved, target, 0.01);
    };
    reach(0.35);
    reach(0.05);
    EXPECT_EQ(carve().state().snapshot().preset(), RankPreset::Budget);
    QTest::keyClick(&master, Qt::Key_PageDown);
    EXPECT_NEAR(carve().state().price().mlpRemoved, 0.10, 0.01);
}

TEST_F(CarvePageTest, LocksComeFromTheKeyboardAndHoldAgainstTheMaster) {
    auto& faders = find<FaderBank>("carve.faders");
    faders.setCurrent(8);
    const double kept = carve().state().layerEnergy(8);
    QTest::keyClick(&faders, Qt::Key_L);
    Q_EMIT find<MasterFader>("carve.master").moved(0.5);
    EXPECT_TRUE(carve().state().locked(8));
    EXPECT_DOUBLE_EQ(carve().state().layerEnergy(8), kept);
}

TEST_F(CarvePageTest, AnEnergyCanBeTyped) {
    auto& faders = find<FaderBank>("carve.faders");
    faders.setCurrent(9);
    QTest::keyClicks(&faders, "0.95");
    QTest::keyClick(&faders, Qt::Key_Return);
    EXPECT_DOUBLE_EQ(carve().state().layerEnergy(9), 0.95);
}

TEST_F(CarvePageTest, HeatMapSelectsByClickShiftControlAndKeys) {
    auto& map = find<HeatMap>("carve.heatmap");
    const auto click = [&](std::size_t cell, Qt::KeyboardModifiers keys = {}) {
        QTest::mouseClick(&map, Qt::LeftButton, keys, map.cellRect(cell).center().toPoint());
    };
    click(30);
    EXPECT_EQ(carve().state().selection().matrices(), std::vector<std::size_t>{30});
    click(37, Qt::ShiftModifier);
    EXPECT_EQ(carve().state().selection().matrices(),
              (std::vector<std::size_t>{30, 31, 33, 34, 36, 37}));
    click(31, Qt::ControlModifier);
    EXPECT_EQ(carve().state().selection().matrices(),
              (std::vector<std::size_t>{30, 33, 34, 36, 37}));
    click(30);
    QTest::keyClick(&map, Qt::Key_Right);
    QTest::keyClick(&map, Qt::Key_Down, Qt::ShiftModifier);
    EXPECT_EQ(carve().state().selection().matrices(), (std::vector<std::size_t>{31, 34}));
    const std::int64_t rank = carve().state().snapshot().ranks[34];
    QTest::keyClick(&map, Qt::Key_Minus);
    EXPECT_EQ(carve().state().snapshot().ranks[34], rank - 16);
}

TEST_F(CarvePageTest, RubberBandSelectsARectangle) {
    auto& map = find<HeatMap>("carve.heatmap");
    QTest::mousePress(&map, Qt::LeftButton, {}, map.cellRect(30).center().toPoint());
    QTest::mouseMove(&map, map.cellRect(35).center().toPoint());
    QTest::mouseRelease(&map, Qt::LeftButton, {}, map.cellRect(35).center().toPoint());
    EXPECT_EQ(carve().state().selection().matrices(),
              (std::vector<std::size_t>{30, 31, 32, 33, 34, 35}));
}

TEST_F(CarvePageTest, TheCutHandleSetsTheRankOfWhatIsSelected) {
    auto& plot = find<PlotView>("carve.spectrum");
    carve().state().selection().select({40, 43}, 43);
    plot.setFocus();
    QTest::keyClick(&plot, Qt::Key_Left);
    const std::int64_t rank = carve().state().snapshot().ranks[43];
    EXPECT_EQ(carve().state().snapshot().ranks[40], rank);
    EXPECT_EQ(rank % 16, 0);
    EXPECT_DOUBLE_EQ(*plot.handle(), static_cast<double>(rank));
}

TEST_F(CarvePageTest, WithoutAModelNothingIsAskedOfTheEngine) {
    Q_EMIT find<MasterFader>("carve.master").moved(0.4);
    QTest::qWait(2 * PreviewRunner::kDebounce);
    EXPECT_TRUE(m_session->previews.empty());
    EXPECT_EQ(detail(), "open the model to measure");
    QTest::mouseClick(&find<QPushButton>("price.open"), Qt::LeftButton);
    ASSERT_EQ(m_session->opened.size(), 1u);
    EXPECT_EQ(m_session->opened[0].model.path, "SmolLM2-135M-Instruct");
}

TEST_F(CarvePageTest, AModelIsOpenedWithMeasuredWeightsWhateverMakesTheRanks) {
    carve().state().setTruncation(Truncation::Plain);
    carve().state().solve(RankPreset::Relative, 0.2);
    carve().state().toggleLock(4);
    carve().state().setRanks({0}, 96);
    QTest::mouseClick(&find<QPushButton>("price.open"), Qt::LeftButton);
    ASSERT_EQ(m_session->opened.size(), 1u);
    const PruneSpec& prune = m_session->opened[0].prune;
    EXPECT_EQ(prune.ranks, RankRule::Budget);
    EXPECT_EQ(prune.weights, WeightRule::Measured);
    EXPECT_NE(prune.truncation, Truncation::Plain);
    EXPECT_TRUE(prune.locked.empty());
    EXPECT_TRUE(prune.explicitRanks.empty());
}

TEST_F(CarvePageTest, PreviewsAreDebouncedAndTheLatestWins) {
    openModel();
    ASSERT_TRUE(waitForPreviews(1));
    auto& master = find<MasterFader>("carve.master");
    for (double target : {0.2, 0.25, 0.3}) Q_EMIT master.moved(target);
    ASSERT_TRUE(waitForPreviews(2));
    QTest::qWait(2 * PreviewRunner::kDebounce);
    ASSERT_EQ(m_session->previews.size(), 2u);  // three moves, one request
    EXPECT_EQ(m_session->previews[1].ranks, carve().state().snapshot().ranks);
    EXPECT_GT(m_session->previews[1].serial, m_session->previews[0].serial);
    answer(m_session->previews[0].serial, 999);  // too late: about a profile that is gone
    QTest::qWait(80);
    EXPECT_NE(perplexity(), "999");
    answer(m_session->previews[1].serial, 121);
    EXPECT_TRUE(waitFor([&] { return perplexity() == "121.0"; }));
    EXPECT_TRUE(detail().contains("dense 36.0")) << detail().toStdString();
}

TEST_F(CarvePageTest, AnAnswerThatArrivesAfterANewMoveIsIgnored) {
    openModel();
    ASSERT_TRUE(waitForPreviews(1));
    Q_EMIT find<MasterFader>("carve.master").moved(0.5);
    answer(m_session->previews[0].serial, 777);
    QTest::qWait(80);
    EXPECT_FALSE(carve().preview().latest().has_value());
    EXPECT_EQ(carve().preview().state(), PreviewRunner::State::Measuring);
}

TEST_F(CarvePageTest, AFailedPreviewSaysWhy) {
    openModel();
    ASSERT_TRUE(waitForPreviews(1));
    m_session->say(PreviewFailed{m_session->previews[0].serial,
                                 {ErrorCode::Numeric, "layer 3 gave no finite output"}});
    EXPECT_TRUE(waitFor([&] { return detail() == "layer 3 gave no finite output"; }));
}

TEST_F(CarvePageTest, TheTrailLeadsBackToAnEarlierTry) {
    openModel();
    ASSERT_TRUE(waitForPreviews(1));
    answer(m_session->previews[0].serial, 65);
    ASSERT_TRUE(waitFor([&] { return carve().preview().latest().has_value(); }));
    const auto first = carve().state().snapshot().ranks;
    Q_EMIT find<MasterFader>("carve.master").moved(0.5);
    auto& trail = find<TrailBar>("price.trail");
    const int last = static_cast<int>(trail.bars().size()) - 1;
    QTest::mouseClick(&trail, Qt::LeftButton, {}, trail.barRect(last).center().toPoint());
    EXPECT_EQ(carve().state().snapshot().ranks, first);
    EXPECT_TRUE(trail.bars()[static_cast<std::size_t>(last)].current);
}

TEST_F(CarvePageTest, TheTrailKeepsTwentyTries) {
    openModel();
    for (int i = 0; i < 25; ++i)
        carve().preview().addRecorded({{i}, {}, 0, true, QString::number(i)});
    EXPECT_EQ(carve().preview().tries().size(), PreviewRunner::kTries);
}

TEST_F(CarvePageTest, RankProfilesAreCopiedAndPastedAsJson) {
    Q_EMIT find<MasterFader>("carve.master").moved(0.4);
    const auto ranks = carve().state().snapshot().ranks;
    find<FaderBank>("carve.faders").setFocus();
    QTest::keyClick(m_window.get(), Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QApplication::clipboard()->text().contains("sparsekd-ranks"));
    Q_EMIT find<MasterFader>("carve.master").moved(0.0);
    QTest::keyClick(m_window.get(), Qt::Key_V, Qt::ControlModifier);
    EXPECT_EQ(carve().state().snapshot().ranks, ranks);
}

TEST_F(CarvePageTest, TheStatusBarSpeaksOfTheCurrentMatrix) {
    carve().state().selection().select({37}, 37);
    EXPECT_TRUE(find<QLabel>("status.context").text().startsWith("Layer 12 · up 1536×576"))
        << find<QLabel>("status.context").text().toStdString();
}

TEST_F(CarvePageTest, ARunTakesWhatThePageShows) {
    Q_EMIT find<MasterFader>("carve.master").moved(0.3);
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(m_session->started[0].prune.ranks, RankRule::Budget);
    EXPECT_DOUBLE_EQ(m_session->started[0].prune.target, 0.3);
    carve().state().setRanks({0}, 96);
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    EXPECT_EQ(m_session->started[1].prune.ranks, RankRule::Explicit);
    EXPECT_EQ(m_session->started[1].prune.explicitRanks.at("model.layers.0.mlp.gate_proj"), 96);
}

TEST_F(CarvePageTest, MeasuredWeightsThatArriveLaterSolveAnUntouchedBudgetAnew) {
    auto other = std::make_shared<Analysis>(*syntheticAnalysis(30, false));
    other->model.weightsSha256 = "another model";
    for (MatrixSpectrum& matrix : other->matrices) matrix.info.name += ".other";
    m_session->say(AnalysisReady{RunId{}, other});
    ASSERT_TRUE(waitFor([&] { return !carve().state().plan().hasMeasuredWeights(); }));
    const auto unweighted = carve().state().snapshot().ranks;
    auto measured = std::make_shared<Analysis>(*syntheticAnalysis(30, true));
    measured->model.weightsSha256 = other->model.weightsSha256;
    for (MatrixSpectrum& matrix : measured->matrices) matrix.info.name += ".other";
    m_session->say(AnalysisReady{RunId{}, measured});
    ASSERT_TRUE(waitFor([&] { return carve().state().plan().hasMeasuredWeights(); }));
    EXPECT_NE(carve().state().snapshot().ranks, unweighted);
    EXPECT_NEAR(carve().state().price().mlpRemoved, 0.15, 0.01);
}

TEST_F(CarvePageTest, TheSpectrumIsNamedAfterItsTruncation) {
    auto fisher = std::make_shared<Analysis>(*syntheticAnalysis(30, true));
    fisher->truncation = Truncation::Fisher;
    auto* button =
        m_window->findChild<QWidget*>("carve.spectrum")->parentWidget()->findChild<ChoiceButton*>();
    ASSERT_NE(button, nullptr);
    EXPECT_EQ(button->text(), "whitened");
    m_session->say(AnalysisReady{RunId{}, fisher});
    EXPECT_TRUE(waitFor([&] { return button->text() == "fisher"; }));
    RunSpec spec;
    carve().state().fillSpec(spec.prune);
    EXPECT_EQ(spec.prune.truncation, Truncation::Fisher);
}

TEST_F(CarvePageTest, WidthsAreForRunsAndThePageSaysSo) {
    EXPECT_TRUE(find<QLabel>("price.channels").isHidden());
    auto analysis = std::make_shared<Analysis>(*syntheticAnalysis(30, true));
    analysis->channels = {{LayerIndex(0), 1728, std::vector<double>(1536, 1.0), {}}};
    m_session->say(AnalysisReady{RunId{}, analysis});
    EXPECT_TRUE(waitFor([&] { return !find<QLabel>("price.channels").isHidden(); }));
    RunSpec spec;
    spec.prune.mlpArm = MlpArm::Either;
    carve().state().fillSpec(spec.prune);
    EXPECT_EQ(spec.prune.mlpArm, MlpArm::Factored) << "what is on screen is what is run";
}

struct OneLayer : CarvePageTest {
    [[nodiscard]] int layers() const override { return 1; }
};
struct EightyLayers : CarvePageTest {
    [[nodiscard]] int layers() const override { return 80; }
};

TEST_F(OneLayer, Works) {
    EXPECT_NE(removed(), "–");
    auto& faders = find<FaderBank>("carve.faders");
    QTest::keyClick(&faders, Qt::Key_PageDown);
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(EightyLayers, EveryLayerIsOnTheHeatMapAndHasAFader) {
    auto& map = find<HeatMap>("carve.heatmap");
    auto& faders = find<FaderBank>("carve.faders");
    EXPECT_LE(map.cellRect(239).bottom(), map.height());
    EXPECT_GE(map.cellRect(239).height(), 6);
    EXPECT_LT(faders.handleCenter(79).x(), faders.width());
    QTest::mouseClick(&map, Qt::LeftButton, {}, map.cellRect(239).center().toPoint());
    EXPECT_EQ(carve().state().selection().matrices(), std::vector<std::size_t>{239});
}

}  // namespace
}  // namespace skd::test
