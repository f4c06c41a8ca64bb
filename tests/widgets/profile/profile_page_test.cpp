#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QTabBar>
#include <QTableView>
#include <QTreeView>
#include <QUndoStack>

#include "charts/exportable_view.h"
#include "charts/plot/plot_view.h"
#include "charts/view_table.h"
#include "charts/views/speed_up_chart.h"
#include "charts/views/stacked_bars.h"
#include "charts/views/time_line.h"
#include "controls/choice_button.h"
#include "controls/model_picker.h"
#include "profile/benchmark_view.h"
#include "profile/profile_page.h"
#include "profile/profile_table_model.h"
#include "store/measurement_codec.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/synthetic_profile.h"

namespace skd::test {
namespace {

class ProfilePageTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        if (keepsMeasurements()) {
            const Status kept =
                keepSyntheticMeasurements(m_file, syntheticProfile(), syntheticBenchmark());
            ASSERT_TRUE(kept) << kept.error().message;
        }
        showProfile();
    }
    [[nodiscard]] virtual bool keepsMeasurements() const { return true; }
    void showProfile() {
        for (std::size_t i = 0; i < m_window->pages().size(); ++i)
            if (m_window->pages()[i].first == "profile") m_window->showPage(static_cast<int>(i));
        ASSERT_TRUE(waitFor([&] { return m_window->settled() && page().settled(); }));
    }
    ProfilePage& page() {
        for (const auto& [id, one] : m_window->pages())
            if (id == "profile") return *qobject_cast<ProfilePage*>(one);
        throw std::runtime_error("there is no profile page");
    }
    StackedBars& bars() { return find<StackedBars>("profile.bars"); }
    TimeLine& line() { return find<TimeLine>("profile.timeline"); }
    QTreeView& table() { return find<QTreeView>("profile.table"); }
    QString text(const char* name) { return find<QLabel>(name).text().replace(QChar(0x202F), ' '); }
    void click(const char* name) { QTest::mouseClick(&find<QPushButton>(name), Qt::LeftButton); }
    std::size_t part(const QString& name) {
        for (std::size_t i = 0; i < bars().parts().size(); ++i)
            if (bars().parts()[i].name == name) return i;
        throw std::runtime_error("no such part");
    }
    std::set<Module> selectedInTable() {
        std::set<Module> modules;
        const auto* sorted = qobject_cast<const QSortFilterProxyModel*>(table().model());
        const auto* model = qobject_cast<const ProfileTableModel*>(sorted->sourceModel());
        for (const QModelIndex& index : table().selectionModel()->selectedRows())
            modules.insert(model->moduleOf(sorted->mapToSource(index)));
        return modules;
    }
};

