#include "runs/runs_dock.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>

#include "runs/filter_line.h"
#include "runs/purge_runs.h"
#include "store/run_writer.h"
#include "widgets/support/gui_fixture.h"
#include "window/log_dock.h"

namespace skd::test {
namespace {

class RunsDockTest : public GuiTest {
protected:
    RunsDock& runs() { return m_window->runs(); }
    /// What the workspace would hold after these edits.
    void reload() {
        m_window->runs().model().reload();
        ASSERT_TRUE(waitFor([&] { return m_window->runs().model().rowCount() > 0; }));
    }
    QStringList names() {
        QStringList list;
        for (int i = 0; i < runs().tree().rowCount(); ++i)
            list << runs().tree().index(i, 0).data().toString();
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

TEST_F(RunsDockTest, DeletedRunsGoForGoodAfterAQuestion) {
    const RunId gone(3);
    {
        auto writer = RunWriter::open(m_file);
        ASSERT_TRUE(writer) << writer.error().message;
        ASSERT_TRUE((*writer)->apply(DeleteRun{gone}));
    }
    bool done = false;
    askPurge(m_window->workspace(), m_window.get(), [&] { done = true; });
    QMessageBox* question = nullptr;
    ASSERT_TRUE(QTest::qWaitFor([&] {
        question = m_window->findChild<QMessageBox*>("runs.purge");
        return question != nullptr;
    }));
    EXPECT_FALSE(m_session->purged) << "nothing goes before the answer";
    for (QAbstractButton* button : question->buttons())
        if (question->buttonRole(button) == QMessageBox::DestructiveRole) button->click();
    ASSERT_TRUE(QTest::qWaitFor([&] { return done; }));
    ASSERT_TRUE(m_session->purged);
    ASSERT_EQ(m_session->purged->runs.size(), 1u);
    EXPECT_EQ(m_session->purged->runs.front().id, gone);
    EXPECT_NE(m_window->findChild<QMessageBox*>("runs.purged"), nullptr);
}

TEST_F(RunsDockTest, CtrlZTakesBackWhateverWasDoneLast) {
    carve().state().solve(RankPreset::Budget, 0.4);
    runs().selectRun(RunId(3));
    runs().deleteSelected();
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(m_session->calls.back(), "restore 3");
    EXPECT_EQ(carve().state().undoStack().index(), 1);
}

TEST_F(RunsDockTest, RenamesInPlace) {
    const QModelIndex first = runs().tree().index(0, 0);
    EXPECT_TRUE(runs().tree().setData(first, "a better name", Qt::EditRole));
    EXPECT_FALSE(runs().tree().setData(first, "   ", Qt::EditRole));
    EXPECT_EQ(m_session->calls, std::vector<std::string>{"rename to a better name 7"});
}

TEST_F(RunsDockTest, TagsColoursAndNotesAreUndone) {
    runs().selectRun(RunId(3));
    runs().tagSelected({" talk", "paper", ""});
    runs().colorSelected("#009e73");
    runs().noteSelected("line 1\nline 2");
    ASSERT_EQ(m_session->edits.size(), 3u);
    EXPECT_EQ(std::get<SetTags>(m_session->edits[0]).tags,
              (std::vector<std::string>{"talk", "paper"}));
    EXPECT_EQ(std::get<SetColor>(m_session->edits[1]).color, "#009e73");
    EXPECT_EQ(std::get<SetNotes>(m_session->edits[2]).notes, "line 1\nline 2");
    for (int i = 0; i < 3; ++i) runs().undoStack().undo();
    EXPECT_EQ(std::get<SetNotes>(m_session->edits[3]).notes, "");
    EXPECT_EQ(std::get<SetTags>(m_session->edits[5]).tags, std::vector<std::string>{});
}

TEST_F(RunsDockTest, GroupsShowTheirMeanAndKeepTheSelection) {
    const QAbstractItemModelTester tester(&runs().tree(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    runs().selectRun(RunId(3));
    runs().setGrouping(RunGrouping::Method);
    EXPECT_EQ(m_window->selection().current(), RunId(3));
    EXPECT_EQ(runs().tree().runCount(), 7);
    int listed = 0;
    for (int g = 0; g < runs().tree().rowCount(); ++g) {
        const QModelIndex group = runs().tree().index(g, 0);
        const auto summary = group.data(RunTree::GroupRole).value<RunGroupSummary>();
        std::vector<double> values;
        for (int i = 0; i < runs().tree().rowCount(group); ++i) {
            const auto run =
                runs().tree().index(i, 0, group).data(RunsModel::RowRole).value<RunRow>();
            EXPECT_EQ(QString::fromStdString(run.method), summary.title);
            if (std::isfinite(run.postKdPpl)) values.push_back(run.postKdPpl);
            ++listed;
        }
        ASSERT_EQ(summary.measured, static_cast<int>(values.size()));
        double mean = 0, squares = 0;
        for (double v : values) mean += v / static_cast<double>(values.size());
        for (double v : values) squares += (v - mean) * (v - mean);
        if (!values.empty()) {
            EXPECT_NEAR(summary.mean, mean, 1e-9);
        }
        if (values.size() > 1) {
            EXPECT_NEAR(summary.deviation,
                        std::sqrt(squares / static_cast<double>(values.size() - 1)), 1e-9);
        }
    }
    EXPECT_EQ(listed, 7);
    runs().filterLine().setText("id = 3");
    EXPECT_EQ(runs().tree().runCount(), 1);
    runs().setGrouping(RunGrouping::None);
    runs().filterLine().clear();
    EXPECT_EQ(m_window->selection().current(), RunId(3));
}

TEST_F(RunsDockTest, TheFilterOffersHowItMayGoOn) {
    auto& line = runs().filterLine();
    line.setFocus();
    QTest::keyClicks(&line, "stat");
    EXPECT_TRUE(waitFor([&] { return line.offered() == QStringList{"status "}; }));
    QTest::keyClicks(&line, "us = ca");
    EXPECT_TRUE(waitFor([&] { return line.offered() == QStringList{"cancelled"}; }));
}

TEST_F(RunsDockTest, SparklinesArriveInTheBackground) {
    const QModelIndex first = runs().tree().index(0, 0);
    EXPECT_TRUE(waitFor([&] {
        return first.data(RunsModel::SparklineRole).value<std::vector<double>>().size() == 25;
    }));
}

TEST_F(RunsDockTest, AReadOnlyWindowOffersNoEditing) {
    openWindow(true);
    EXPECT_FALSE(runs().tree().index(0, 0).flags().testFlag(Qt::ItemIsEditable));
    runs().deleteSelected();
    EXPECT_FALSE(runs().undoStack().canUndo());
    EXPECT_FALSE(find<QPushButton>("top.run").isEnabled());
}

TEST_F(RunsDockTest, TheLogFiltersAndCountsWarnings) {
    m_session->say(LogLine{RunId(1), log::Level::Info, "calibrated on 8192 tokens"});
    m_session->say(LogLine{RunId(1), log::Level::Warning, "the cache is old"});
    auto& log = *m_window->findChild<LogDock*>();
    ASSERT_TRUE(waitFor([&] { return log.model().rowCount() == 2; }));
    log.proxy().setMinimumLevel(log::Level::Warning);
    EXPECT_EQ(log.proxy().rowCount(), 1);
    EXPECT_EQ(log.model().warnings(), 1);
}

}  // namespace
}  // namespace skd::test
