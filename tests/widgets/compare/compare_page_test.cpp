#include "compare/compare_page.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeView>
#include <cmath>
#include <ctime>

#include "charts/plot/plot_view.h"
#include "charts/views/parallel_plot.h"
#include "charts/views/scatter_plot.h"
#include "compare/study_view.h"
#include "controls/choice_button.h"
#include "controls/data_table.h"
#include "controls/grid_model.h"
#include "runs/runs_dock.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/study_workspace.h"

namespace skd::test {
namespace {

class ComparePageTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        const Status written = writeStudyWorkspace(m_folder.filePath("study.sqlite").toStdString());
        ASSERT_TRUE(written) << written.error().message;
        m_file = m_folder.filePath("study.sqlite").toStdString();
        m_window.reset();
        auto session = std::make_unique<ScriptedSession>();
        m_session = session.get();
        m_window = std::make_unique<MainWindow>(
            std::make_unique<Workspace>(m_file, std::move(session)), *m_theme);
        m_window->resize(1280, 800);
        m_window->show();
        for (std::size_t i = 0; i < m_window->pages().size(); ++i)
            if (m_window->pages()[i].first == "compare") m_window->showPage(static_cast<int>(i));
        ASSERT_TRUE(waitFor(
            [&] { return m_window->settled() && m_window->runs().model().rowCount() == 16; }));
    }

    ComparePage& page() { return *m_window->findChild<ComparePage*>(); }
    void select(const std::vector<std::int64_t>& runs) {
        auto& dock = m_window->runs();
        QItemSelectionModel& list = *dock.list().selectionModel();
        list.setCurrentIndex(dock.tree().indexOf(RunId(runs.front())),
                             QItemSelectionModel::ClearAndSelect);
        for (std::int64_t run : runs)
            list.select(dock.tree().indexOf(RunId(run)), QItemSelectionModel::Select);
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    }
    void mode(const char* which, int mode) {
        auto& modes = find<ModeSwitch>(which);
        QTest::mouseClick(modes.findChildren<QToolButton*>()[mode], Qt::LeftButton);
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    }
    GridModel& grid(const char* table) {
        return *qobject_cast<GridModel*>(find<DataTable>(table).model());
    }
    void together() { find<ChoiceButton>("compare.grouping").menu()->actions()[1]->trigger(); }
};

TEST_F(ComparePageTest, CurvesOfTheRunsSelectedLieOverEachOther) {
    select({1, 2, 3});
    mode("compare.mode", 0);
    auto& plot = find<PlotView>("compare.curves");
    ASSERT_EQ(plot.series().size(), 3u);
    EXPECT_EQ(plot.series()[0].xs().size(), 11u);
    EXPECT_EQ(plot.annotations().horizontal.at(0).label, "dense 36.0");
    EXPECT_EQ(find<QComboBox>("compare.metric").currentText(), "perplexity on the selection text");
    EXPECT_NE(plot.series()[0].style.color, plot.series()[1].style.color);
}

TEST_F(ComparePageTest, SeedsOfAVariantBecomeOneLineWithABand) {
    select({1, 2, 3, 4});
    together();
    auto& plot = find<PlotView>("compare.curves");
    ASSERT_TRUE(waitFor([&] { return plot.series().size() == 2; }));
    ASSERT_EQ(plot.annotations().envelopes.size(), 2u);
    const auto& band = plot.annotations().envelopes[0];
    const double last = plot.series()[0].ys().back();
    // Two seeds 2 apart at the end of the curve: the sample deviation is half of that times the
    // root of 2.
    const double apart = 2 * (1 - std::exp(-5.0));
    EXPECT_NEAR(band.high.back() - last, apart / std::sqrt(2.0), 1e-9);
    EXPECT_EQ(grid("compare.figures").rowCount(), 2);
    EXPECT_NEAR(
        grid("compare.figures").rows()[0][5].exact + grid("compare.figures").rows()[1][5].exact,
        41 + 61, 1e-9);
}

TEST_F(ComparePageTest, OnlyDifferencesAreListed) {
    select({1, 3});
    GridModel& diff = grid("compare.diff");
    for (const auto& row : diff.rows())
        EXPECT_NE(row[1].text, row[2].text) << row[0].text.toStdString();
    bool target = false;
    for (const auto& row : diff.rows())
        target = target || row[0].text == "prune.target" || row[0].text == "seed";
    EXPECT_TRUE(target);
    select({5});
    EXPECT_TRUE(find<QLabel>("compare.diff.empty").isVisible());
    EXPECT_EQ(diff.rowCount(), 0);
}

TEST_F(ComparePageTest, FiguresStandSideBySideWithRecovery) {
    select({1});
    GridModel& figures = grid("compare.figures");
    ASSERT_EQ(figures.rowCount(), 1);
    const QString name = figures.rows()[0][0].text;
    EXPECT_EQ(figures.textAt(name, "PPL after KD"), "40.0");
    EXPECT_EQ(figures.textAt(name, "recovery"), QString::fromUtf8("85.2\u202f%"));
    EXPECT_TRUE(figures.textAt(name, "ECE").isNull()) << "no run has it";
}