TEST_F(ProfilePageTest, AKeptProfileIsABarPerModelWithNamesOfRuns) {
    ASSERT_EQ(bars().bars().size(), 3u);
    EXPECT_EQ(bars().bars()[0].name, "SmolLM2-135M-Instruct");
    EXPECT_EQ(bars().bars()[1].name, "svd-15 · seed 42");
    const auto& gate = bars().bars()[0].pieces[part("gate")];
    EXPECT_EQ(gate.text, "300");
    EXPECT_NEAR(gate.value, 0.3, 1e-9);
    EXPECT_EQ(bars().bars()[1].pieces[part("gate")].text, "255");
    EXPECT_TRUE(text("profile.attributed").contains("attributed"));
    EXPECT_TRUE(text("profile.remark").startsWith("svd-15 · seed 42: MLP time −14."))
        << text("profile.remark").toStdString();
    EXPECT_TRUE(text("profile.remark").contains("unchanged within noise"));
    EXPECT_EQ(find<QComboBox>("profile.kept").count(), 1);
    EXPECT_TRUE(find<QComboBox>("profile.kept")
                    .currentText()
                    .endsWith("SmolLM2-135M-Instruct, svd-15 · seed 42, svd-35 · seed 42"));
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(ProfilePageTest, APartPickedInTheBarsStandsOutInTableAndTimeLine) {
    QTest::mouseClick(
        &bars(), Qt::LeftButton, {},
        bars().pieceRect(1, static_cast<int>(part("attention projections"))).center().toPoint());
    EXPECT_TRUE(bars().highlighted()[part("attention projections")]);
    EXPECT_EQ(page().state().model(), 1u) << "table and time line show the bar's model";
    EXPECT_EQ(selectedInTable(),
              (std::set<Module>{Module::AttentionQuery, Module::AttentionKey,
                                Module::AttentionValue, Module::AttentionOutput}));
    EXPECT_EQ(bars().currentBar(), 1);
    QTest::mouseClick(
        &bars(), Qt::LeftButton, {},
        bars().pieceRect(1, static_cast<int>(part("attention projections"))).center().toPoint());
    EXPECT_TRUE(selectedInTable().empty()) << "a second click takes it back";
}

TEST_F(ProfilePageTest, ARowPickedInTheTableStandsOutInTheBars) {
    for (int row = 0; row < table().model()->rowCount(); ++row)
        if (table().model()->index(row, 0).data().toString() == "head")
            QTest::mouseClick(table().viewport(), Qt::LeftButton, {},
                              table().visualRect(table().model()->index(row, 1)).center());
    EXPECT_TRUE(bars().highlighted()[part("head")]);
    EXPECT_FALSE(bars().highlighted()[part("gate")]);
    EXPECT_EQ(page().state().selected(), moduleSet({Module::Head}));
}

TEST_F(ProfilePageTest, ARecordPickedInTheTimeLineStandsOutInBarsAndTable) {
    const ModelProfile& model = *page().state().shownModel();
    const auto head = static_cast<std::uint32_t>(model.timeline.size() - 2);
    QTest::mouseClick(&line(), Qt::LeftButton, {}, line().recordRect(0, head).center().toPoint());
    EXPECT_TRUE(bars().highlighted()[part("head")]);
    EXPECT_EQ(selectedInTable(), std::set<Module>{Module::Head});
    EXPECT_FALSE(line().grab().isNull());
}

TEST_F(ProfilePageTest, ArrowKeysWalkThroughPartsAndModels) {
    bars().setFocus();
    QTest::keyClick(&bars(), Qt::Key_Right);
    EXPECT_TRUE(bars().highlighted()[part("gate")]);
    EXPECT_TRUE(bars().accessibleDescription().contains("gate"))
        << bars().accessibleDescription().toStdString();
    QTest::keyClick(&bars(), Qt::Key_Down);
    EXPECT_EQ(page().state().model(), 1u);
    EXPECT_TRUE(bars().highlighted()[part("gate")]) << "the part stays while the model changes";
    QTest::keyClick(&bars(), Qt::Key_Escape);
    EXPECT_TRUE(page().state().selected().none());
}

TEST_F(ProfilePageTest, ThePapersBucketsTakeThePlaceOfTheParts) {
    auto& grouping = find<ChoiceButton>("profile.grouping");
    grouping.menu()->actions()[1]->trigger();
    EXPECT_EQ(bars().parts().size(), 3u);
    EXPECT_NEAR(bars().bars()[0].pieces[0].value,
                page().state().profile()->report.models[0].paperBuckets().at(PaperBucket::Gemm),
                1e-12);
    grouping.menu()->actions()[0]->trigger();
    EXPECT_GT(bars().parts().size(), 3u);
}

TEST_F(ProfilePageTest, ChartsHaveTablesOfTheSameFigures) {
    const ViewTable parts = bars().viewTable();
    ASSERT_EQ(parts.rows, 3);
    EXPECT_EQ(parts.header.size(), static_cast<int>(bars().parts().size()) + 2);
    EXPECT_EQ(parts.cell(1, 0).shown, "svd-15 · seed 42");
    EXPECT_EQ(parts.cell(1, 1).shown, "255");
    EXPECT_NEAR(parts.cell(1, 1).exact.toDouble(), 0.255, 1e-12);
    showTableTwin(m_window.get(), "Bars", parts);
    auto* shown = m_window->findChild<QDialog*>("tableTwin")->findChild<QTableView*>();
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(shown->model()->rowCount(), 3);
    const ViewTable speedUps = find<SpeedUpChart>("profile.speedUp").viewTable();
    ASSERT_EQ(speedUps.rows, 2);
    EXPECT_EQ(speedUps.cell(0, 5).shown, "1.42×");
    EXPECT_EQ(line().viewTable().rows,
              static_cast<int>(page().state().shownModel()->timeline.size()));
}

TEST_F(ProfilePageTest, ChartsCanBeExportedAtAnySizeAndOnPaper) {
    std::vector<ExportableView*> views = exportableViews(&page());
    EXPECT_GE(views.size(), 3u);
    for (ExportableView* view : views) {
        QImage paper(700, 320, QImage::Format_RGB32);
        paper.fill(Qt::white);
        const QImage blank = paper;
        QPainter painter(&paper);
        view->paintView(painter, QRectF(10, 10, 680, 300), paperColors());
        painter.end();
        EXPECT_NE(paper, blank) << view->viewName().toStdString();
    }
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(ProfilePageTest, SpeedUpsStandBelowTheCeiling) {
    const auto& entries = find<SpeedUpChart>("profile.speedUp").entries();
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].name, "svd-15 · seed 42");
    EXPECT_GT(entries[1].measured, entries[0].measured);
    EXPECT_DOUBLE_EQ(entries[1].ceiling, 1.42);
    EXPECT_TRUE(entries[1].tip.contains("at most 1.42×"));
}

