#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTableView>
#include <set>

#include "carve/fader_bank.h"
#include "carve/master_fader.h"
#include "carve/tier_strip.h"
#include "charts/views/color_scale.h"
#include "charts/views/heat_map.h"
#include "controls/choice_button.h"
#include "ranks/rank_rules.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/loop_watch.h"

namespace skd::test {
namespace {

class CarveFadersTest : public GuiTest {
protected:
    void choose(const char* button, const QString& text) {
        for (QAction* action : find<ChoiceButton>(button).menu()->actions())
            if (action->text() == text) return action->trigger();
        FAIL() << button << " has no choice " << text.toStdString();
    }
    CarveState& state() { return carve().state(); }
    FaderBank& faders() { return find<FaderBank>("carve.faders"); }
    TierStrip& tiers() { return find<TierStrip>("carve.tiers"); }
    void drag(QWidget& widget, const QPoint& from, int by) {
        QTest::mousePress(&widget, Qt::LeftButton, {}, from);
        for (int i = 1; i <= 4; ++i) QTest::mouseMove(&widget, from + QPoint(0, by * i / 4));
        QTest::mouseRelease(&widget, Qt::LeftButton, {}, from + QPoint(0, by));
    }
};

TEST_F(CarveFadersTest, SeparateFadersMoveOneMatrixInOneStep) {
    choose("carve.preset", "uniform");
    choose("carve.faders.matrices", "up");
    const auto before = state().snapshot().ranks;
    const int steps = state().undoStack().count();
    EXPECT_TRUE(faders().faders()[5].text.contains("energy of up"));
    drag(faders(), faders().handleCenter(5).toPoint(), 45);
    EXPECT_EQ(state().snapshot().ranks[15], before[15]);
    EXPECT_LT(state().snapshot().ranks[16], before[16]);
    EXPECT_EQ(state().snapshot().ranks[17], before[17]);
    EXPECT_EQ(state().undoStack().count(), steps + 1);
    EXPECT_EQ(state().selection().current(), 16u)
        << "the matrix that moves is the one that is looked at";
    choose("carve.faders.matrices", "linked");
    EXPECT_NEAR(
        state().layerEnergy(5),
        (state().energyAt(15, before[15]) + state().energyAt(16, state().snapshot().ranks[16]) +
         state().energyAt(17, before[17])) /
            3,
        1e-12);
    state().undoStack().undo();
    EXPECT_EQ(state().snapshot().ranks, before);
}

TEST_F(CarveFadersTest, ALockHoldsForTheLayerInEveryMode) {
    choose("carve.faders.matrices", "down");
    faders().setCurrent(4);
    QTest::keyClick(&faders(), Qt::Key_L);
    const auto before = state().snapshot().ranks;
    QTest::keyClick(&faders(), Qt::Key_PageDown);
    QTest::keyClicks(&faders(), "0.8");
    QTest::keyClick(&faders(), Qt::Key_Return);
    EXPECT_EQ(state().snapshot().ranks, before);
}

TEST_F(CarveFadersTest, AnArrowKeyChangesARankOfTheChosenMatrixOnly) {
    choose("carve.preset", "uniform");
    choose("carve.faders.matrices", "gate");
    faders().setCurrent(10);
    for (int i = 0; i < 4; ++i) {
        const auto before = state().snapshot().ranks;
        QTest::keyClick(&faders(), Qt::Key_Down);
        EXPECT_LT(state().snapshot().ranks[30], before[30]);
        EXPECT_EQ(state().snapshot().ranks[31], before[31]);
        EXPECT_EQ(state().snapshot().ranks[32], before[32]);
    }
}

TEST_F(CarveFadersTest, TheShapeOfTiersIsThereWhileTheyMakeTheRanks) {
    EXPECT_FALSE(tiers().isVisible());
    choose("carve.preset", "tiers");
    EXPECT_TRUE(tiers().isVisible());
    QTest::qWait(20);
    // Each handle stands over the middle of its third.
    for (int tier = 0; tier < 3; ++tier)
        EXPECT_NEAR(tiers().handleCenter(tier).x(),
                    (faders().stripLeft(10 * tier) + faders().stripLeft(10 * tier + 10)) / 2, 1.5);
    choose("carve.preset", "uniform");
    EXPECT_FALSE(tiers().isVisible());
}

TEST_F(CarveFadersTest, ATierIsDraggedLiveInOneStepAndADoubleClickSetsItBack) {
    choose("carve.preset", "tiers");
    QTest::qWait(20);
    const double removed = state().price().mlpRemoved, energy = state().layerEnergy(2);
    const int steps = state().undoStack().count();
    const double start = threadMilliseconds();
    drag(tiers(), tiers().handleCenter(0).toPoint(), -14);
    EXPECT_LE((threadMilliseconds() - start) / 4, 50) << "a move";
    EXPECT_GT(state().snapshot().tiers()[0], 1.0);
    EXPECT_LT(state().layerEnergy(2), energy);
    EXPECT_NEAR(state().price().mlpRemoved, removed, 0.02) << "the others give less";
    EXPECT_EQ(state().undoStack().count(), steps + 1);
    EXPECT_EQ(tiers().factors(), state().snapshot().tiers());
    QTest::mouseDClick(&tiers(), Qt::LeftButton, {}, tiers().handleCenter(0).toPoint());
    EXPECT_DOUBLE_EQ(state().snapshot().tiers()[0], 0.5);
}

TEST_F(CarveFadersTest, TiersAreSetByKeys) {
    choose("carve.preset", "tiers");
    tiers().setFocus();
    QTest::keyClick(&tiers(), Qt::Key_Right);
    QTest::keyClick(&tiers(), Qt::Key_Up);
    EXPECT_DOUBLE_EQ(state().snapshot().tiers()[1], 1.6);
    QTest::keyClick(&tiers(), Qt::Key_PageDown);
    EXPECT_NEAR(state().snapshot().tiers()[1], 1.1, 1e-9);
    QTest::keyClicks(&tiers(), "2.25");
    QTest::keyClick(&tiers(), Qt::Key_Return);
    EXPECT_DOUBLE_EQ(state().snapshot().tiers()[1], 2.25);
    QTest::keyClicks(&tiers(), "9");
    QTest::keyClick(&tiers(), Qt::Key_Return);
    EXPECT_DOUBLE_EQ(state().snapshot().tiers()[1], 3) << "no more than three";
    QTest::keyClick(&tiers(), Qt::Key_Delete);
    EXPECT_DOUBLE_EQ(state().snapshot().tiers()[1], 1.5);
    EXPECT_TRUE(tiers().accessibleDescription().contains("middle 1.5"));
}

TEST_F(CarveFadersTest, TheMasterGoesOnWithTheTiers) {
    choose("carve.preset", "tiers");
    Q_EMIT find<MasterFader>("carve.master").moved(0.4);
    EXPECT_EQ(state().snapshot().preset(), RankPreset::Tiers);
    EXPECT_NEAR(state().price().mlpRemoved, 0.4, 0.02);
}

TEST_F(CarveFadersTest, AThresholdCanBeTyped) {
    auto& line = find<QLineEdit>("carve.threshold");
    EXPECT_FALSE(line.isVisible());
    choose("carve.preset", "energy threshold");
    EXPECT_TRUE(line.isVisible());
    line.selectAll();
    QTest::keyClicks(&line, "0.98");
    QTest::keyClick(&line, Qt::Key_Return);
    EXPECT_EQ(state().snapshot().preset(), RankPreset::Energy);
    EXPECT_DOUBLE_EQ(state().snapshot().target(), 0.98);
    for (int layer = 0; layer < 30; ++layer) EXPECT_GE(state().layerEnergy(layer), 0.98);
    line.selectAll();
    QTest::keyClicks(&line, "much");
    QTest::keyClick(&line, Qt::Key_Return);
    EXPECT_EQ(line.text(), "0.9800") << "what is no number changes nothing";
}

TEST_F(CarveFadersTest, AShareIsTypedAtTheMaster) {
    auto& master = find<MasterFader>("carve.master");
    QTest::keyClicks(&master, "30");
    QTest::keyClick(&master, Qt::Key_Return);
    EXPECT_NEAR(state().price().mlpRemoved, 0.30, 0.01);
}

TEST_F(CarveFadersTest, ARunTakesTiersAndTheirFactors) {
    choose("carve.preset", "tiers");
    tiers().setFocus();
    QTest::keyClicks(&tiers(), "1");
    QTest::keyClick(&tiers(), Qt::Key_Return);
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(m_session->started[0].prune.ranks, RankRule::Tiers);
    EXPECT_DOUBLE_EQ(m_session->started[0].prune.tierEarly, 1);
    EXPECT_DOUBLE_EQ(m_session->started[0].prune.tierMiddle, 1.5);
    // With a layer locked at a rank, the rule would not say it: the ranks are written out.
    state().toggleLock(3);
    Q_EMIT find<MasterFader>("carve.master").moved(0.35);
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    EXPECT_EQ(m_session->started[1].prune.ranks, RankRule::Explicit);
    for (std::size_t i = 0; i < 90; ++i)
        EXPECT_EQ(m_session->started[1].prune.explicitRanks.at(
                      state().plan().analysis().matrices[i].info.name),
                  state().snapshot().ranks[i]);
}

TEST_F(CarveFadersTest, MatricesMovedApartReachTheRun) {
    choose("carve.faders.matrices", "up");
    faders().setCurrent(7);
    QTest::keyClick(&faders(), Qt::Key_PageDown);
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(m_session->started[0].prune.ranks, RankRule::Explicit);
    EXPECT_EQ(m_session->started[0].prune.explicitRanks.at("model.layers.7.mlp.up_proj"),
              state().snapshot().ranks[22]);
}

/// What "Prune and recover" queues, for every preset, with no layer locked, with layers locked
/// dense, and with one locked at a rank; then one matrix moved by its own fader.
TEST_F(CarveFadersTest, WhatIsQueuedCutsExactlyWhatIsOnScreen) {
    const auto queued = [&] {
        QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
        RankBase base;
        base.seed = static_cast<std::uint64_t>(m_session->started.back().seed);
        const auto ranks =
            chooseRanks(state().plan().analysis(), m_session->started.back().prune, base);
        return ranks ? *ranks : std::vector<std::int64_t>();
    };
    const std::vector<QString> presets{"load path", "relative error",   "uniform",
                                       "tiers",     "energy threshold", "random"};
    const auto checkAll = [&](const char* locks) {
        for (const QString& preset : presets) {
            choose("carve.preset", preset);
            EXPECT_EQ(queued(), state().snapshot().ranks) << preset.toStdString() << locks;
        }
    };
    checkAll(", nothing locked");
    const std::size_t rules = static_cast<std::size_t>(
        std::count_if(m_session->started.begin(), m_session->started.end(),
                      [](const RunSpec& spec) { return spec.prune.ranks != RankRule::Explicit; }));
    EXPECT_EQ(rules, presets.size() - 1) << "every rule but the draw is queued as a rule";
    choose("carve.preset", "dense");
    for (int layer : {0, 1, 29}) {
        faders().setCurrent(layer);
        QTest::keyClick(&faders(), Qt::Key_L);
    }
    checkAll(", layers locked dense");
    EXPECT_EQ(state().snapshot().ranks[0], 0);
    state().setRanks({30, 31, 32}, 160);
    state().toggleLock(10);
    checkAll(", a layer locked at a rank");
    EXPECT_EQ(state().snapshot().ranks[31], 160);
    choose("carve.faders.matrices", "gate");
    faders().setCurrent(15);
    QTest::keyClick(&faders(), Qt::Key_PageDown);
    EXPECT_EQ(queued(), state().snapshot().ranks) << "moved apart";
}

TEST_F(CarveFadersTest, EveryColouringHasItsLegendAndItsFigures) {
    auto& map = find<HeatMap>("carve.heatmap");
    auto& bar = *find<QWidget>("carve.coloring").parentWidget()->findChild<ColorBar*>();
    std::set<QString> legends;
    for (const char* name : {"kept energy", "rank / break-even", "sensitivity", "measured ΔKL"}) {
        choose("carve.coloring", QString::fromUtf8(name));
        const MatrixSpectrum& matrix = state().plan().analysis().matrices[16];
        const double value = map.viewTable().cell(5, 2).exact.toDouble();
        const std::int64_t rank = state().snapshot().ranks[16];
        const double wanted =
            legends.empty() ? state().energyAt(16, rank)
            : legends.size() == 1
                ? static_cast<double>(rank) / static_cast<double>(matrix.info.breakEven())
            : legends.size() == 2 ? matrix.probeKl / (1 - state().energyAt(16, matrix.probeRank))
                                  : matrix.probeKl;
        EXPECT_NEAR(value, wanted, 1e-9 + 1e-6 * wanted) << name;
        EXPECT_TRUE(legends.insert(bar.accessibleDescription()).second)
            << name << ": " << bar.accessibleDescription().toStdString();
    }
}

TEST_F(CarveFadersTest, FadersAndHeatMapHaveATableTwin) {
    for (const char* name : {"carve.faders", "carve.heatmap"}) {
        auto& chart = find<QWidget>(name);
        QTimer::singleShot(50, &chart, [] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            ASSERT_NE(menu, nullptr);
            menu->setActiveAction(menu->actions().front());
            QTest::keyClick(menu, Qt::Key_Return);
        });
        QContextMenuEvent event(QContextMenuEvent::Keyboard, {5, 5},
                                chart.mapToGlobal(QPoint(5, 5)));
        QApplication::sendEvent(&chart, &event);
        auto* twin = chart.findChild<QDialog*>("tableTwin");
        ASSERT_NE(twin, nullptr) << name;
        EXPECT_EQ(twin->findChild<QTableView*>()->model()->rowCount(), 30);
        delete twin;
    }
}

struct CarveFadersOfOne : CarveFadersTest {
    [[nodiscard]] int layers() const override { return 1; }
};
struct CarveFadersOfEighty : CarveFadersTest {
    [[nodiscard]] int layers() const override { return 80; }
};

TEST_F(CarveFadersOfOne, TiersHaveOneHandle) {
    choose("carve.preset", "tiers");
    QTest::qWait(20);
    tiers().setFocus();
    QTest::keyClick(&tiers(), Qt::Key_Right);
    EXPECT_EQ(tiers().current(), 0) << "the other thirds have no layers";
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(CarveFadersOfEighty, EveryMoveIsShownWithinFiftyMilliseconds) {
    openModel();
    const auto quick = [&](const char* what, const std::function<void()>& move) {
        const double start = threadMilliseconds();
        move();
        EXPECT_LE(threadMilliseconds() - start, 50) << what;
    };
    for (const char* preset :
         {"uniform", "tiers", "random", "energy threshold", "relative error", "load path"})
        quick(preset, [&] { choose("carve.preset", preset); });
    quick("master", [&] { Q_EMIT find<MasterFader>("carve.master").moved(0.3); });
    faders().setCurrent(40);
    quick("fader", [&] { QTest::keyClick(&faders(), Qt::Key_PageDown); });
    choose("carve.faders.matrices", "up");
    quick("one matrix", [&] { QTest::keyClick(&faders(), Qt::Key_PageDown); });
    choose("carve.preset", "tiers");
    quick("tier", [&] { QTest::keyClick(&tiers(), Qt::Key_Up); });
}

}  // namespace
}  // namespace skd::test
