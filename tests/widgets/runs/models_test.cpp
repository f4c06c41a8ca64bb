#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "charts/plot/plot_content.h"
#include "charts/view_table.h"
#include "runs/run_tree.h"
#include "runs/runs_model.h"
#include "window/log_model.h"

namespace skd {
namespace {

RunRow row(std::int64_t id, const char* name, RunStatus status = RunStatus::Completed,
           double ppl = 40) {
    RunRow run;
    run.id = RunId(id);
    run.name = name;
    run.model = "SmolLM2-135M";
    run.method = "svd-whitened";
    run.status = status;
    run.seed = id;
    run.postKdPpl = ppl;
    return run;
}

QStringList names(const QAbstractItemModel& model) {
    QStringList list;
    for (int i = 0; i < model.rowCount(); ++i) list << model.index(i, 0).data().toString();
    return list;
}

class RunsModelTest : public testing::Test {
protected:
    QTemporaryDir m_folder;
    Workspace m_workspace{m_folder.filePath("none.sqlite").toStdString(), nullptr};
    RunsModel m_model{m_workspace};
    QAbstractItemModelTester m_tester{&m_model,
                                      QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(RunsModelTest, FollowsInsertionsRemovalsAndNewOrder) {
    m_model.setRows({row(3, "c"), row(2, "b"), row(1, "a")});
    EXPECT_EQ(names(m_model), (QStringList{"c", "b", "a"}));
    const QPersistentModelIndex b = m_model.index(1);
    m_model.setRows({row(5, "e"), row(4, "d"), row(3, "c"), row(2, "b2"), row(1, "a")});
    EXPECT_EQ(names(m_model), (QStringList{"e", "d", "c", "b2", "a"}));
    EXPECT_EQ(b.row(), 3);  // a selection stays on its run
    m_model.setRows({row(4, "d"), row(2, "b2")});
    EXPECT_EQ(names(m_model), (QStringList{"d", "b2"}));
    m_model.setRows({row(2, "b2"), row(4, "d")});
    EXPECT_EQ(names(m_model), (QStringList{"b2", "d"}));
    m_model.setRows({});
    EXPECT_EQ(m_model.rowCount(), 0);
}

TEST_F(RunsModelTest, TenThousandRunsAreListedAtOnce) {
    std::vector<RunRow> rows;
    for (int i = 10'000; i > 0; --i) rows.push_back(row(i, "run"));
    QElapsedTimer clock;
    clock.start();
    RunsModel model(m_workspace);
    model.setRows(rows);
    RunTree tree(model);
    tree.setFilter(RunFilter("seed < 100"));
    EXPECT_EQ(tree.runCount(), 99);
    tree.setGrouping(RunGrouping::State);
    EXPECT_EQ(tree.rowCount(), 1);
    EXPECT_LT(clock.elapsed(), 500);
}

TEST(RunFilter, WordsAndComparisons) {
    const RunRow run = row(7, "svd-15 · seed 42", RunStatus::Completed, 40.1);
    for (const char* line :
         {"", "svd", "SVD seed", "status = completed", "ppl < 50", "ppl<=40.1 svd", "smol ppl > 40",
          "status != failed", "seed = 7", "svd status = completed ppl < 50"})
        EXPECT_TRUE(RunFilter(line).matches(run)) << line;
    for (const char* line : {"wanda", "status = failed", "ppl < 40", "svd ppl > 50", "seed != 7"})
        EXPECT_FALSE(RunFilter(line).matches(run)) << line;
}

TEST(RunFilter, UnknownFiguresNeverMatchAComparison) {
    const RunRow run = row(1, "x", RunStatus::Running, std::nan(""));
    EXPECT_FALSE(RunFilter("ppl < 50").matches(run));
    EXPECT_FALSE(RunFilter("ppl > 50").matches(run));
}

TEST(RunFilter, SaysWhatItDoesNotUnderstand) {
    EXPECT_EQ(RunFilter("pll < 50").problem(), "there is no field pll");
    EXPECT_EQ(RunFilter("ppl < many").problem(), "ppl is compared with a number");
    EXPECT_TRUE(RunFilter("ppl < 50").problem().isEmpty());
}

TEST(LogModel, KeepsTheNewestAndCountsWarnings) {
    LogModel model;
    const auto append = [&](int i) {
        model.append(i % 1000 == 0 ? log::Level::Warning : log::Level::Info, QString::number(i));
    };
    for (int i = 0; i < LogModel::kLimit - 1; ++i) append(i);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    for (int i = LogModel::kLimit - 1; i < LogModel::kLimit + 10; ++i)
        append(i);  // across the limit, where lines go away
    EXPECT_LE(model.rowCount(), LogModel::kLimit);
    EXPECT_EQ(model.index(model.rowCount() - 1).data().toString(),
              QString::number(LogModel::kLimit + 9));
    EXPECT_EQ(model.warnings(), 6);
    LogProxy proxy;
    proxy.setSourceModel(&model);
    proxy.setMinimumLevel(log::Level::Warning);
    proxy.setFilterFixedString("3000");
    EXPECT_EQ(names(proxy), QStringList{"3000"});
    model.clear();
    EXPECT_EQ(model.warnings(), 0);
}

TEST(LogModel, ALineHeardTwiceIsShownOnce) {
    LogModel model;
    model.append(log::Level::Info, "pruned");
    model.append(log::Level::Info, "pruned");
    model.append(log::Level::Warning, "pruned");
    EXPECT_EQ(model.rowCount(), 2);
}

TEST(PlotTable, SharedAndOwnXColumns) {
    PlotContent content;
    std::vector<PlotSeries>& series = content.series;
    series.resize(2);
    series[0].style.name = "a";
    series[0].setData({1, 2}, {3, 4});
    series[1].style.name = "b";
    series[1].setData({1, 2}, {5, 6});
    EXPECT_EQ(tabSeparated(content.table("x", {})), "x\ta\tb\n1\t3\t5\n2\t4\t6");
    series[1].setData({7}, {8});
    EXPECT_EQ(tabSeparated(content.table("x", {})), "x\ta\tx\tb\n1\t3\t7\t8\n2\t4\t\t");
}

}  // namespace
}  // namespace skd
