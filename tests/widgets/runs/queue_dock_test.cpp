#include "runs/queue_dock.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QListView>
#include <QMimeData>
#include <QPushButton>

#include "runs/runs_dock.h"
#include "widgets/support/gui_fixture.h"
#include "window/command_palette.h"

#include <QLineEdit>
#include <QListWidget>

namespace skd::test {
namespace {

class QueueDockTest : public GuiTest {
protected:
    void wait(std::vector<RunId> runs, bool held = false) {
        m_session->waiting = {std::move(runs), held};
        m_session->say(m_session->waiting);
        ASSERT_TRUE(waitFor(
            [&] { return shown() == m_session->waiting.runs && queue().model().held() == held; }));
    }
    QueueDock& queue() { return *m_window->findChild<QueueDock*>(); }
    std::vector<RunId> shown() {
        std::vector<RunId> runs;
        for (int i = 0; i < queue().model().rowCount(); ++i)
            runs.push_back(queue().model().runAt(i));
        return runs;
    }
};

TEST_F(QueueDockTest, ShowsWhatWaitsByName) {
    const QAbstractItemModelTester tester(&queue().model(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    wait({RunId(2), RunId(1)});
    EXPECT_TRUE(
        waitFor([&] { return !queue().model().index(0).data().toString().contains("run 2"); }));
    EXPECT_TRUE(queue().model().index(0).data().toString().startsWith("1. "));
    EXPECT_TRUE(find<QLabel>("queue.hint").text().contains("2"));
    wait({});
    EXPECT_TRUE(find<QLabel>("queue.hint").text().startsWith("No run waits"));
}

TEST_F(QueueDockTest, OrderChangesByKeysButtonsAndDragging) {
    queue().show();
    wait({RunId(1), RunId(2), RunId(3)});
    m_window->activateWindow();
    queue().list().setFocus();
    queue().list().setCurrentIndex(queue().model().index(2));
    QTest::keyClick(&queue().list(), Qt::Key_Up, Qt::AltModifier);
    EXPECT_EQ(m_session->waiting.runs, (std::vector<RunId>{RunId(1), RunId(3), RunId(2)}));
    wait({RunId(1), RunId(3), RunId(2)});
    const std::unique_ptr<QMimeData> data(queue().model().mimeData({queue().model().index(2)}));
    queue().model().dropMimeData(data.get(), Qt::MoveAction, 0, 0, {});
    EXPECT_EQ(m_session->waiting.runs, (std::vector<RunId>{RunId(2), RunId(1), RunId(3)}));
    wait({RunId(2), RunId(1), RunId(3)});
    queue().list().setCurrentIndex(queue().model().index(0));
    queue().moveSelected(1);
    EXPECT_EQ(m_session->waiting.runs, (std::vector<RunId>{RunId(1), RunId(2), RunId(3)}));
}

TEST_F(QueueDockTest, RunsAreTakenOutAndTheQueueIsHeld) {
    queue().show();
    wait({RunId(1), RunId(2)});
    m_window->activateWindow();
    queue().list().setFocus();
    queue().list().setCurrentIndex(queue().model().index(1));
    QTest::keyClick(&queue().list(), Qt::Key_Delete);
    EXPECT_EQ(m_session->calls.back(), "leave queue 2");
    auto& hold = find<QPushButton>("queue.hold");
    QTest::mouseClick(&hold, Qt::LeftButton);
    EXPECT_TRUE(m_session->waiting.held);
    wait({RunId(1)}, true);
    EXPECT_TRUE(find<QLabel>("queue.hint").text().startsWith("Held"));
    QTest::mouseClick(&hold, Qt::LeftButton);
    EXPECT_FALSE(m_session->waiting.held);
}

TEST(CommandPaletteScore, PrefersWordBeginningsAndRuns) {
    EXPECT_EQ(fuzzyScore("xyz", "Undo"), 0);
    EXPECT_GT(fuzzyScore("und", "Undo"), fuzzyScore("und", "Run and do"));
    EXPECT_GT(fuzzyScore("rdl", "Restore default layout"), fuzzyScore("rdl", "barred wheel"));
    EXPECT_GT(fuzzyScore("", "Undo"), 0);
}

TEST_F(QueueDockTest, ThePaletteCarriesOutWhatIsTyped) {
    QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
    auto& palette = *m_window->findChild<CommandPalette*>();
    ASSERT_TRUE(palette.isVisible());
    EXPECT_GT(palette.list().count(), 10);
    QTest::keyClicks(&palette.line(), "recover");
    QTest::keyClick(&palette.line(), Qt::Key_Down);
    QTest::keyClick(&palette.line(), Qt::Key_Up);
    ASSERT_GT(palette.list().count(), 0);
    palette.line().setText("plain svd");
    QTest::keyClick(&palette.line(), Qt::Key_Return);
    EXPECT_FALSE(palette.isVisible());
    const RunId current = m_window->selection().current();
    EXPECT_EQ(m_window->runs().tree().indexOf(current).data().toString(), "plain svd-15");
}

}  // namespace
}  // namespace skd::test
