#include <gtest/gtest.h>

#include "core/report/invented_study.h"
#include "report/report.h"

namespace skd::test {
namespace {

void addDomain(StudyRun& run, const std::string& name, double dense, double final) {
    DomainSummary& domain = run.summary.domains.emplace_back();
    domain.name = name;
    domain.densePpl = dense;
    domain.postPrunePpl = dense * 3;
    domain.postKdPpl = final;
}

/// A dense model that cross-entropy has tuned to WikiText.
InventedStudy narrowArm() {
    InventedStudy study({{"pruned", kNothing}, {"dense + CE", {{"control", "dense-ce"}}}});
    study.finish("pruned", {40, 40}, 50);
    study.finish("dense + CE", {30, 30}, 30);
    for (const std::int64_t seed : {1, 2}) {
        addDomain(study.run("dense + CE", seed), "wikitext", 20, 22);
        addDomain(study.run("dense + CE", seed), "c4", 20, 20.5);
        addDomain(study.run("dense + CE", seed), "gsm8k", 20, 20.3);
    }
    return study;
}

TEST(HeldOutDomains, FlagsWhoWinsOnWikiTextAndLosesElsewhere) {
    InventedStudy study = narrowArm();
    const ReportTable table = domainsTable(study.results);
    ASSERT_EQ(table.rows.size(), 3u);
    EXPECT_EQ(table.rows[0].back(), "–") << "WikiText itself is not elsewhere";
    EXPECT_EQ(table.rows[1].back(),
              "against dense it wins on WikiText by 16.7 %, loses on c4 by 2.50 %");
    EXPECT_EQ(table.rows[2].back(), "–") << "1.5 % is not more than 2 %";
    EXPECT_EQ(table.rows[1][2], "20.00");
    EXPECT_EQ(table.rows[1][5], "+2.50 %");
    EXPECT_EQ(domainFindings(study.results).size(), 1u);
    study.finish("dense + CE", {37, 37}, 30);
    EXPECT_TRUE(domainFindings(study.results).empty()) << "it does not win";
}

TEST(HeldOutDomains, SaysHowCertainTheLossIs) {
    InventedStudy study = narrowArm();
    for (const std::int64_t seed : {1, 2}) {
        DomainSummary& c4 = study.run("dense + CE", seed).summary.domains[1];
        c4.denseBlocks = fourBlocks(std::log(20), {1, 0, -1, 0});
        c4.postKdBlocks = fourBlocks(std::log(20.5), {1.01, -0.01, -0.99, -0.01});
    }
    // Differences ±0.01 around log(1.025): 0.011547 / 2, times 1.025.
    EXPECT_EQ(domainsTable(study.results).rows[1].back(),
              "against dense it wins on WikiText by 16.7 %, loses on c4 by 2.50 % ± 0.59 %");
    EXPECT_EQ(domainsTable(study.results).rows[1][5], "+2.50 % (+0.63 to +4.40 %)");
}

TEST(HeldOutDomains, ArmsAreAlsoHeldAgainstTheTunedModelAndTheFirstArm) {
    InventedStudy study({{"first", kNothing},
                         {"second", {{"distill.temperature", 1}}},
                         {"dense + CE", {{"control", "dense-ce"}}}});
    study.finish("first", {42, 42}, 42);
    study.finish("second", {40, 40}, 40);
    study.finish("dense + CE", {41, 41}, 35);
    for (const std::int64_t seed : {1, 2}) {
        addDomain(study.run("first", seed), "code", 8, 10);
        addDomain(study.run("second", seed), "code", 8, 10.5);
        addDomain(study.run("dense + CE", seed), "code", 8, 7);
    }
    const std::vector<std::string> findings = domainFindings(study.results);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0],
              "second: against tuned dense it wins on WikiText by 2.44 %, loses on code by 50.0 %; "
              "against first it wins on WikiText by 4.76 %, loses on code by 5.00 %.");
    EXPECT_EQ(domainsTable(study.results).rows[1][6], "+50.0 %");
}

/// A live curve of 30 + b t^-0.5 that is at 36 after two million tokens.
InventedStudy lawfulStudy() {
    InventedStudy study({{"pruned", kNothing}, {"dense + CE", {{"control", "dense-ce"}}}});
    study.finish("pruned", {90, 90});
    study.finish("dense + CE", {33, 33}, 33);
    const double b = 6 * std::sqrt(2e6);
    for (const std::int64_t seed : {1, 2}) {
        StudyRun& run = study.run("pruned", seed);
        run.denseLive = 36;
        run.live = {};
        for (int step = 3; step <= 30; step += 3) {
            run.live.steps.push_back(step);
            run.live.values.push_back(30 + b / std::sqrt(step * 4 * 256));
        }
    }
    return study;
}

TEST(Forecast, FollowsTheLawToTheDenseModel) {
    const ReportTable table = forecastTable(lawfulStudy().results);
    ASSERT_EQ(table.rows.size(), 1u) << "the dense arm is no row";
    EXPECT_EQ(table.rows[0][0], "pruned");
    EXPECT_EQ(table.rows[0][1], "31 k");
    EXPECT_EQ(table.rows[0][3], "36.00");
    EXPECT_TRUE(table.rows[0][4].starts_with("about 2.0 M (")) << table.rows[0][4];
    // 33 takes (6 / 3)^2 times as many tokens.
    EXPECT_EQ(table.rows[0][5], "33.00");
    EXPECT_TRUE(table.rows[0][6].starts_with("about 8.0 M (")) << table.rows[0][6];
    EXPECT_TRUE(anyContains(table.notes, "A forecast, not a measurement"));
}

TEST(Forecast, WhatIsReachedAndWhatNeverWillBeIsSaid) {
    InventedStudy study = lawfulStudy();
    for (const std::int64_t seed : {1, 2}) {
        study.run("pruned", seed).denseLive = 100;
        study.run("dense + CE", seed).live.values = {40, 25, 26};
    }
    const ReportTable table = forecastTable(study.results);
    // 30 + b / sqrt(t) is 100 at t = 14,694: the step after it is the 15th.
    EXPECT_EQ(table.rows.at(0)[4], "reached at 15 k");
    EXPECT_TRUE(table.rows[0][6].starts_with("not reached: the curve levels off at 30"))
        << table.rows[0][6];
}

TEST(Forecast, ARunOfRoundsIsJudgedByItsLastCut) {
    InventedStudy study = lawfulStudy();
    for (const std::int64_t seed : {1, 2}) {
        StudyRun& run = study.run("pruned", seed);
        run.summary.rounds = {{.round = 1}, {.round = 2}};
        run.summary.rounds[0].steps = 60;
        run.summary.rounds[1].steps = 30;
        run.summary.rounds[1].firstStep = 60;
        for (double& step : run.live.steps) step += 60;
        run.live.steps.insert(run.live.steps.begin(), {20, 40, 60});
        run.live.values.insert(run.live.values.begin(), {70, 50, 40});
    }
    EXPECT_TRUE(forecastTable(study.results).rows.at(0)[4].starts_with("about 2.0 M ("));
}

TEST(Forecast, ShortCurvesHaveNone) {
    InventedStudy study = lawfulStudy();
    for (const std::int64_t seed : {1, 2}) study.run("pruned", seed).live = {{10, 20}, {60, 50}};
    EXPECT_TRUE(forecastTable(study.results).rows.empty());
}

}  // namespace
}  // namespace skd::test
