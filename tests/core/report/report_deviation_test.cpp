#include <gtest/gtest.h>

#include <cmath>

#include "core/report/invented_study.h"
#include "report/report.h"
#include "support/xml_checker.h"

namespace skd::test {
namespace {

/// Two seeds, two rounds each; the second seed's second round was rolled back.
InventedStudy deviatingStudy() {
    InventedStudy study({{"rounds", kNothing}});
    study.finish("rounds", {40, 42});
    for (const std::int64_t seed : {1, 2}) {
        auto& rounds = study.run("rounds", seed).summary.rounds;
        rounds.assign(2, RoundSummary{});
        for (std::int64_t i = 0; i < 2; ++i) {
            RoundSummary& round = rounds[static_cast<std::size_t>(i)];
            round.round = i + 1;
            round.mlpRemoved = 0.2 * static_cast<double>(i + 1);
            round.gateOriginalKl = i == 0 ? (seed == 1 ? 0.4 : 0.6) : 0.9;
            round.gateOriginalHalfWidth = 0.1;
        }
        rounds[0].recoveredKl = 0.25;
        rounds[0].recoveredHalfWidth = 0.05;
    }
    study.run("rounds", 2).summary.rounds[1].rolledBack = true;
    return study;
}

TEST(DeviationTable, HasEveryRoundWithItsInterval) {
    const ReportTable table = deviationTable(deviatingStudy().results);
    ASSERT_EQ(table.rows.size(), 2u);
    // 0.4 and 0.6: s = 0.14142, s / sqrt 2 = 0.1; Student's t of one degree of freedom is 12.706;
    // the root of 1.2706 squared and 0.1 squared is 1.2745.
    EXPECT_EQ(table.rows[0], (std::vector<std::string>{"rounds", "1", "20.0 %", "0.5000 ± 1.275",
                                                       "0.2500 ± 0.05000"}))
        << "equal seeds leave the text's half width alone";
    EXPECT_EQ(table.rows[1],
              (std::vector<std::string>{"rounds", "2", "40.0 %", "0.9000 ± 0.1000", "–"}))
        << "the refused cut is left out; nothing was distilled after it";
}

TEST(DeviationTable, IsEmptyWithoutAGate) {
    InventedStudy study({{"rounds", kNothing}});
    study.finish("rounds", {40, 42});
    EXPECT_TRUE(deviationTable(study.results).rows.empty());
    EXPECT_FALSE(deviationFigure(study.results));
    for (const ReportTable& table : makeReport(study.results).tables)
        EXPECT_EQ(table.title.find("Distance to the dense"), std::string::npos);
}

TEST(DeviationFigure, IsWellFormedAndInTheReport) {
    const Report report = makeReport(deviatingStudy().results);
    bool found = false;
    for (const ReportFigure& figure : report.figures) {
        if (figure.id != "deviation") continue;
        found = true;
        EXPECT_EQ(xmlProblem(figure.svg), "");
        EXPECT_NE(figure.svg.find("rounds, after the cut"), std::string::npos);
        EXPECT_EQ(figure.svg.find("nan"), std::string::npos);
        EXPECT_EQ(figure.twin.rows.size(), 2u);
    }
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace skd::test
