#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <cmath>

#include "base/random.h"
#include "charts/view_table.h"
#include "charts/views/scatter_plot.h"
#include "compare/compare_data.h"
#include "controls/grid_model.h"

namespace skd {
namespace {

/// The definition, word by word.
bool beaten(const std::vector<QPointF>& points, std::size_t one, bool lowX) {
    const auto x = [&](std::size_t i) { return lowX ? points[i].x() : -points[i].x(); };
    for (std::size_t other = 0; other < points.size(); ++other) {
        const bool asGood = x(other) <= x(one) && points[other].y() <= points[one].y();
        const bool better = x(other) < x(one) || points[other].y() < points[one].y();
        if (asGood && (better || other < one)) return true;
    }
    return false;
}

TEST(Pareto, IsWhatNoOtherPointBeats) {
    for (std::uint64_t trial = 0; trial < 60; ++trial) {
        const CounterRandom random(trial, 5);
        std::vector<QPointF> points;
        for (std::uint64_t i = 0; i < 40; ++i)  // a coarse grid, so that points coincide
            points.emplace_back(std::floor(random.uniform(2 * i) * 8),
                                std::floor(random.uniform(2 * i + 1) * 8));
        const bool lowX = trial % 2 == 0;
        std::vector<std::size_t> wanted;
        for (std::size_t i = 0; i < points.size(); ++i)
            if (!beaten(points, i, lowX)) wanted.push_back(i);
        std::vector<std::size_t> front = paretoFront(points, lowX);
        for (std::size_t i = 1; i < front.size(); ++i)
            EXPECT_LT(points[front[i - 1]].y(), points[front[i]].y());
        std::sort(front.begin(), front.end());
        EXPECT_EQ(front, wanted) << trial;
    }
}

TEST(Pareto, LeavesOutWhatIsNoNumber) {
    EXPECT_EQ(paretoFront({{0.1, NAN}, {INFINITY, 3}, {0.2, 40}}, false),
              std::vector<std::size_t>{2});
    EXPECT_TRUE(paretoFront({}, true).empty());
}

ViewTable sample() {
    ViewTable table;
    table.header << "run"
                 << "PPL, \"after\"";
    table.rows = 3;
    table.cell = [](int row, int column) -> ViewCell {
        if (column == 0) return QStringList{"a|b", "=1+1", "two\nlines"}[row];
        return {"40.1", 40.123456789012345};
    };
    return table;
}

TEST(ViewTable, CsvQuotesAndKeepsEveryDigit) {
    EXPECT_EQ(toCsv(sample()),
              "run,\"PPL, "
              "\"\"after\"\"\"\r\na|b,40.123456789012344\r\n'=1+1,40."
              "123456789012344\r\n\"two\nlines\",40.123456789012344\r\n");
}

TEST(ViewTable, MarkdownShowsWhatPeopleReadAndSaysWhatIsLeftOut) {
    EXPECT_EQ(toMarkdown(sample(), 1),
              "| run | PPL, \"after\" |\n|---|---:|\n| a\\|b | 40.1 |\n\n2 more rows are in the "
              "CSV file.\n");
}

TEST(ViewTable, NumbersThatAreNone) {
    EXPECT_EQ(ViewCell::number(NAN).exact, "");
    EXPECT_EQ(ViewCell::number(-INFINITY).exact, "-inf");
    EXPECT_EQ(ViewCell::number(0.1).exact, "0.1");
}

TEST(GridModel, PassesTheModelTesterAndGivesExactFigures) {
    GridModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setGrid({"run", "PPL"}, {{{"a"}, {"40.1", 40.12, true}}, {{"b"}}});
    model.setStrongColor(Qt::red);
    EXPECT_EQ(model.textAt("a", "PPL"), "40.1");
    EXPECT_TRUE(model.textAt("c", "PPL").isNull());
    EXPECT_EQ(tableOf(model).cell(0, 1).exact, "40.12");
    EXPECT_EQ(tableOf(model).cell(1, 1).exact, "");
    EXPECT_EQ(model.index(0, 1).data(Qt::ForegroundRole).value<QColor>(), QColor(Qt::red));
    model.setGrid({}, {});
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(RunFigures, TimeToFirstTokenComesFromTheNewestBenchmarkAtTheSmallestBatch) {
    const auto benchmark = [](const char* model, double first, double second) {
        MeasurementRow row;
        row.document = {{"models",
                         {{{"name", model},
                           {"batches",
                            {{{"batch", 16}, {"ttft_ms", {{"median", second}}}},
                             {{"batch", 1}, {"ttft_ms", {{"median", first}}}}}}}}}};
        return row;
    };
    const std::vector<MeasurementRow> kept{benchmark("run:12", 9, 90), benchmark("run:1@40", 7, 70),
                                           benchmark("run:1", 8, 80)};
    EXPECT_EQ(measuredTtft(kept, RunId(1)), 7);
    EXPECT_EQ(measuredTtft(kept, RunId(12)), 9);
    EXPECT_TRUE(std::isnan(measuredTtft(kept, RunId(2))));
}

TEST(RunFigures, RecoveryIsTheShareOfTheCollapseThatWasTakenBack) {
    ComparedRun run;
    run.row.densePpl = 36;
    run.row.postPrunePpl = 136;
    run.row.postKdPpl = 46;
    EXPECT_DOUBLE_EQ(figureOf(run, RunFigure::Recovery), 0.9);
    run.row.postPrunePpl = 30;
    EXPECT_TRUE(std::isnan(figureOf(run, RunFigure::Recovery)));
}

}  // namespace
}  // namespace skd
