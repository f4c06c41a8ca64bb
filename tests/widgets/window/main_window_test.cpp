#include "window/main_window.h"

#include <QAction>
#include <QDir>
#include <QDockWidget>
#include <QLabel>
#include <QSettings>
#include <QTabWidget>
#include <set>

#include "runs/runs_dock.h"
#include "widgets/support/gui_fixture.h"
#include "window/registry.h"
#include "window/screenshots.h"

namespace skd::test {
namespace {

class MainWindowTest : public GuiTest {
protected:
    void SetUp() override {
        QSettings().clear();
        GuiTest::SetUp();
    }
};

TEST_F(MainWindowTest, HasThePagesOfTheRegistryInItsOrder) {
    const std::vector<PageEntry> registry = pageRegistry();
    ASSERT_EQ(m_window->pages().size(), registry.size());
    for (std::size_t i = 0; i < registry.size(); ++i)
        EXPECT_EQ(m_window->pages()[i].first, registry[i].id);
    EXPECT_EQ(m_window->pages()[0].first, "carve");
    EXPECT_EQ(m_window->pages()[1].first, "recover");
}

TEST_F(MainWindowTest, LayoutPageAndThemeComeBack) {
    m_window->restoreLayout();
    m_window->resize(1111, 777);
    m_window->showPage(1);
    m_window->findChild<QDockWidget*>("logDock")->show();
    m_theme->apply(ThemeChoice::Light);
    m_window->close();
    m_theme->apply(ThemeChoice::Dark);
    openWindow();
    m_window->restoreLayout();
    EXPECT_EQ(m_window->size(), QSize(1111, 777));
    EXPECT_TRUE(m_window->findChild<QDockWidget*>("logDock")->isVisible());
    EXPECT_EQ(m_window->findChild<QTabWidget*>()->currentIndex(), 1);
    EXPECT_EQ(m_theme->choice(), ThemeChoice::Light);
    m_window->restoreDefaultLayout();
    EXPECT_FALSE(m_window->findChild<QDockWidget*>("logDock")->isVisible());
}

TEST_F(MainWindowTest, ALayoutThatEndedTheLastStartIsLeftOut) {
    m_window->restoreLayout();
    m_window->findChild<QDockWidget*>("logDock")->show();
    m_window->saveLayout();
    QSettings().setValue("layout/opening", true);
    openWindow();
    m_window->restoreLayout();
    EXPECT_FALSE(m_window->findChild<QDockWidget*>("logDock")->isVisible());
}

TEST_F(MainWindowTest, ClosingDuringARunAsksThenStopsAndWaits) {
    m_session->say(RunStarted{RunId(100), "live run", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    int asked = 0;
    m_window->setCloseQuestion([&] { return ++asked > 1; });
    EXPECT_FALSE(m_window->close());
    EXPECT_TRUE(m_session->calls.empty());
    EXPECT_FALSE(m_window->close());
    EXPECT_EQ(m_session->calls, std::vector<std::string>{"stop"});
    EXPECT_TRUE(m_window->isVisible());
    m_session->say(RunFinished{RunId(100), Outcome::Cancelled, "stopped", {}});
    EXPECT_TRUE(waitFor([&] { return !m_window->isVisible(); }));
    EXPECT_EQ(asked, 2);
}

TEST_F(MainWindowTest, EverythingOneCanReachByKeyboardHasAName) {
    for (const QWidget* widget : m_window->findChildren<QWidget*>()) {
        if (!widget->isVisible() || (widget->focusPolicy() & Qt::TabFocus) == 0) continue;
        const bool named =
            !widget->accessibleName().isEmpty() || !widget->property("text").toString().isEmpty();
        EXPECT_TRUE(named) << widget->metaObject()->className() << " "
                           << widget->objectName().toStdString();
    }
}

TEST_F(MainWindowTest, TabWalksThroughThePage) {
    std::set<const QWidget*> seen;
    m_window->showPage(0);
    for (int i = 0; i < 40; ++i) {
        QTest::keyClick(
            QApplication::focusWidget() != nullptr ? QApplication::focusWidget() : m_window.get(),
            Qt::Key_Tab);
        seen.insert(QApplication::focusWidget());
    }
    for (const char* name : {"carve.heatmap", "carve.spectrum", "carve.faders", "carve.master",
                             "price.trail", "runs.list"})
        EXPECT_TRUE(seen.contains(&find<QWidget>(name))) << name;
}

TEST_F(MainWindowTest, ShortcutsBelongToOneActionEach) {
    std::set<QString> seen;
    for (const QAction* action : m_window->actions())
        for (const QKeySequence& keys : action->shortcuts())
            EXPECT_TRUE(seen.insert(keys.toString()).second) << keys.toString().toStdString();
    EXPECT_TRUE(seen.contains("Ctrl+Z") && seen.contains("Ctrl+Shift+Z"));
}

TEST_F(MainWindowTest, ScreenshotsOfEveryPageInBothThemes) {
    openWindow(true);
    const QString folder = m_folder.filePath("pictures");
    const Status saved = saveScreenshots(*m_window, *m_theme, folder);
    ASSERT_TRUE(saved) << saved.error().message;
    QStringList wanted;
    for (const PageEntry& entry : pageRegistry())
        wanted << entry.id + "-dark.png" << entry.id + "-light.png";
    wanted.sort();
    EXPECT_EQ(QDir(folder).entryList(QDir::Files, QDir::Name), wanted);
    EXPECT_TRUE(QSettings().allKeys().isEmpty());  // pictures leave no traces
    const QImage dark(folder + "/carve-dark.png"), light(folder + "/carve-light.png");
    EXPECT_EQ(dark.size(), QSize(1440, 900));
    EXPECT_LT(dark.pixelColor(700, 60).lightness(), 80);
    EXPECT_GT(light.pixelColor(700, 60).lightness(), 180);
}

TEST_F(MainWindowTest, PagesFitASmallScreenWithoutScrolling) {
    m_window->resize(1280, 800);
    for (int i = 0; i < static_cast<int>(m_window->pages().size()); ++i) {
        m_window->showPage(i);
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
        QTest::qWait(100);
        const QWidget* page = m_window->pages()[static_cast<std::size_t>(i)].second;
        EXPECT_LE(page->height(), page->parentWidget()->height()) << i;
        EXPECT_LE(page->width(), page->parentWidget()->width()) << i;
    }
}

TEST_F(MainWindowTest, WorkspaceComplaintsReachTheStatusBar) {
    m_session->say(RunFailed{
        RunId(100), {ErrorCode::NoSpace, "the disk is full: free some and resume the run"}});
    EXPECT_TRUE(waitFor(
        [&] { return find<QLabel>("status.context").text().startsWith("the disk is full"); }));
}

}  // namespace
}  // namespace skd::test