TEST_F(ComparePageTest, AClickOnAPointSelectsItsRunAndADoubleClickOpensIt) {
    select({1});
    mode("compare.mode", 1);
    auto& plot = find<ScatterPlot>("compare.tradeoff");
    ASSERT_EQ(plot.points().size(), 16u);
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < plot.points().size(); ++i)
        if (plot.points()[i].name == "sweep 9") wanted = i;
    const qint64 id = plot.points()[wanted].id;
    QTest::mouseClick(&plot, Qt::LeftButton, {}, plot.placeOf(wanted).toPoint());
    EXPECT_EQ(m_window->selection().current(), RunId(id));
    EXPECT_EQ(m_window->runs().selectedRuns().at(0).id, RunId(id)) << "the list follows";
    ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    for (std::size_t i = 0; i < plot.points().size(); ++i)
        EXPECT_EQ(plot.points()[i].strong, plot.points()[i].id == id);
    QTest::mouseDClick(&plot, Qt::LeftButton, {}, plot.placeOf(wanted).toPoint());
    EXPECT_TRUE(recover().isVisible());
}

/// A point for every round after its cut and one after distillation, with half of the interval.
TEST_F(ComparePageTest, RoundsLieAtTheirDistanceFromTheOriginal) {
    select({1});
    mode("compare.mode", 3);
    auto& plot = find<ScatterPlot>("compare.deviation");
    ASSERT_EQ(plot.points().size(), 2u);
    const bool cutFirst = plot.points()[0].y > plot.points()[1].y;
    const ScatterPoint &cut = plot.points()[cutFirst ? 0 : 1],
                       &recovered = plot.points()[cutFirst ? 1 : 0];
    EXPECT_GT(cut.x, 0);
    EXPECT_DOUBLE_EQ(cut.y, 2 * cut.x) << "as the fixture has it";
    EXPECT_DOUBLE_EQ(cut.deviation, 0.05);
    EXPECT_DOUBLE_EQ(recovered.y, recovered.x);
    EXPECT_NE(cut.group, recovered.group);
    EXPECT_TRUE(cut.detail.contains("95")) << cut.detail.toStdString();
    select({16});
    EXPECT_TRUE(plot.points().empty()) << "no gate measured the runs of the sweep";
}

TEST_F(ComparePageTest, CtrlClickAddsARunAndTheKeyboardWalks) {
    select({1});
    mode("compare.mode", 1);
    auto& plot = find<ScatterPlot>("compare.tradeoff");
    std::size_t other = 0;
    while (plot.points()[other].id == 1) ++other;
    const qint64 id = plot.points()[other].id;
    QTest::mouseClick(&plot, Qt::LeftButton, Qt::ControlModifier, plot.placeOf(other).toPoint());
    EXPECT_EQ(m_window->selection().current(), RunId(id));
    EXPECT_EQ(m_window->selection().others(), std::vector<RunId>{RunId(1)});
    EXPECT_EQ(m_window->runs().selectedRuns().size(), 2u);
    ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    plot.setFocus();
    QTest::keyClick(&plot, Qt::Key_Home);
    EXPECT_EQ(plot.current(), std::size_t{0});
    QTest::keyClick(&plot, Qt::Key_Right);
    EXPECT_EQ(plot.current(), std::size_t{1});
    QTest::keyClick(&plot, Qt::Key_Space);
    EXPECT_EQ(m_window->selection().current().value(), plot.points()[*plot.current()].id);
}

TEST_F(ComparePageTest, TheFrontIsOfThoseThatNoneBeats) {
    mode("compare.mode", 1);
    auto& plot = find<ScatterPlot>("compare.tradeoff");
    ASSERT_FALSE(plot.front().empty());
    for (std::size_t i : plot.front())
        for (const ScatterPoint& other : plot.points())
            EXPECT_FALSE(other.x > plot.points()[i].x && other.y < plot.points()[i].y);
}

TEST_F(ComparePageTest, FiguresOfTheSummaryAreReadForAllRunsOnceTheyAreAskedFor) {
    select({1});
    mode("compare.mode", 1);
    find<ChoiceButton>("compare.x").menu()->actions()[3]->trigger();
    auto& plot = find<ScatterPlot>("compare.tradeoff");
    ASSERT_TRUE(waitFor([&] { return plot.points().size() == 16; }));
    EXPECT_NEAR(plot.points().back().x, 134.5e6 * (1 - 0.59 * 0.05), 1);
    EXPECT_EQ(plot.viewName(), "PPL after KD against parameters");
}

