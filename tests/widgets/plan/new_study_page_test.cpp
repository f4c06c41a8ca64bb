#include "plan/new_study_page.h"

#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>

#include "plan/new_run_page.h"
#include "plan/plan_card.h"
#include "plan/study_tables.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

class NewStudyPageTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_session->numbered = true;
        m_window->activateWindow();
        QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        ASSERT_TRUE(waitFor([&] { return page().isVisible() && page().settled(); }));
    }
    NewStudyPage& page() { return *m_window->findChild<NewStudyPage*>(); }
    PlanModel& plan() { return page().plan().model(); }
    bool planHas(int runs) {
        return waitFor([&] { return page().settled() && plan().rowCount() == runs; });
    }
    /// Types into a cell as a person does: double click, text, Return.
    void typeInto(QTableView& table, int row, int column, const QString& text) {
        const QRect cell = table.visualRect(table.model()->index(row, column));
        QTest::mouseClick(table.viewport(), Qt::LeftButton, {}, cell.center());
        QTest::mouseDClick(table.viewport(), Qt::LeftButton, {}, cell.center());
        auto* editor =
            qobject_cast<QLineEdit*>(table.indexWidget(table.model()->index(row, column)));
        ASSERT_NE(editor, nullptr);
        editor->selectAll();
        QTest::keyClicks(editor, text);
        QTest::keyClick(editor, Qt::Key_Return);
        QCoreApplication::processEvents();  // the view takes it over after the key
    }
    void loadPreset(const char* name) {
        auto& menu = find<QMenu>("newStudy.menu");
        Q_EMIT menu.aboutToShow();
        find<QAction>((std::string("preset.") + name).c_str()).trigger();
    }
};

TEST_F(NewStudyPageTest, StartsWithOneVariantAndThreeSeeds) {
    EXPECT_TRUE(planHas(3));
    EXPECT_TRUE(find<QLabel>("plan.total").text().startsWith("3 runs"));
    EXPECT_EQ(plan().index(0, PlanModel::State).data().toString(), "new");
}

TEST_F(NewStudyPageTest, VariantsSeedsAndAGridMultiply) {
    QTest::mouseClick(&find<QPushButton>("study.add.variants"), Qt::LeftButton);
    auto& variants = find<QTableView>("study.variants");
    typeInto(variants, 1, VariantsModel::Name, "plain");
    typeInto(variants, 1, VariantsModel::Fields, "prune.truncation=plain");
    EXPECT_TRUE(planHas(6));
    auto& seeds = find<QLineEdit>("study.seeds");
    seeds.selectAll();
    QTest::keyClicks(&seeds, "1, 2");
    EXPECT_TRUE(planHas(4));
    find<QTabWidget>("study.tabs").setCurrentIndex(1);
    QTest::mouseClick(&find<QPushButton>("study.add.grid"), Qt::LeftButton);
    typeInto(find<QTableView>("study.grid"), 0, GridAxesModel::Values, "0.2, 0.4, 0.6");
    EXPECT_TRUE(planHas(12));
    const auto study = page().draft().study();
    ASSERT_TRUE(study) << study.error().message;
    EXPECT_EQ(study->variants[1].name, "plain");
    EXPECT_EQ(study->grid.at("prune.target").size(), 3u);
    page().undoStack()->undo();
    EXPECT_TRUE(planHas(4));
}

TEST_F(NewStudyPageTest, WhatCannotBeReadIsRefusedWithASentence) {
    auto& variants = find<QTableView>("study.variants");
    typeInto(variants, 0, VariantsModel::Fields, "prune.tarket=0.3");
    EXPECT_TRUE(find<QLabel>("study.problem").text().contains("prune.target"))
        << find<QLabel>("study.problem").text().toStdString();
    EXPECT_TRUE(page().draft().rest().variants[0].overrides.empty());
    typeInto(variants, 0, VariantsModel::Fields, "prune.target=0.3");
    EXPECT_TRUE(find<QLabel>("study.problem").isHidden());
    auto& name = find<QLineEdit>("study.name");
    name.selectAll();
    QTest::keyClick(&name, Qt::Key_Delete);
    EXPECT_TRUE(waitFor([&] { return !find<QPushButton>("plan.start").isEnabled(); }));
    EXPECT_TRUE(find<QLabel>("plan.detail").text().contains("name"));
}

