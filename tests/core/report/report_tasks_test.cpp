#include <gtest/gtest.h>

#include "core/report/invented_study.h"
#include "report/report.h"

namespace skd::test {
namespace {

std::vector<TaskScores> scored() {
    TaskScores task{.task = "piqa", .file = "a", .sha256 = "0", .documents = 5};
    task.models = {{kDenseAnswers, {{{kAccuracy, {1, 1, 0, 0, 1}}}, {}}},
                   {kCutAnswers, {{{kAccuracy, {0, 0, 0, 0, 0}}}, {}}},
                   {kRecoveredAnswers, {{{kAccuracy, {0, 1, 1, 0, 0}}}, {}}}};
    return {task};
}

TEST(TasksTable, HasARowPerRunTaskAndMeasure) {
    InventedStudy study({{"asked", kNothing}, {"not", kNothing}});
    for (const char* variant : {"asked", "not"}) study.finish(variant, {40, 40});
    study.run("asked", 1).summary.tasks = scored();
    const ReportTable table = tasksTable(study.results);
    ASSERT_EQ(table.rows.size(), 1u) << "what asked nothing has no row";
    const std::vector<std::string>& row = table.rows[0];
    EXPECT_EQ(row[0], "asked");
    EXPECT_EQ(row[2], "piqa");
    EXPECT_EQ(row[3], "acc");
    // sqrt(5 * 0.24 / 4 / 5) = 0.2449
    EXPECT_EQ(row[4], "0.600 ± 0.245");
    EXPECT_EQ(row[5], "0.000 ± 0.000");
    EXPECT_EQ(row[6], "0.400 ± 0.245");
    // Two documents lost and one won; t of four degrees 2.776 times sqrt(2.8 / 4 / 5).
    EXPECT_EQ(row[7], "-0.200 ± 1.039, p = 1.000");
    EXPECT_TRUE(anyContains(table.notes, "McNemar"));
    bool found = false;
    for (const ReportTable& one : makeReport(study.results).tables)
        found = found || one.title == "Published tasks";
    EXPECT_TRUE(found);
}

TEST(TasksTable, AComparisonShowsTheLastModelBesideTheFirst) {
    RunSummary summary;
    summary.tasks = scored();
    const auto figures = taskFigures(summary);
    ASSERT_EQ(figures.size(), 1u);
    EXPECT_EQ(figures[0].first, "piqa acc");
    EXPECT_EQ(figures[0].second, "0.400 ± 0.245 (from 0.600 ± 0.245)");
    EXPECT_TRUE(taskFigures(RunSummary()).empty());
}

}  // namespace
}  // namespace skd::test