TEST_F(ComparePageTest, BrushingAnAxisLetsOnlyThoseRunsThrough) {
    std::vector<std::int64_t> runs;
    for (std::int64_t run = 5; run <= 16; ++run) runs.push_back(run);
    select(runs);
    mode("compare.mode", 2);
    auto& plot = find<ParallelPlot>("compare.sweep");
    ASSERT_EQ(plot.lines().size(), 12u);
    std::size_t axis = plot.axes().size();
    for (std::size_t i = 0; i < plot.axes().size(); ++i)
        if (plot.axes()[i].name == "distill.learning_rate") axis = i;
    ASSERT_LT(axis, plot.axes().size());
    EXPECT_TRUE(plot.axes()[axis].log) << "over decades";
    EXPECT_EQ(plot.axes().back().name, "PPL after KD");
    const QPoint top = plot.pixelOf(axis, 1).toPoint(), middle = plot.pixelOf(axis, 0.75).toPoint();
    QTest::mousePress(&plot, Qt::LeftButton, {}, top);
    QTest::mouseMove(&plot, middle);
    QMouseEvent move(QEvent::MouseMove, middle, plot.mapToGlobal(middle), Qt::NoButton,
                     Qt::LeftButton, {});
    QApplication::sendEvent(&plot, &move);
    QTest::mouseRelease(&plot, Qt::LeftButton, {}, middle);
    EXPECT_EQ(plot.passing(), 4) << "every third run has the highest rate";
    EXPECT_EQ(find<QLabel>("compare.sweep.count").text(), "4 of 12 runs");
    EXPECT_FALSE(m_window->grab().isNull());
    QTest::mouseClick(&plot, Qt::LeftButton, {}, middle);
    EXPECT_EQ(plot.passing(), 12);
    plot.setFocus();
    QTest::keyClick(&plot, Qt::Key_Up);
    EXPECT_LT(plot.passing(), 12);
    QTest::keyClick(&plot, Qt::Key_Escape);
    EXPECT_EQ(plot.passing(), 12);
}

TEST_F(ComparePageTest, AStudysTableStandsBesideThePapers) {
    select({1});
    mode("compare.tables", 1);
    GridModel& table = grid("compare.study.table");
    ASSERT_TRUE(waitFor([&] { return table.rowCount() == 3; }));
    EXPECT_EQ(find<QComboBox>("compare.studies").currentText(), "table-demo");
    const auto& row = table.rows()[1];
    bool own = false, paper = false;
    for (const GridCell& cell : row) {
        own = own || cell.text.startsWith("41.00");
        paper = paper || cell.text == "21.06";
    }
    EXPECT_TRUE(own && paper);
    QTest::mouseClick(&find<QPushButton>("compare.report"), Qt::LeftButton);
    const auto* browser = m_window->findChild<QTextBrowser*>("report.text");
    ASSERT_NE(browser, nullptr);
    EXPECT_TRUE(browser->toPlainText().contains("Recovery at two sparsities"));
    EXPECT_TRUE(browser->toPlainText().contains("21.06"));
    const QString folder = m_folder.filePath("report");
    page().study().exportReport(folder);
    ASSERT_TRUE(
        waitFor([&] { return m_window->settled() && QFile::exists(folder + "/report.html"); }));
    EXPECT_TRUE(waitFor([&] { return find<QLabel>("status.context").text().contains(folder); }));
}

TEST_F(ComparePageTest, AReportThatCannotBeWrittenSaysSo) {
    select({1});
    QFile file(m_folder.filePath("taken"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    mode("compare.tables", 1);
    ASSERT_TRUE(waitFor([&] { return grid("compare.study.table").rowCount() == 3; }));
    page().study().exportReport(m_folder.filePath("taken"));
    EXPECT_TRUE(waitFor([&] { return find<QLabel>("status.context").text().contains("taken"); }));
}

TEST(ParallelPlotSize, TwoHundredRunsFollowABrush) {
    ParallelPlot plot("sweep");
    std::vector<ParallelAxis> axes;
    for (int axis = 0; axis < 12; ++axis) axes.push_back({QString::number(axis), false, {}, {}});
    std::vector<ParallelLine> lines;
    for (int line = 0; line < 200; ++line) {
        lines.push_back({line, QString::number(line), {}, false});
        for (int axis = 0; axis < 12; ++axis)
            lines.back().values.push_back(std::sin(line * 1.7 + axis));
    }
    plot.setData(axes, lines);
    plot.resize(900, 400);
    plot.grab();
    // CPU time of the fastest of ten: other programs take caches, not only cores.
    double milliseconds = 1e9;
    for (int i = 0; i < 10; ++i) {
        const std::clock_t before = std::clock();
        plot.setBrush(3, Range{0.2 + 0.02 * i, 0.9});
        plot.grab();
        milliseconds = std::min(
            milliseconds, 1000.0 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
    }
    EXPECT_LE(milliseconds, 50) << "a repaint while a brush moves";
    EXPECT_LT(plot.passing(), 200);
}

}  // namespace
}  // namespace skd::test
