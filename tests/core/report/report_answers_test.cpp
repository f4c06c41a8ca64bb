#include <gtest/gtest.h>

#include "report/report.h"

namespace skd::test {
namespace {

AnswerSet saidBy(const char* stage, std::int64_t round, const char* text, const char* ended) {
    return {stage, round, 0, 7, {{"Why?", text, 2, ended}}};
}

StudyResults resultsWith(std::vector<AnswerSet> answers) {
    StudyResults results;
    results.study.variants = {{.name = "svd"}, {.name = "never run"}};
    StudyRun run;
    run.id = RunId(1);
    run.variant = "svd";
    run.seed = 7;
    run.status = RunStatus::Completed;
    run.summary.answers = std::move(answers);
    StudyRun missing;
    missing.variant = "never run";
    missing.variantIndex = 1;
    results.runs = {run, missing};
    return results;
}

TEST(ReportAnswers, StandSideBySideInOneLineEach) {
    const auto table = answersTable(
        resultsWith({saidBy("dense", 0, " It is\nso. ", "stop"), saidBy("cut", 1, "", "not finite"),
                     saidBy("recovered", 1, "old", "stop"), saidBy("cut", 2, "so so", "length"),
                     saidBy("recovered", 2, "It is so.", "stop")}));
    ASSERT_EQ(table.rows.size(), 1u);
    EXPECT_EQ(table.rows[0],
              (std::vector<std::string>{"svd", "7", "Why?", "It is so.", "so so …", "It is so."}));
}

TEST(ReportAnswers, SayWhatIsMissing) {
    const auto table = answersTable(
        resultsWith({saidBy("start", 0, "yes", "stop"), saidBy("cut", 1, "", "not finite")}));
    ASSERT_EQ(table.rows.size(), 1u);
    EXPECT_EQ(table.rows[0],
              (std::vector<std::string>{"svd", "7", "Why?", "yes", "(not finite)", "–"}));
    EXPECT_TRUE(answersTable(resultsWith({})).rows.empty());
}

}  // namespace
}  // namespace skd::test
