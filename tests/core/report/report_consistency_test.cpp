#include <gtest/gtest.h>

#include "core/report/invented_study.h"
#include "report/report.h"

namespace skd::test {
namespace {

ConsistencySummary asked(double similarity, double gain) {
    ConsistencySummary summary{100, 48, 0.8, true, {}, {}};
    for (const double apart : {-0.1, 0.1}) {
        summary.dense.distinct.push_back(0.5);
        summary.dense.similarity.push_back(similarity + apart);
        summary.dense.common.push_back(0.2);
        summary.final.distinct.push_back(0.25);
        summary.final.similarity.push_back(similarity + apart + gain);
        summary.final.common.push_back(0.2);
    }
    return summary;
}

TEST(ConsistencyTable, IsPairedByPromptAndAddsTheScatterOfSeeds) {
    InventedStudy study({{"one seed", kNothing}, {"two seeds", kNothing}, {"none", kNothing}});
    for (const char* variant : {"one seed", "two seeds", "none"}) study.finish(variant, {40, 40});
    study.run("one seed", 1).summary.consistency = asked(0.4, 0.2);
    study.run("two seeds", 1).summary.consistency = asked(0.4, 0.1);
    study.run("two seeds", 2).summary.consistency = asked(0.4, 0.3);
    const ReportTable table = consistencyTable(study.results);
    ASSERT_EQ(table.rows.size(), 2u) << "what asked nothing has no row";
    EXPECT_EQ(table.rows[0][1], "0.500 ± 0.000");
    EXPECT_EQ(table.rows[0][2], "0.250 ± 0.000");
    EXPECT_EQ(table.rows[0][3], "-0.250 ± 0.000");
    // 0.3 and 0.5: s = 0.14142, t of one degree of freedom 12.706, s / sqrt 2 = 0.1.
    EXPECT_EQ(table.rows[0][4], "0.400 ± 1.271");
    EXPECT_EQ(table.rows[0][6], "+0.200 ± 0.000") << "both prompts gain the same";
    EXPECT_EQ(table.rows[1][6], "+0.200 ± 1.271") << "seeds gain 0.1 and 0.3";
    EXPECT_TRUE(anyContains(table.notes, "2 prompts, 100 answers each"));
    EXPECT_TRUE(anyContains(table.notes, "by the chat template"));
}

TEST(ConsistencyTable, IsTheMainTableOfItsLayoutAlone) {
    const Json layout{{"table", {{"layout", "consistency"}, {"caption", "Repeated answers"}}}};
    InventedStudy study({{"a", kNothing}}, layout);
    study.finish("a", {40, 40});
    study.run("a", 1).summary.consistency = asked(0.4, 0.2);
    const Report report = makeReport(study.results);
    EXPECT_EQ(report.main.title, "Repeated answers");
    EXPECT_EQ(report.main.rows.size(), 1u);
    for (const ReportTable& table : report.tables) EXPECT_NE(table.title, "Repeated answers");
    study.results.study.table.layout = TableLayout::Recovery;
    bool found = false;
    for (const ReportTable& table : makeReport(study.results).tables)
        found = found || table.title == "Consistency of repeated answers";
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace skd::test
