#include "runs_dock.h"

#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>

#include "gui_fixture.h"
#include "log_dock.h"

namespace skd::test {
namespace {

class RunsDockTest : public GuiTest {
protected:
    RunsDock& runs() { return m_window->runs(); }
    QStringList names() {
        QStringList list;
        for (int i = 0; i < runs().proxy().rowCount(); ++i)
            list << runs().proxy().index(i, 0).data().toString();
        return list;
    }
};

TEST_F(RunsDockTest, ListsRunsNewestFirstAndSelectsTheNewestThatIsWorthSeeing) {
    ASSERT_EQ(names().size(), 7);
    EXPECT_EQ(names().front(), "svd-15 · seed 42");
    EXPECT_EQ(m_window->selection().current(), RunId(7));
}

TEST_F(RunsDockTest, FiltersAsOneTypes) {
    QTest::keyClicks(&runs().filterLine(), "svd ppl < 50");
    EXPECT_EQ(names(), (QStringList{"svd-15 · seed 42", "svd-15 · seed 123"}));
    runs().filterLine().setText("status = cancelled");
    EXPECT_EQ(names(), QStringList{"plain svd-15"});
    runs().filterLine().clear();
    EXPECT_EQ(names().size(), 7);
}

TEST_F(RunsDockTest, DeletingIsSoftAndUndoRestores) {
    runs().selectRun(RunId(3));
    runs().deleteSelected();
    EXPECT_EQ(m_session->calls, std::vector<std::string>{"delete 3"});
    auto& undo = find<QPushButton>("runs.undo");
    ASSERT_TRUE(undo.isVisible());
    QTest::mouseClick(&undo, Qt::LeftButton);
    EXPECT_EQ(m_session->calls.back(), "restore 3");
}

TEST_F(RunsDockTest, CtrlZTakesBackWhateverWasDoneLast) {
    carve().state().solve(CarveRule::Budget, 0.4);
    runs().selectRun(RunId(3));
    runs().deleteSelected();
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(m_session->calls.back(), "restore 3");
    EXPECT_EQ(carve().state().undoStack().index(), 1);
}

TEST_F(RunsDockTest, RenamesInPlace) {
    const QModelIndex first = runs().proxy().index(0, 0);
    EXPECT_TRUE(runs().proxy().setData(first, "a better name", Qt::EditRole));
    EXPECT_FALSE(runs().proxy().setData(first, "   ", Qt::EditRole));
    EXPECT_EQ(m_session->calls, std::vector<std::string>{"rename to a better name 7"});
}

TEST_F(RunsDockTest, SparklinesArriveInTheBackground) {
    const QModelIndex first = runs().proxy().index(0, 0);
    EXPECT_TRUE(waitFor([&] {
        return first.data(RunsModel::SparklineRole).value<std::vector<double>>().size() == 25;
    }));
}

TEST_F(RunsDockTest, AReadOnlyWindowOffersNoEditing) {
    openWindow(true);
    EXPECT_FALSE(runs().proxy().index(0, 0).flags().testFlag(Qt::ItemIsEditable));
    runs().deleteSelected();
    EXPECT_FALSE(runs().undoStack().canUndo());
    EXPECT_FALSE(find<QPushButton>("top.run").isEnabled());
}

TEST_F(RunsDockTest, TheLogFiltersAndCountsWarnings) {
    m_session->say(LogLine{RunId(1), log::Level::Info, "calibrated on 8192 tokens"});
    m_session->say(LogLine{RunId(1), log::Level::Warning, "the cache is old"});
    auto& log = m_window->logDock();
    ASSERT_TRUE(waitFor([&] { return log.model().rowCount() == 2; }));
    log.proxy().setMinimumLevel(log::Level::Warning);
    EXPECT_EQ(log.proxy().rowCount(), 1);
    EXPECT_EQ(log.model().warnings(), 1);
}

}  // namespace
}  // namespace skd::test
