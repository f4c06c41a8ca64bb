#include "plan/new_run_page.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>

#include "controls/choice_button.h"
#include "plan/field_row.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

class NewRunPageTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window->activateWindow();
        QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    }
    NewRunPage& page() { return *m_window->findChild<NewRunPage*>(); }
    void type(const char* field, const char* text) {
        auto& line = find<QLineEdit>(field);
        line.setFocus();
        line.selectAll();
        QTest::keyClicks(&line, text);
    }
    QAction* action(QMenu& menu, const QString& text) {
        for (QAction* one : menu.actions())
            if (one->text().contains(text)) return one;
        return nullptr;
    }
    int shownRows() {
        int count = 0;
        for (const FieldRow* row : page().findChildren<FieldRow*>()) count += row->isVisible();
        return count;
    }
    QMenu& startMenu() {
        auto& menu = find<QMenu>("newRun.startMenu");
        Q_EMIT menu.aboutToShow();
        return menu;
    }
};

TEST_F(NewRunPageTest, AFieldIsTypedMarkedAndPutBack) {
    auto& reset = find<QToolButton>("reset.prune.target");
    EXPECT_TRUE(reset.isHidden());
    type("field.prune.target", "0.35");
    EXPECT_DOUBLE_EQ(page().draft().spec()->prune.target, 0.35);
    EXPECT_TRUE(reset.isVisible());
    EXPECT_TRUE(find<QLabel>("start.name").text().contains("35 %"));
    QTest::mouseClick(&reset, Qt::LeftButton);
    EXPECT_EQ(find<QLineEdit>("field.prune.target").text(), "0.15");
    EXPECT_TRUE(reset.isHidden());
    page().undoStack()->undo();
    EXPECT_EQ(find<QLineEdit>("field.prune.target").text(), "0.35");
}

TEST_F(NewRunPageTest, EveryFieldHasAnEditorWithANameAndHelp) {
    for (const FieldDescription& field : describeRunSpec()) {
        auto* editor = m_window->findChild<QWidget*>(QStringLiteral("field.") +
                                                     QString::fromStdString(field.path));
        ASSERT_NE(editor, nullptr) << field.path;
        EXPECT_EQ(editor->accessibleName().toStdString(), field.path);
        EXPECT_FALSE(editor->accessibleDescription().isEmpty()) << field.path;
    }
}

TEST_F(NewRunPageTest, ArrowKeysStepAndKeysChoose) {
    auto& seed = find<QLineEdit>("field.seed");
    seed.setFocus();
    QTest::keyClick(&seed, Qt::Key_Up);
    EXPECT_EQ(page().draft().spec()->seed, 43);
    QTest::keyClick(&seed, Qt::Key_PageDown);
    EXPECT_EQ(page().draft().spec()->seed, 33);
    auto& truncation = find<QComboBox>("field.prune.truncation");
    const int before = truncation.currentIndex();
    truncation.setFocus();
    QTest::keyClick(&truncation, Qt::Key_Up);
    EXPECT_NE(truncation.currentIndex(), before);
    EXPECT_EQ(enumName(page().draft().spec()->prune.truncation),
              truncation.currentText().toStdString());
    auto& gate = find<QCheckBox>("field.schedule.gate");
    QTest::mouseClick(&find<QToolButton>("section.schedule"), Qt::LeftButton);
    QTest::keyClick(&gate, Qt::Key_Space);
    EXPECT_FALSE(page().draft().spec()->schedule.gate);
}

TEST_F(NewRunPageTest, WhatIsWrongStandsBesideTheFieldAndNothingStarts) {
    type("field.prune.target", "abc");
    auto& problem = find<QLabel>("problem.prune.target");
    EXPECT_TRUE(problem.text().contains("must be a number")) << problem.text().toStdString();
    EXPECT_FALSE(find<QPushButton>("start.run").isEnabled());
    EXPECT_TRUE(find<QLabel>("start.verdict").text().startsWith(QStringLiteral("⚠")));
    type("field.prune.target", "7");
    EXPECT_TRUE(problem.text().contains("0.99")) << problem.text().toStdString();
    type("field.prune.target", "0.5");
    EXPECT_TRUE(problem.isHidden());
    EXPECT_TRUE(find<QPushButton>("start.run").isEnabled());
    page().draft().set("distill.warmup", 5000);
    QTest::mouseClick(&find<QPushButton>("start.showField"), Qt::LeftButton);
    EXPECT_TRUE(find<QLineEdit>("field.distill.warmup").isVisible()) << "its section opens";
}

TEST_F(NewRunPageTest, TheSearchLineFindsFieldsByNameHelpAndChoice) {
    auto& search = find<QLineEdit>("form.search");
    QTest::keyClicks(&search, "learning rate");
    EXPECT_TRUE(find<QLineEdit>("field.distill.learning_rate").isVisible());
    EXPECT_FALSE(find<QLineEdit>("field.prune.target").isVisible());
    search.clear();
    QTest::keyClicks(&search, "sparsegpt");
    EXPECT_TRUE(find<QComboBox>("field.prune.method").isVisible());
    search.clear();
    QTest::keyClicks(&search, "xyzzy");
    EXPECT_EQ(shownRows(), 0);
    search.clear();
    type("field.prune.target", "0.4");
    QTest::mouseClick(&find<QCheckBox>("form.changedOnly"), Qt::LeftButton);
    EXPECT_EQ(shownRows(), 1);
}

