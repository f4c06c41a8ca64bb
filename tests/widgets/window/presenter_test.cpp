#include "window/presenter.h"

#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <algorithm>

#include "controls/choice_button.h"
#include "runs/runs_dock.h"
#include "store/run_writer.h"
#include "widgets/support/gui_fixture.h"
#include "window/help_dock.h"
#include "window/views_dialog.h"

namespace skd::test {
namespace {

class PresenterTest : public GuiTest {
protected:
    void SetUp() override {
        QSettings().clear();
        GuiTest::SetUp();
    }
    void TearDown() override {
        m_window.reset();
        m_theme->setTextScale(1);
    }
    [[nodiscard]] Presenter& presenter() { return m_window->presenter(); }

    /// Saves three views as other sessions would have, and opens the window on them.
    void writeViews() {
        m_window.reset();
        {
            const auto writer = RunWriter::open(m_file);
            ASSERT_TRUE(writer) << writer.error().message;
            for (const auto& [position, name, page, run] : {std::tuple{0, "ranks", "carve", 1},
                                                            {1, "recovery", "recover", 2},
                                                            {2, "again", "recover", 1}})
                ASSERT_TRUE((*writer)->apply(
                    SaveView{{{},
                              position,
                              name,
                              page,
                              Json{{"runs", {run, 3}}, {"state", {{"recover.smoothing", 60}}}},
                              0}}));
        }
        openWindow();
        ASSERT_TRUE(waitFor([&] { return presenter().views().size() == 3; }));
    }
    void key(Qt::Key code) {
        QTest::keyClick(
            QApplication::focusWidget() != nullptr ? QApplication::focusWidget() : m_window.get(),
            code);
    }
};

TEST_F(PresenterTest, AViewKeepsWhichOfItsPagesPartsIsShown) {
    for (const auto& [page, name] : {std::pair{"compare", "compare.mode"},
                                     {"compare", "compare.tables"},
                                     {"profile", "profile.tabs"}}) {
        const auto found =
            std::find_if(m_window->pages().begin(), m_window->pages().end(),
                         [page = page](const auto& entry) { return entry.first == page; });
        m_window->showPage(static_cast<int>(found - m_window->pages().begin()));
        Json first = found->second->viewState(), second = first;
        ASSERT_TRUE(first.contains(name)) << name;
        second[name] = first[name] == 0 ? 1 : 0;
        found->second->restoreView(second);
        EXPECT_EQ(presenter().capture("v").document["state"][name], second[name]);
        found->second->restoreView(first);
        EXPECT_EQ(presenter().capture("v").document["state"][name], first[name]);
    }
}

TEST_F(PresenterTest, F11ShowsThePageAloneInLargeTypeAndBringsEverythingBack) {
    const double before = QApplication::font().pointSizeF();
    const double figure = find<QLabel>("price.removed").font().pointSizeF();
    ASSERT_TRUE(m_window->runs().isVisible());
    QTest::keyClick(m_window.get(), Qt::Key_F11);
    ASSERT_TRUE(presenter().presenting());
    EXPECT_TRUE(m_window->isFullScreen());
    EXPECT_FALSE(m_window->runs().isVisible());
    EXPECT_FALSE(m_window->findChild<QTabWidget*>()->tabBar()->isVisible());
    EXPECT_FALSE(m_window->statusBar()->isVisible());
    EXPECT_GT(QApplication::font().pointSizeF(), before * 1.3);
    EXPECT_NEAR(find<QLabel>("price.removed").font().pointSizeF(), figure * 1.45, 0.2);
    QTest::keyClick(m_window.get(), Qt::Key_Escape);
    EXPECT_FALSE(presenter().presenting());
    EXPECT_FALSE(m_window->isFullScreen());
    EXPECT_TRUE(m_window->runs().isVisible());
    EXPECT_TRUE(m_window->statusBar()->isVisible());
    EXPECT_NEAR(QApplication::font().pointSizeF(), before, 0.01);
    EXPECT_NEAR(find<QLabel>("price.removed").font().pointSizeF(), figure, 0.05);
}

TEST_F(PresenterTest, APresentedLayoutIsNotTheOneThatIsKept) {
    m_window->restoreLayout();
    m_window->saveLayout();
    presenter().setPresenting(true);
    m_window->saveLayout();
    m_window->close();
    openWindow();
    m_window->restoreLayout();
    EXPECT_FALSE(m_window->isFullScreen());
    EXPECT_TRUE(m_window->runs().isVisible());
}

TEST_F(PresenterTest, ArrowKeysStepThroughTheSavedViews) {
    writeViews();
    presenter().setPresenting(true);
    key(Qt::Key_Right);
    EXPECT_EQ(m_window->currentIndex(), 0);
    EXPECT_EQ(m_window->selection().current(), RunId(1));
    EXPECT_EQ(m_window->selection().others(), std::vector<RunId>{RunId(3)});
    key(Qt::Key_PageDown);
    EXPECT_EQ(m_window->currentIndex(), 1);
    EXPECT_EQ(m_window->selection().current(), RunId(2));
    EXPECT_EQ(find<ChoiceButton>("recover.smoothing").value(), 60);
    EXPECT_TRUE(find<QLabel>("presenter.place").text().contains("2 / 3"))
        << find<QLabel>("presenter.place").text().toStdString();
    key(Qt::Key_Right);
    key(Qt::Key_Right);  // there is no fourth
    EXPECT_EQ(presenter().current(), 2);
    key(Qt::Key_Left);
    EXPECT_EQ(presenter().current(), 1);
    key(Qt::Key_Home);
    EXPECT_EQ(presenter().current(), 0);
    QTest::mouseClick(&find<QPushButton>("presenter.next"), Qt::LeftButton);
    EXPECT_EQ(presenter().current(), 1);
    QTest::mouseClick(&find<QPushButton>("presenter.leave"), Qt::LeftButton);
    EXPECT_FALSE(presenter().presenting());
}

TEST_F(PresenterTest, AViewKeepsPageRunsRanksAndControls) {
    m_window->runs().selectRun(RunId(2));
    m_window->showPage(0);
    carve().state().solve(RankPreset::Uniform, 0.25);
    const auto ranks = carve().state().snapshot().ranks;
    presenter().save("before the cut", 60);
    ASSERT_EQ(m_session->edits.size(), 1u);
    const ViewRow saved = std::get<SaveView>(m_session->edits[0]).view;
    EXPECT_EQ(saved.name, "before the cut");
    EXPECT_EQ(saved.page, "carve");
    EXPECT_EQ(saved.document.at("runs").at(0), 2);
    EXPECT_EQ(saved.document.at("replay"), 60);
    EXPECT_EQ(saved.document.at("state").at("ranks").get<std::vector<std::int64_t>>(), ranks);
    carve().state().solve(RankPreset::Uniform, 0.5);
    ASSERT_NE(carve().state().snapshot().ranks, ranks);
    carve().restoreView(saved.document.at("state"));
    EXPECT_EQ(carve().state().snapshot().ranks, ranks);
    carve().restoreView(Json{{"ranks", {1, 2}}});  // of another model
    EXPECT_EQ(carve().state().snapshot().ranks, ranks);
    carve().restoreView("nonsense");
    EXPECT_EQ(carve().state().snapshot().ranks, ranks);
}

TEST_F(PresenterTest, SavingDeletingAndMovingCanBeUndone) {
    writeViews();
    presenter().remove(1);
    EXPECT_EQ(std::get<RemoveView>(m_session->edits.back()).view, presenter().views()[1].id);
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(std::get<SaveView>(m_session->edits.back()).view.name, "recovery");
    m_session->edits.clear();
    presenter().move(0, 2);
    std::vector<std::string> order;
    for (const WorkspaceEdit& edit : m_session->edits)
        order.push_back(std::get<SaveView>(edit).view.name);
    EXPECT_EQ(order, (std::vector<std::string>{"recovery", "again", "ranks"}));
    presenter().rename(0, "  the ranks ");
    EXPECT_EQ(std::get<SaveView>(m_session->edits.back()).view.name, "the ranks");
}

TEST_F(PresenterTest, TheDialogListsShowsAndDeletes) {
    writeViews();
    ViewsDialog dialog(presenter(), false, m_window.get());
    dialog.show();
    ASSERT_EQ(dialog.list().count(), 3);
    dialog.list().setCurrentRow(1);
    QTest::mouseClick(dialog.findChild<QPushButton*>("views.show"), Qt::LeftButton);
    EXPECT_EQ(m_window->currentIndex(), 1);
    dialog.list().item(0)->setText("first");
    EXPECT_EQ(std::get<SaveView>(m_session->edits.back()).view.name, "first");
    dialog.list().setCurrentRow(2);
    EXPECT_FALSE(dialog.findChild<QPushButton*>("views.down")->isEnabled());
    QTest::mouseClick(dialog.findChild<QPushButton*>("views.remove"), Qt::LeftButton);
    EXPECT_TRUE(std::holds_alternative<RemoveView>(m_session->edits.back()));
    ViewsDialog looking(presenter(), true, m_window.get());
    EXPECT_FALSE(looking.findChild<QPushButton*>("views.remove")->isEnabled());
}

TEST_F(PresenterTest, AViewCanReplayItsRun) {
    writeViews();
    m_window.reset();
    {
        const auto writer = RunWriter::open(m_file);
        ASSERT_TRUE((*writer)->apply(
            SaveView{{{}, 9, "live", "recover", Json{{"runs", {1}}, {"replay", 5}}, 0}}));
    }
    openWindow();
    ASSERT_TRUE(waitFor([&] { return presenter().views().size() == 4; }));
    presenter().showView(3);
    EXPECT_TRUE(
        waitFor([&] { return m_window->replay().playing() && m_window->monitor().running(); }));
    EXPECT_EQ(m_window->replay().speed(), 5);
    presenter().showView(0);
    EXPECT_TRUE(waitFor([&] { return !m_window->replay().playing(); }));
}

}  // namespace
}  // namespace skd::test
