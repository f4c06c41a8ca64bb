// Published tasks as columns of the Compare page's figures.
#include <QTreeView>

#include "base/hash.h"
#include "compare/compare_page.h"
#include "controls/data_table.h"
#include "controls/grid_model.h"
#include "runs/runs_dock.h"
#include "store/run_writer.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

/// A run whose dense model answers all of 12 documents and whose last one loses the first `lost`.
RunId writeAskedRun(RunWriter& writer, const std::string& name, int lost) {
    RunSpec spec;
    spec.name = name;
    const Json json = toJson(spec);
    const auto run = writer.createRun(spec.name, json, sha256Hex(dumpJson(json)));
    EXPECT_TRUE(run) << run.error().message;
    TaskScores task{.task = "piqa", .documents = 12};
    std::vector<double> all(12, 1), last = all;
    std::fill_n(last.begin(), lost, 0.0);
    task.models = {{kDenseAnswers, {{{kAccuracy, all}, {kAccuracyByCharacters, all}}}},
                   {kRecoveredAnswers, {{{kAccuracy, all}, {kAccuracyByCharacters, last}}}}};
    RunSummary summary;
    summary.postKdPpl = 40;
    summary.tasks = {task};
    EXPECT_TRUE(writer.markStatus(*run, RunStatus::Completed, "done", summary));
    return *run;
}

class CompareTasksTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window.reset();
        {
            auto writer = RunWriter::open(m_file);
            ASSERT_TRUE(writer) << writer.error().message;
            m_first = writeAskedRun(**writer, "loses six", 6);
            m_second = writeAskedRun(**writer, "loses none", 0);
        }
        openWindow();
        for (std::size_t i = 0; i < m_window->pages().size(); ++i)
            if (m_window->pages()[i].first == "compare") m_window->showPage(static_cast<int>(i));
        QItemSelectionModel& list = *m_window->runs().list().selectionModel();
        const auto index = [&](RunId run) { return m_window->runs().tree().indexOf(run); };
        ASSERT_TRUE(waitFor([&] { return index(m_second).isValid(); }));
        list.setCurrentIndex(index(m_first), QItemSelectionModel::ClearAndSelect);
        list.select(index(m_second), QItemSelectionModel::Select);
        ASSERT_TRUE(waitFor([&] { return m_window->settled() && figures().rowCount() == 2; }));
    }
    GridModel& figures() {
        return *qobject_cast<GridModel*>(find<DataTable>("compare.figures").model());
    }
    RunId m_first, m_second;
};

/// Six fair coins all fall to one side with probability 2 / 2^6.
TEST_F(CompareTasksTest, ScoresArePairedWithTheDenseModel) {
    GridModel& grid = figures();
    EXPECT_EQ(grid.textAt("loses six", "piqa acc_norm"), "0.500 ± 0.151");
    EXPECT_TRUE(grid.textAt("loses six", "piqa, change").endsWith("p = 0.031"))
        << grid.textAt("loses six", "piqa, change").toStdString();
    EXPECT_TRUE(grid.textAt("loses none", "piqa, change").endsWith("p = 1.000"))
        << grid.textAt("loses none", "piqa, change").toStdString();
    EXPECT_TRUE(grid.textAt("loses none", "ECE").isNull());
}

}  // namespace
}  // namespace skd::test