TEST_F(NewStudyPageTest, TablesPassTheTester) {
    VariantsModel variants(page().draft());
    GridAxesModel grid(page().draft());
    const QAbstractItemModelTester first(&variants,
                                         QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QAbstractItemModelTester second(&grid,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QAbstractItemModelTester third(&plan(),
                                         QAbstractItemModelTester::FailureReportingMode::Fatal);
    variants.addRow();
    grid.addRow();
    grid.addRow();
    EXPECT_EQ(grid.rowCount(), 2);
    variants.removeRow(0);
    grid.removeRow(0);
    EXPECT_TRUE(planHas(3));
}

TEST_F(NewStudyPageTest, APresetIsPlannedAndQueued) {
    loadPreset("table-ii");
    const auto preset = readStudySpec(SKD_SOURCE_DIR "/resources/presets/table-ii.json");
    const auto expected = planStudy(*preset);
    ASSERT_TRUE(planHas(static_cast<int>(expected->runs.size())));
    for (std::size_t i = 0; i < expected->runs.size(); ++i)
        EXPECT_EQ(plan().view().plan.runs[i].spec, expected->runs[i].spec);
    QTest::mouseClick(&find<QPushButton>("plan.start"), Qt::LeftButton);
    EXPECT_FALSE(find<QPushButton>("plan.start").isEnabled())
        << "a second click would queue it twice";
    ASSERT_TRUE(waitFor(
        [&] { return find<QLabel>("status.context").text().contains("6 runs are queued"); }));
    ASSERT_EQ(m_session->started.size(), expected->runs.size());
    EXPECT_EQ(m_session->calls.front(), "study table-ii");
    EXPECT_EQ(m_session->labels[0].study, StudyId(1));
    EXPECT_EQ(m_session->labels[0].variant, expected->runs[0].variant);
    EXPECT_FALSE(m_session->waiting.held);
}

TEST_F(NewStudyPageTest, RunsThatStartFromOthersNameThemByNumber) {
    page().draft().edit("test", [](StudySpec& s) {
        s.seeds = {1};
        s.variants.resize(2);
        s.variants[1].name = "student";
        s.variants[1].overrides["teacher.path"] = "variant:as it is";
    });
    ASSERT_TRUE(planHas(2));
    EXPECT_EQ(plan().index(1, PlanModel::StartsFrom).data().toString(), "1");
    QTest::mouseClick(&find<QPushButton>("plan.queue"), Qt::LeftButton);
    ASSERT_TRUE(waitFor(
        [&] { return find<QLabel>("status.context").text().contains("2 runs are queued"); }));
    ASSERT_EQ(m_session->started.size(), 2u);
    EXPECT_EQ(m_session->started[1].teacher.path, "run:100");
    EXPECT_TRUE(m_session->waiting.held) << "added, not started";
}

TEST_F(NewStudyPageTest, ANewRunBecomesTheBase) {
    QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
    auto& run = *m_window->findChild<NewRunPage*>();
    run.draft().set("prune.target", 0.45);
    run.draft().set("name", "mine");
    QTest::mouseClick(&find<QPushButton>("start.study"), Qt::LeftButton);
    EXPECT_TRUE(page().isVisible());
    EXPECT_EQ(page().draft().base().changes().size(), 1u) << "the name stays behind";
    ASSERT_TRUE(planHas(3));
    EXPECT_DOUBLE_EQ(plan().view().plan.runs[0].spec.prune.target, 0.45);
}

}  // namespace
}  // namespace skd::test