TEST_F(NewRunPageTest, StartsARunWithWhatTheFormSays) {
    type("field.prune.target", "0.35");
    type("field.name", "mine");
    m_session->waiting = {{RunId(5)}, true};
    QTest::mouseClick(&find<QPushButton>("start.run"), Qt::LeftButton);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(m_session->started[0].name, "mine");
    EXPECT_DOUBLE_EQ(m_session->started[0].prune.target, 0.35);
    EXPECT_EQ(m_session->waiting.runs.front(), RunId(100)) << "in front of what waits";
    EXPECT_FALSE(m_session->waiting.held);
    EXPECT_TRUE(find<QLabel>("status.context").text().contains("mine"));
}

TEST_F(NewRunPageTest, AddToQueueWaitsUntilItIsLetGo) {
    QTest::mouseClick(&find<QPushButton>("start.queue"), Qt::LeftButton);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_TRUE(m_session->waiting.held) << "else it would start at once";
    EXPECT_TRUE(find<QLabel>("status.context").text().contains("held"));
}

TEST_F(NewRunPageTest, TheWindowStaysWhereSomethingIsFilledIn) {
    m_session->say(RunStarted{RunId(1), "x", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    EXPECT_TRUE(page().isVisible());
}

TEST_F(NewRunPageTest, EstimatesArriveAndWarnOfAMissingModel) {
    EXPECT_TRUE(find<QLabel>("fact.time").text().startsWith("about"));
    const QString before = find<QLabel>("fact.time").text();
    type("field.distill.steps", "6000");
    EXPECT_TRUE(waitFor([&] { return find<QLabel>("fact.time").text() != before; }));
    page().draft().set("model.path", "no-such-model");
    EXPECT_TRUE(
        waitFor([&] { return find<QLabel>("start.notes").text().contains("no-such-model"); }));
    page().draft().set("model.path", std::string(SKD_FIXTURES "/models/workbench"));
    EXPECT_TRUE(waitFor([&] { return find<QLabel>("fact.memory").text().contains("MB"); }));
    EXPECT_TRUE(find<QLabel>("start.notes").isHidden());
}

TEST_F(NewRunPageTest, StartsFromCarveFromARunAndFromAPreset) {
    carve().state().setRanks({0}, 128);
    action(startMenu(), "Carve")->trigger();
    EXPECT_EQ(page().draft().spec()->prune.ranks, RankRule::Explicit);
    EXPECT_FALSE(page().draft().spec()->prune.explicitRanks.empty());
    action(startMenu(), "demo")->trigger();
    EXPECT_EQ(page().draft().spec()->name, "demo");
    action(startMenu(), "Defaults")->trigger();
    EXPECT_EQ(*page().draft().spec(), RunSpec());
    QMenu& runs = *action(startMenu(), "Run")->menu();
    ASSERT_TRUE(waitFor([&] { return runs.actions().size() > 2; }));
    runs.actions().back()->trigger();
    EXPECT_TRUE(waitFor([&] { return !page().draft().changes().empty(); }));
    page().undoStack()->undo();
    EXPECT_EQ(*page().draft().spec(), RunSpec());
}

TEST_F(NewRunPageTest, TheJsonViewIsTheSameDraft) {
    auto& view = find<ChoiceButton>("newRun.view");
    view.menu()->actions()[1]->trigger();
    auto& text = find<QPlainTextEdit>("json.text");
    ASSERT_TRUE(text.isVisible());
    EXPECT_EQ(*parseRunSpec(Json::parse(text.toPlainText().toStdString())), RunSpec());
    text.setPlainText("{\"prune\": {\"target\": 0.45}}");
    EXPECT_DOUBLE_EQ(page().draft().spec()->prune.target, 0.45);
    text.setPlainText("{\"prune\": {\"target\": ");
    EXPECT_TRUE(find<QLabel>("json.problem").text().startsWith(QStringLiteral("⚠")));
    EXPECT_DOUBLE_EQ(page().draft().spec()->prune.target, 0.45);
    view.menu()->actions()[0]->trigger();
    EXPECT_EQ(find<QLineEdit>("field.prune.target").text(), "0.45");
}

TEST_F(NewRunPageTest, CopiesAndPastesTheWholeSpec) {
    type("field.prune.target", "0.25");
    ASSERT_TRUE(page().copy());
    const QString text = QApplication::clipboard()->text();
    page().draft().reset("prune.target");
    QApplication::clipboard()->setText(text);
    EXPECT_TRUE(page().paste());
    EXPECT_DOUBLE_EQ(page().draft().spec()->prune.target, 0.25);
    QApplication::clipboard()->setText("not a spec");
    EXPECT_FALSE(page().paste());
}

TEST_F(NewRunPageTest, AReadOnlyWindowStartsNothing) {
    openWindow(true);
    m_window->showPage(m_window->pageIndex("new-run"));
    EXPECT_FALSE(find<QPushButton>("start.run").isEnabled());
}

}  // namespace
}  // namespace skd::test
