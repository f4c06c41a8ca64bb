#include "report/study_arms.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/report/invented_study.h"
#include "report/comparison.h"
#include "report/report.h"
#include "report/row_figures.h"

namespace skd::test {
namespace {

/// The cell of a table in the row that begins with `row`, under `column`; "" without either.
std::string cellOf(const ReportTable& table, const std::string& row, const std::string& column) {
    const auto at = std::find(table.header.begin(), table.header.end(), column);
    for (const auto& cells : table.rows)
        if (cells.front() == row && at != table.header.end())
            return cells[static_cast<std::size_t>(at - table.header.begin())];
    return "";
}

InventedStudy twoDenseArms() {
    InventedStudy study({{"pruned", kNothing},
                         {"dense + CE", {{"control", "dense-ce"}}},
                         {"dense + KD", {{"control", "dense-kd"}}}});
    study.finish("pruned", {39.6, 39.6}, 50);
    study.finish("dense + CE", {33, 33}, 30);
    study.finish("dense + KD", {29, 29}, 31);
    return study;
}

TEST(StudyArms, TheTunedDenseModelIsChosenByTheLiveCurveNotByTheTest) {
    InventedStudy study = twoDenseArms();
    ReportTable table = mainTable(study.results);
    EXPECT_EQ(cellOf(table, "pruned", "vs dense"), "+10.00 %");
    EXPECT_EQ(cellOf(table, "pruned", "vs tuned dense"), "+20.0 %") << "39.6 / 33";
    EXPECT_EQ(cellOf(table, "dense + CE", "vs tuned dense"), "–") << "it is the one";
    EXPECT_TRUE(
        anyContains(table.notes, "Tuned dense: dense + CE, the best of 2 by its live curve"));
    for (const std::int64_t seed : {1, 2}) study.run("dense + KD", seed).live.values = {40, 29, 31};
    table = mainTable(study.results);
    EXPECT_EQ(cellOf(table, "pruned", "vs tuned dense"), "+36.6 %") << "39.6 / 29";
}

TEST(StudyArms, TheJsonFileHasTheSameAsNumbers) {
    InventedStudy study = twoDenseArms();
    const Json arms = toJson(makeReport(study.results), study.results)["arms"];
    ASSERT_EQ(arms.size(), 3u);
    EXPECT_EQ(arms[0]["arm"], "pruned-kd");
    EXPECT_EQ(arms[0]["budget"], 30720);
    EXPECT_EQ(arms[0]["vs_tuned_dense"]["variant"], "dense + CE");
    EXPECT_NEAR(arms[0]["vs_tuned_dense"]["change"].get<double>(), 0.2, 1e-12);
    EXPECT_NEAR(arms[0]["vs_dense"]["change"].get<double>(), 0.1, 1e-12);
    EXPECT_TRUE(arms[0]["vs_dense"]["low"].is_null()) << "two equal seeds say nothing";
    EXPECT_FALSE(arms[1].contains("vs_tuned_dense")) << "it is the one";
}

TEST(StudyArms, ArmsThatRemoveTheSameAreOnePointOfTheMonotoneCriterion) {
    InventedStudy study({{"a", kNothing}, {"b", {{"distill.alpha", 0}}}, {"c", kNothing}});
    study.finish("a", {44, 44});
    study.finish("b", {40, 40});
    study.finish("c", {42, 42});
    const auto monotone = [&] { return reproductionCriteria(study.results).back(); };
    EXPECT_EQ(monotone().verdict, Verdict::NotApplicable) << "one sparsity";
    for (const std::int64_t seed : {1, 2}) study.run("a", seed).summary.mlpRemoved = 0.15;
    EXPECT_EQ(monotone().verdict, Verdict::Fail);
    EXPECT_EQ(monotone().figures, "44.00 (15.0 %) → 40.00 (35.0 %)");
    study.finish("a", {38, 38});
    for (const std::int64_t seed : {1, 2}) study.run("a", seed).summary.mlpRemoved = 0.15;
    EXPECT_EQ(monotone().verdict, Verdict::Pass);
}

TEST(StudyArms, WhatWasTrainedOfABudgetIsSaid) {
    InventedStudy study = twoDenseArms();
    for (const char* name : {"pruned", "dense + CE"})
        for (const std::int64_t seed : {1, 2})
            study.run(name, seed).summary.kdSteps = *name == 'p' ? 12 : 30;
    EXPECT_TRUE(anyContains(mainTable(study.results).notes,
                            "Share of the budget that was used: pruned 40.0 %."));
    StudyRun run = study.run("pruned", 1);
    run.spec.schedule.rounds = {{0.2, 10}, {0.35, 20}};
    run.summary.rounds = {{.round = 1}, {.round = 2}};
    run.summary.rounds[1].firstStep = 10;
    run.summary.rounds[1].steps = 5;
    EXPECT_EQ(budgetUsed(run, 2), 0.5) << "15 of 30 steps";
    EXPECT_FALSE(budgetUsed(run, 3));
}

TEST(StudyArms, ADenseArmThatWasPrunedIsNoReference) {
    InventedStudy study = twoDenseArms();
    study.run("dense + CE", 2).summary.mlpRemoved = 0.3;
    EXPECT_EQ(cellOf(mainTable(study.results), "pruned", "vs tuned dense"), "+36.6 %");
}

TEST(StudyArms, WithoutATunedDenseModelTheReportSaysSo) {
    InventedStudy study({{"pruned", kNothing}, {"KL", {{"control", "dense-kl"}}}});
    study.finish("pruned", {40, 40});
    study.finish("KL", {36, 36});
    const ReportTable table = mainTable(study.results);
    EXPECT_EQ(std::count(table.header.begin(), table.header.end(), "vs tuned dense"), 0);
    EXPECT_TRUE(anyContains(table.notes, "No tuned dense model in this study"));
    EXPECT_EQ(std::count(table.header.begin(), table.header.end(), "paper"), 0)
        << "a study of one's own has no figures of the paper";
}

TEST(StudyArms, ArmsAreComparedAtEqualBudgetsOrTheReportNamesBoth) {
    InventedStudy study({{"pruned", kNothing},
                         {"long", {{"control", "dense-ce"}, {"distill.steps", 300}}},
                         {"short", {{"control", "dense-ce"}}}});
    study.finish("pruned", {40, 40}, 50);
    study.finish("long", {20, 20}, 20);
    study.finish("short", {32, 32}, 30);
    ReportTable table = mainTable(study.results);
    EXPECT_EQ(cellOf(table, "pruned", "vs tuned dense"), "+25.0 %") << "the better one had more";
    EXPECT_FALSE(anyContains(table.notes, "Budgets differ: pruned"));
    for (const std::int64_t seed : {1, 2}) study.run("short", seed).status = RunStatus::Failed;
    table = mainTable(study.results);
    EXPECT_EQ(cellOf(table, "pruned", "vs tuned dense"), "+100 %");
    EXPECT_TRUE(anyContains(table.notes,
                            "Budgets differ: pruned 30,720 tokens, tuned dense 307,200 tokens"));
}

TEST(StudyArms, ARoundsBudgetIsWhatWasTrainedThroughIt) {
    RunSpec spec;
    spec.distill.steps = 10;
    spec.distill.batch = 2;
    spec.corpus.sequenceLength = 100;
    spec.schedule.rounds = {{0.1, 0}, {0.2, 30}};
    EXPECT_EQ(budgetOf(spec, 1).tokens, 2000);
    EXPECT_EQ(budgetOf(spec, 2).tokens, 8000);
    EXPECT_EQ(budgetOf(spec).tokens, 8000);
    EXPECT_TRUE(budgetOf(spec).equals({8300, false})) << "within 5 %";
    EXPECT_FALSE(budgetOf(spec).equals({8500, false}));
    EXPECT_FALSE(budgetOf(spec).equals({8000, true})) << "token-equivalents are another measure";
}

TEST(StudyArms, ARowOfAGridShowsItsBestPointByTheLiveCurve) {
    InventedStudy study({{"pruned", kNothing}},
                        {{"grid", {{"distill.learning_rate", {0.001, 0.002}}}},
                         {"table", {{"rows", {{{"label", "recovered"}, {"variant", "pruned"}}}}}}});
    std::vector<std::string> points;
    for (const StudyRun* run : study.results.firstRuns()) points.push_back(run->variant);
    ASSERT_EQ(points.size(), 2u);
    study.finish(points[0], {40, 40}, 39);
    study.finish(points[1], {44, 44}, 38);
    const ReportTable table = mainTable(study.results);
    EXPECT_TRUE(cellOf(table, "recovered", "post-KD PPL").starts_with("44.00"))
        << cellOf(table, "recovered", "post-KD PPL");
    EXPECT_TRUE(anyContains(table.notes, "recovered: " + points[1] + ", the best point"));
}

TEST(StudyArms, PointsThatCutOtherwiseAreNotChosenFrom) {
    InventedStudy study({{"pruned", kNothing}},
                        {{"grid", {{"prune.target", {0.15, 0.35}}}},
                         {"table", {{"rows", {{{"label", "all"}, {"variant", "pruned"}}}}}}});
    for (const StudyRun* run : study.results.firstRuns()) study.finish(run->variant, {40, 44}, 39);
    EXPECT_EQ(rowFigures(study.results).at(0).final.count, 4);
}

TEST(StudyArms, ComparedRunsStandBesideDenseAndTunedDense) {
    InventedStudy study = twoDenseArms();
    std::vector<RunDetails> runs;
    for (const char* name : {"pruned", "dense + CE"}) {
        StudyRun& run = study.run(name, 1);
        const double loss = std::log(*run.summary.postKdPpl);
        run.summary.rounds[0].postKdBlocks =
            fourBlocks(loss, *name == 'p' ? std::array{0.3, -0.1, 0.1, -0.3}
                                          : std::array{0.2, 0.0, 0.0, -0.2});
        runs.push_back({{}, toJson(run.spec), Json::object(), run.summary, ""});
    }
    const Comparison both = compareDetails({"4", "7"}, runs);
    const auto& rows = both.figures.rows;
    EXPECT_EQ(cellOf({"", {"", "4", "7"}, rows, {}}, "vs dense", "4"), "+10.00 %");
    // log(1.2) ± 3.182 standard errors; differences of 0.1, -0.1, 0.1, -0.1: 0.11547 / 2.
    EXPECT_EQ(cellOf({"", {"", "4", "7"}, rows, {}}, "vs tuned dense (7)", "4"),
              "+20.0 % (−0.14 to +44.2 %)");
    EXPECT_NEAR(both.json["runs"][0]["vs_run_7"]["change"].get<double>(), 0.2, 1e-12);
    EXPECT_FALSE(both.json["runs"][1].contains("vs_run_7"));
    runs[1].summary.protocol = "another";
    EXPECT_EQ(compareDetails({"4", "7"}, runs).figures.rows.back()[0], "vs dense")
        << "perplexities of two protocols are never compared";
}

}  // namespace
}  // namespace skd::test