TEST_F(ProfilePageTest, MeasuringAsksForTheModelAndTheSelectedRuns) {
    EXPECT_EQ(find<ModelPicker>("profile.model").path(), "SmolLM2-135M-Instruct");
    EXPECT_TRUE(find<QCheckBox>("profile.withRuns").text().contains("svd-15 · seed 42"));
    find<QSpinBox>("profile.batch").setValue(2);
    find<QSpinBox>("profile.length").setValue(64);
    click("profile.start");
    ASSERT_EQ(m_session->tasks.size(), 1u);
    const auto& task = std::get<ProfileTask>(m_session->tasks[0]);
    EXPECT_EQ(task.request.models, (std::vector<std::string>{"SmolLM2-135M-Instruct", "run:7"}));
    EXPECT_EQ(task.request.batch, 2);
    EXPECT_EQ(task.request.length, 64);
    EXPECT_FALSE(find<QPushButton>("profile.start").isVisible());
    EXPECT_EQ(text("profile.line"), "starts…");
}

TEST_F(ProfilePageTest, ProgressStopAndWhatIsLeft) {
    click("profile.start");
    m_session->say(TaskStarted{1, "profile"});
    m_session->say(TaskProgress{1, "3 / 15 rounds", 0.2, 75});
    ASSERT_TRUE(waitFor([&] { return text("profile.line") == "3 / 15 rounds · 1 m 15 s left"; }))
        << text("profile.line").toStdString();
    EXPECT_EQ(find<QProgressBar>("profile.progress").value(), 200);
    click("profile.stop");
    EXPECT_EQ(m_session->calls, std::vector<std::string>{"cancel task 1"});
    EXPECT_EQ(text("profile.line"), "stopping…");
    m_session->say(TaskFinished{1, {}, {}, true});
    ASSERT_TRUE(waitFor([&] { return find<QPushButton>("profile.start").isVisible(); }));
    EXPECT_EQ(text("profile.line"), "Stopped; nothing of it is kept.");
    EXPECT_EQ(bars().bars().size(), 3u) << "what was shown stays";
}

