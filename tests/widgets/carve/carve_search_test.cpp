#include <QDialog>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>
#include <cmath>

#include "charts/views/trail_bar.h"
#include "controls/choice_button.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

class CarveSearchTest : public GuiTest {
protected:
    static constexpr double kDense = 36;
    /// A model whose perplexity rises with what is removed.
    static double perplexityAt(double removed) { return kDense * std::exp(3 * removed); }
    void answerLast() {
        RankPlan plan(carve().state().plan().shared());
        plan.setRanks(m_session->previews.back().ranks);
        const double ppl = perplexityAt(plan.price().mlpRemoved);
        PreviewReady ready;
        ready.serial = m_session->previews.back().serial;
        ready.perplexity = ppl, ready.low = ppl - 1, ready.high = ppl + 1,
        ready.densePerplexity = kDense;
        ready.tokens = 1024, ready.seconds = 0.5;
        m_session->say(ready);
        m_answered = m_session->previews.size();
    }
    QAction* action() {
        for (QAction* action : find<ChoiceButton>("carve.preset").menu()->actions())
            if (action->text().startsWith("auto search")) return action;
        return nullptr;
    }
    bool waitForRequest() {
        return waitFor([&] { return m_session->previews.size() > m_answered; });
    }
    void openAndMeasure() {
        openModel();
        ASSERT_TRUE(waitForRequest());
        answerLast();
        ASSERT_TRUE(waitFor([&] { return action()->isEnabled(); }));
    }
    void startSearch(double limit) {
        action()->trigger();
        auto* dialog = m_window->findChild<QDialog*>("carve.search");
        ASSERT_NE(dialog, nullptr);
        auto* box = dialog->findChild<QDoubleSpinBox*>("carve.search.limit");
        EXPECT_NEAR(box->value(), 1.25 * kDense, 0.01);
        box->selectAll();
        QTest::keyClicks(box, QString::number(limit));
        QTest::keyClick(box, Qt::Key_Return);
        ASSERT_TRUE(waitFor([&] { return carve().search().running(); }));
    }
    QString progress() { return find<QLabel>("carve.search.progress").text(); }
    std::size_t m_answered = 0;
};

TEST_F(CarveSearchTest, WithoutAModelItSaysWhatIsMissing) {
    ASSERT_NE(action(), nullptr);
    EXPECT_FALSE(action()->isEnabled());
    EXPECT_TRUE(action()->toolTip().contains("open the model"))
        << action()->toolTip().toStdString();
}

TEST_F(CarveSearchTest, FindsTheLargestCutWithinALimitInEightMeasurements) {
    openAndMeasure();
    const auto before = carve().state().snapshot().ranks;
    const int steps = carve().state().undoStack().count();
    startSearch(45);
    for (int i = 1; i <= CarveSearch::kMeasurements; ++i) {
        EXPECT_EQ(progress(), QString("search %1 of 8").arg(i));
        EXPECT_TRUE(find<QToolButton>("carve.search.stop").isVisible());
        ASSERT_TRUE(waitForRequest());
        EXPECT_EQ(m_session->previews.back().ranks, carve().state().snapshot().ranks)
            << "the try is on the page";
        answerLast();
        ASSERT_TRUE(waitFor([&] {
            return !carve().search().running() || progress() != QString("search %1 of 8").arg(i);
        }));
    }
    EXPECT_FALSE(carve().search().running());
    const double exact = std::log(45 / kDense) / 3;
    const double found = carve().state().price().mlpRemoved;
    EXPECT_LE(perplexityAt(found), 45);
    EXPECT_NEAR(found, exact, 0.012);
    EXPECT_TRUE(progress().contains("within PPL 45")) << progress().toStdString();
    EXPECT_FALSE(find<QToolButton>("carve.search.stop").isVisible());
    EXPECT_GE(find<TrailBar>("price.trail").bars().size(), 11u) << "each try joins the trail";
    RunSpec spec;
    carve().state().fillSpec(spec.prune);
    EXPECT_EQ(spec.prune.ranks, RankRule::Budget);
    EXPECT_EQ(carve().state().undoStack().count(), steps + 1);
    carve().state().undoStack().undo();
    EXPECT_EQ(carve().state().snapshot().ranks, before);
    EXPECT_TRUE(progress().isEmpty()) << "what came out is no longer on the page";
}

TEST_F(CarveSearchTest, StopKeepsTheBestSoFar) {
    openAndMeasure();
    startSearch(100);
    double best = 0;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(waitForRequest());
        const double removed = carve().state().price().mlpRemoved;
        if (perplexityAt(removed) <= 100) best = std::max(best, removed);
        const QString now = progress();
        answerLast();
        ASSERT_TRUE(waitFor([&] { return progress() != now; }));
    }
    QTest::mouseClick(&find<QToolButton>("carve.search.stop"), Qt::LeftButton);
    EXPECT_FALSE(carve().search().running());
    EXPECT_GT(best, 0);
    EXPECT_NEAR(carve().state().price().mlpRemoved, best, 1e-9);
}

TEST_F(CarveSearchTest, AnEditByHandEndsIt) {
    openAndMeasure();
    startSearch(60);
    ASSERT_TRUE(waitForRequest());
    carve().state().setRanks({0}, 96);
    EXPECT_FALSE(carve().search().running());
    EXPECT_EQ(carve().state().snapshot().ranks[0], 96);
    answerLast();
    QTest::qWait(60);
    EXPECT_EQ(carve().state().snapshot().ranks[0], 96) << "a late answer changes nothing";
}

TEST_F(CarveSearchTest, UndoWhileItRunsEndsIt) {
    openAndMeasure();
    const auto before = carve().state().snapshot().ranks;
    startSearch(60);
    ASSERT_TRUE(waitForRequest());
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_FALSE(carve().search().running());
    EXPECT_EQ(carve().state().snapshot().ranks, before);
}

TEST_F(CarveSearchTest, AFailureIsSaid) {
    openAndMeasure();
    startSearch(60);
    ASSERT_TRUE(waitForRequest());
    m_session->say(PreviewFailed{m_session->previews.back().serial,
                                 {ErrorCode::Numeric, "layer 3 gave no finite output"}});
    ASSERT_TRUE(waitFor([&] { return !carve().search().running(); }));
    EXPECT_TRUE(progress().contains("layer 3")) << progress().toStdString();
}

TEST_F(CarveSearchTest, WhereNothingPassesNothingIsRemoved) {
    openAndMeasure();
    startSearch(36);
    for (int i = 0; i < CarveSearch::kMeasurements && carve().search().running(); ++i) {
        ASSERT_TRUE(waitForRequest());
        const QString now = progress();
        PreviewReady ready;
        ready.serial = m_session->previews.back().serial;
        ready.perplexity = 400, ready.low = 390, ready.high = 410, ready.densePerplexity = kDense;
        m_session->say(ready);
        m_answered = m_session->previews.size();
        ASSERT_TRUE(waitFor([&] { return progress() != now; }));
    }
    EXPECT_DOUBLE_EQ(carve().state().price().mlpRemoved, 0);
    EXPECT_TRUE(progress().contains("no cut stays within")) << progress().toStdString();
}

}  // namespace
}  // namespace skd::test
