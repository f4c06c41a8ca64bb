#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QTreeView>

#include "base/hash.h"
#include "charts/plot/plot_view.h"
#include "compare/compare_page.h"
#include "controls/choice_button.h"
#include "plan/new_run_page.h"
#include "runs/runs_dock.h"
#include "store/run_writer.h"
#include "style/format.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

RunSpec elasticSpec() {
    RunSpec spec;
    spec.name = "elastic";
    spec.elastic.largest = 0.15;
    spec.elastic.smallest = 0.65;
    spec.distill.batch = 4;
    spec.corpus.sequenceLength = 256;
    return spec;
}

/// A run in the workspace that was trained for this many steps.
RunId writeRun(RunWriter& writer, const RunSpec& spec, std::int64_t steps, RunSummary summary) {
    const Json json = toJson(spec);
    const auto run = writer.createRun(spec.name, json, sha256Hex(dumpJson(json)));
    EXPECT_TRUE(run) << run.error().message;
    summary.kdSteps = steps;
    summary.protocol = "paper-512-256";
    EXPECT_TRUE(writer.markStatus(*run, RunStatus::Completed, "all steps done", summary));
    return *run;
}

class CompareFrontTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window.reset();
        writeRuns();
        openWindow();
        m_window->resize(1280, 800);
        for (std::size_t i = 0; i < m_window->pages().size(); ++i)
            if (m_window->pages()[i].first == "compare") m_window->showPage(static_cast<int>(i));
        QItemSelectionModel& list = *m_window->runs().list().selectionModel();
        const auto index = [&](RunId run) { return m_window->runs().tree().indexOf(run); };
        ASSERT_TRUE(waitFor([&] { return index(m_elastic).isValid(); }));
        list.setCurrentIndex(index(m_elastic), QItemSelectionModel::ClearAndSelect);
        for (const RunId run : m_dedicated) list.select(index(run), QItemSelectionModel::Select);
        auto& modes = find<ModeSwitch>("compare.mode");
        QTest::mouseClick(modes.findChildren<QToolButton*>()[4], Qt::LeftButton);
        ASSERT_TRUE(waitFor([&] { return m_window->settled() && plot().series().size() == 3; }));
    }
    void writeRuns() {
        auto writer = RunWriter::open(m_file);
        ASSERT_TRUE(writer) << writer.error().message;
        RunSummary elastic;
        elastic.elastic.emplace();
        elastic.elastic->largest = 0.15;
        elastic.elastic->smallest = 0.65;
        elastic.elastic->selection = 0.35;
        for (const auto& [removed, ppl] : {std::pair{0.15, 45.0}, {0.35, 80.0}, {0.65, 180.0}}) {
            ElasticNode& node = elastic.elastic->nodes.emplace_back();
            node.removed = removed;
            node.postKdPpl = ppl;
            node.postKdStandardError = 0.01 * ppl;
        }
        m_elastic = writeRun(**writer, elasticSpec(), 100, elastic);
        RunSpec dedicated = elasticSpec();
        dedicated.elastic = {};
        for (const auto& [steps, ppl] : {std::pair{25, 160.0}, {100, 40.0}}) {
            RunSummary summary;
            summary.targetRemoved = 0.35;
            summary.postKdPpl = ppl;
            dedicated.name = "dedicated " + std::to_string(steps);
            m_dedicated.push_back(writeRun(**writer, dedicated, steps, summary));
        }
    }
    PlotView& plot() { return find<PlotView>("compare.front"); }

    RunId m_elastic;
    std::vector<RunId> m_dedicated;
};

TEST_F(CompareFrontTest, OneRunIsALineAndDedicatedRunsArePointsOnIt) {
    EXPECT_EQ(plot().series()[0].xs(), (std::vector<double>{0.15, 0.35, 0.65}));
    EXPECT_EQ(plot().series()[0].ys(), (std::vector<double>{45, 80, 180}));
    EXPECT_EQ(plot().series()[1].xs(), std::vector<double>{0.35});
    EXPECT_EQ(plot().annotations().markers.size(), 5u);
    // 160 at 25 steps and 40 at 100: 80 takes 50 of the elastic run's 100.
    EXPECT_EQ(find<QLabel>("compare.shares").text(), "φ " + formatPercent(0.35, 0) + ": 0.500");
}

TEST_F(CompareFrontTest, ASizeFillsInTheRunThatPolishesIt) {
    EXPECT_EQ(find<QPushButton>("compare.polish").text(), "Polish " + formatPercent(0.35, 0));
    plot().setFocus();
    QTest::keyClick(&plot(), Qt::Key_Right);
    EXPECT_NEAR(plot().handle().value_or(0), 0.36, 1e-9);
    QTest::mouseClick(&find<QPushButton>("compare.polish"), Qt::LeftButton);
    auto* page = qobject_cast<NewRunPage*>(m_window->currentPage());
    ASSERT_NE(page, nullptr);
    const Result<RunSpec> spec = page->draft().spec();
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->model.path, "run:" + std::to_string(m_elastic.value()) + "@36%");
    EXPECT_EQ(spec->prune.method, PruneMethod::None);
    EXPECT_FALSE(spec->elastic.isOn());
}

TEST_F(CompareFrontTest, ASizeFillsInAnElasticRunAroundIt) {
    QTest::mouseClick(&find<QPushButton>("compare.more"), Qt::LeftButton);
    auto* page = qobject_cast<NewRunPage*>(m_window->currentPage());
    ASSERT_NE(page, nullptr);
    const Result<RunSpec> spec = page->draft().spec();
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_TRUE(spec->elastic.isOn());
    EXPECT_EQ(spec->elastic.focus, ElasticFocus::Around);
    EXPECT_DOUBLE_EQ(spec->elastic.focusAt, 0.35);
    EXPECT_TRUE(continuesFactors(*spec)) << spec->model.path;
}

}  // namespace
}  // namespace skd::test