TEST_F(ProfilePageTest, ATaskWaitsForTheRunThatHasTheEngine) {
    m_session->say(RunStarted{RunId(12), "long run", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    showProfile();
    click("profile.start");
    EXPECT_EQ(text("profile.line"), "waits for run 12");
    m_session->say(RunFinished{RunId(12), Outcome::Completed, "", {}});
    ASSERT_TRUE(waitFor([&] { return text("profile.line") == "starts…"; }));
    m_session->say(TaskFailed{1, {ErrorCode::NotFound, "run 7 has no model"}});
    ASSERT_TRUE(waitFor([&] { return text("profile.line") == "run 7 has no model"; }));
    EXPECT_TRUE(find<QPushButton>("profile.start").isEnabled());
}

TEST_F(ProfilePageTest, AFinishedProfileIsShownAndJoinsTheKeptOnes) {
    click("profile.start");
    m_session->say(TaskStarted{1, "profile"});
    ProfileReport report = syntheticProfile(2);
    report.models.resize(1);
    ASSERT_TRUE(keepSyntheticMeasurements(m_file, report, syntheticBenchmark()));
    m_session->say(
        TaskFinished{1, profileJson(report, ProfileDetail::Timeline), MeasurementId(3), false});
    ASSERT_TRUE(waitFor([&] { return bars().bars().size() == 1; }));
    auto& kept = find<QComboBox>("profile.kept");
    EXPECT_EQ(kept.count(), 2);
    EXPECT_EQ(kept.currentIndex(), 0);
    kept.setCurrentIndex(1);
    Q_EMIT kept.activated(1);
    EXPECT_TRUE(waitFor([&] { return bars().bars().size() == 3; }));
}

TEST_F(ProfilePageTest, DeletingAKeptProfileCanBeUndone) {
    click("profile.delete");
    ASSERT_TRUE(waitFor([&] { return !m_session->edits.empty(); }));
    EXPECT_EQ(std::get<RemoveMeasurement>(m_session->edits[0]).measurement, MeasurementId(1));
    page().undoStack()->undo();
    ASSERT_EQ(m_session->edits.size(), 2u);
    const MeasurementRow& again = std::get<KeepMeasurement>(m_session->edits[1]).measurement;
    EXPECT_EQ(again.kind, "profile");
    EXPECT_EQ(readProfile(again.document)->models.size(), 3u);
}

TEST_F(ProfilePageTest, TheTimeLinesAreSavedAsAChromeTrace) {
    const QString file = m_folder.filePath("trace.json");
    ASSERT_TRUE(page().saveTrace(file));
    QFile written(file);
    ASSERT_TRUE(written.open(QIODevice::ReadOnly));
    const auto json = parseJson(written.readAll().toStdString());
    ASSERT_TRUE(json);
    EXPECT_TRUE(json->contains("traceEvents"));
    EXPECT_FALSE(page().saveTrace(m_folder.filePath("no/such/folder/trace.json")));
    EXPECT_FALSE(text("profile.line").isEmpty());
}

TEST_F(ProfilePageTest, TheBenchmarkDrawsEveryModelAgainstTheBatch) {
    find<QTabBar>("profile.tabs").setCurrentIndex(1);
    auto& plot = find<PlotView>("profile.benchmark");
    ASSERT_TRUE(waitFor([&] { return plot.series().size() == 2; }));
    EXPECT_EQ(plot.series()[0].xs(), (std::vector<double>{0, 2, 4}));
    EXPECT_DOUBLE_EQ(plot.series()[0].ys()[2], 576);
    EXPECT_EQ(plot.series()[1].style.name, "svd-15 · seed 42");
    EXPECT_NE(plot.series()[0].style.pen, plot.series()[1].style.pen) << "not by colour alone";
    EXPECT_EQ(plot.annotations().envelopes.size(), 2u);
    find<ChoiceButton>("profile.figure").menu()->actions()[2]->trigger();
    EXPECT_NEAR(plot.series()[0].ys()[0], 312e6, 1);
    EXPECT_EQ(find<QTableView>("profile.benchmarkTable").model()->rowCount(), 6);
    EXPECT_FALSE(find<QPushButton>("profile.trace").isVisible());
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(ProfilePageTest, TheBenchmarkIsStartedWithItsBatches) {
    find<QTabBar>("profile.tabs").setCurrentIndex(1);
    auto& batches = find<QLineEdit>("profile.batches");
    batches.setText("8, 2, 2, 32");
    click("profile.start");
    ASSERT_EQ(m_session->tasks.size(), 1u);
    EXPECT_EQ(std::get<BenchmarkTask>(m_session->tasks[0]).request.batches,
              (std::vector<std::int64_t>{2, 8, 32}));
    m_session->say(TaskFinished{1, {}, {}, true});
    ASSERT_TRUE(waitFor([&] { return find<QPushButton>("profile.start").isVisible(); }));
    batches.setText("two");
    EXPECT_FALSE(find<QPushButton>("profile.start").isEnabled());
    EXPECT_TRUE(find<QPushButton>("profile.start").toolTip().contains("whole numbers"));
}

TEST_F(ProfilePageTest, AReadOnlyWorkspaceShowsWhatIsKeptAndSaysWhyItCannotMeasure) {
    openWindow(true);
    showProfile();
    EXPECT_EQ(bars().bars().size(), 3u);
    EXPECT_FALSE(find<QPushButton>("profile.start").isEnabled());
    EXPECT_FALSE(find<QPushButton>("profile.delete").isEnabled());
    EXPECT_TRUE(text("profile.line").contains("opened read-only"));
}

class EmptyProfilePage : public ProfilePageTest {
protected:
    [[nodiscard]] bool keepsMeasurements() const override { return false; }
};

TEST_F(EmptyProfilePage, SaysWhatToDo) {
    EXPECT_TRUE(bars().bars().empty());
    EXPECT_TRUE(bars().accessibleDescription().isEmpty() ||
                bars().accessibleDescription().contains("measured"));
    EXPECT_EQ(find<QComboBox>("profile.kept").currentText(), "nothing measured yet");
    EXPECT_FALSE(find<QPushButton>("profile.delete").isEnabled());
    EXPECT_FALSE(find<QPushButton>("profile.trace").isEnabled());
    EXPECT_FALSE(page().saveTrace(m_folder.filePath("x.json")));
    EXPECT_FALSE(m_window->grab().isNull());
    find<ModelPicker>("profile.model").setEditText("");
    EXPECT_TRUE(find<QPushButton>("profile.start").isEnabled())
        << "a selected run alone can be measured";
    find<QCheckBox>("profile.withRuns").setChecked(false);
    EXPECT_FALSE(find<QPushButton>("profile.start").isEnabled());
}

}  // namespace
}  // namespace skd::test
