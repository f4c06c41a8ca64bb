#include <gtest/gtest.h>

#include "core/report/invented_study.h"
#include "report/report.h"

namespace skd::test {
namespace {

/// What trains the cut model again: both terms, cross-entropy alone, KL alone.
InventedStudy threeArms() {
    InventedStudy study(
        {{"both", kNothing}, {"CE", {{"distill.alpha", 0}}}, {"KD", {{"distill.alpha", 1}}}});
    study.finish("both", {40, 42}, 41);
    study.finish("CE", {44, 47}, 45);
    study.finish("KD", {50, 50}, 50);
    study.qualify("both", {0.30, 0.32}, {0.80, 0.81});
    study.qualify("CE", {0.35, 0.36}, {0.78, 0.795});
    return study;
}

std::string headlineOf(const InventedStudy& study) {
    const std::vector<std::string> findings = teacherFindings(study.results);
    return findings.empty() ? "" : findings.front();
}

TEST(TeacherEffect, SaysWithItsIntervalsWhatTheTeacherAdds) {
    // log(40/44) and log(42/47): mean −0.10390, half their distance 0.00858; times 12.706.
    EXPECT_EQ(headlineOf(threeArms()),
              "The teacher adds something to the cut model (35.0 % removed, 30,720 tokens): "
              "perplexity 40.99 against 45.48, −9.87 % (−19.2 to +0.52 %), better by more than "
              "two standard errors; KL to dense 0.3100 against 0.3550, −0.04500 (−0.1085 to "
              "+0.01853), better by more than two standard errors; top-1 agreement 80.5 % against "
              "78.8 %, +1.75 points (−1.43 to +4.93 points), better by more than two standard "
              "errors (both against CE, 2 seeds).");
}

TEST(TeacherEffect, TheVerdictFollowsTheFigures) {
    InventedStudy study = threeArms();
    study.finish("CE", {41, 41}, 45);
    study.qualify("CE", {0.35, 0.36}, {0.78, 0.795});
    EXPECT_TRUE(headlineOf(study).starts_with(
        "The teacher adds nothing to the cut model's perplexity beyond two standard errors, but "
        "brings it closer to the dense model"))
        << headlineOf(study);
    study.qualify("CE", {0.29, 0.33}, {0.79, 0.82});
    EXPECT_TRUE(headlineOf(study).starts_with(
        "The teacher adds nothing to the cut model beyond two standard errors ("))
        << headlineOf(study);
    study.finish("CE", {30, 31.6}, 45);
    EXPECT_TRUE(headlineOf(study).starts_with("The teacher costs the cut model perplexity ("))
        << headlineOf(study);
}

TEST(TeacherEffect, OneSeedIsJudgedByBlocksOfTextOrNotAtAll) {
    InventedStudy study = threeArms();
    for (const char* name : {"both", "CE", "KD"}) study.run(name, 2).status = RunStatus::Failed;
    EXPECT_TRUE(
        headlineOf(study).starts_with("What the teacher adds to the cut model cannot be "
                                      "told yet"))
        << headlineOf(study);
    const auto keep = [&](const char* name, const std::array<double, 4>& offsets) {
        RunSummary& summary = study.run(name, 1).summary;
        summary.rounds[0].postKdBlocks = fourBlocks(std::log(*summary.postKdPpl), offsets);
    };
    // Differences of ±0.01 around log(40/44): 0.011547 / 2 is a sixteenth of it.
    keep("both", {1.01, -0.51, -0.49, -0.01});
    keep("CE", {1.00, -0.50, -0.50, 0.00});
    EXPECT_TRUE(headlineOf(study).starts_with("The teacher adds something")) << headlineOf(study);
    EXPECT_NE(headlineOf(study).find("1 seed)"), std::string::npos);
}

TEST(TeacherEffect, TheTableHasAllArmsOfACut) {
    const ReportTable table = teacherTable(threeArms().results);
    ASSERT_EQ(table.rows.size(), 3u);
    EXPECT_EQ(table.rows[0][2], "KD + CE");
    EXPECT_EQ(table.rows[1][2], "CE only");
    EXPECT_EQ(table.rows[1][7], "–") << "nothing to hold it against";
    EXPECT_EQ(table.rows[2][2], "KD only");
    EXPECT_EQ(table.rows[2][5], "–") << "no KL was measured";
    // sqrt(50 * 50 / (44 * 47)) - 1
    EXPECT_TRUE(table.rows[2][7].starts_with("+9.95 % (")) << table.rows[2][7];
}

TEST(TeacherEffect, ArmsOfOtherCutsAreNoReference) {
    InventedStudy study(
        {{"both", kNothing}, {"CE of another cut", {{"distill.alpha", 0}, {"prune.target", 0.5}}}});
    study.finish("both", {40, 42});
    study.finish("CE of another cut", {44, 47});
    EXPECT_TRUE(teacherTable(study.results).rows.empty());
    EXPECT_TRUE(
        headlineOf(study).starts_with("What the teacher adds to the cut model is not "
                                      "known: no arm trains"));
}

TEST(TeacherEffect, OfSeveralRatesTheBestByItsLiveCurveIsCompared) {
    InventedStudy study({{"both", kNothing},
                         {"CE slow", {{"distill.alpha", 0}, {"distill.learning_rate", 1e-5}}},
                         {"CE", {{"distill.alpha", 0}, {"distill.learning_rate", 1e-3}}}});
    study.finish("both", {40, 42}, 41);
    study.finish("CE slow", {41, 41}, 60);
    study.finish("CE", {44, 47}, 45);
    EXPECT_NE(headlineOf(study).find("both against CE, 2 seeds"), std::string::npos);
    study.run("CE slow", 1).live.values = study.run("CE slow", 2).live.values = {50, 40, 45};
    EXPECT_NE(headlineOf(study).find("both against CE slow, 2 seeds"), std::string::npos);
}

TEST(TeacherEffect, BudgetsThatDifferAreNamed) {
    InventedStudy study(
        {{"both", kNothing}, {"CE", {{"distill.alpha", 0}, {"distill.steps", 60}}}});
    study.finish("both", {40, 42});
    study.finish("CE", {44, 47});
    EXPECT_NE(headlineOf(study).find("budgets differ: 61,440 tokens)"), std::string::npos)
        << headlineOf(study);
}

}  // namespace
}  // namespace skd::test
