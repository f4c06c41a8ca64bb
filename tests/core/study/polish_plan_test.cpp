#include "study/polish_plan.h"

#include <gtest/gtest.h>

namespace skd::test {
namespace {

RunDetails elasticDetails() {
    RunSpec spec;
    spec.name = "all sizes";
    spec.prune.ranks = RankRule::Budget;
    spec.elastic.smallest = 0.65;
    spec.corpus.sequenceLength = 256;
    spec.distill.batch = 4;
    spec.distill.steps = 1000;
    spec.distill.alpha = 0.3;
    RunDetails run;
    run.row.id = RunId(3);
    run.spec = toJson(spec);
    return run;
}

RunSpec planned(const RunDetails& run, const PolishRequest& request) {
    const auto spec = polishSpec(run, request);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message);
    return spec.value_or(RunSpec());
}

TEST(PolishPlan, IsAnOrdinaryRunFromTheSlice) {
    const RunSpec spec = planned(elasticDetails(), {RunId(3), 0.42, 200'000});
    EXPECT_EQ(spec.model.path, "run:3@42%");
    EXPECT_EQ(spec.teacher.path, RunSpec().model.path) << "the dense model taught it";
    EXPECT_EQ(spec.prune.method, PruneMethod::None);
    EXPECT_FALSE(spec.elastic.isOn());
    EXPECT_EQ(spec.distill.steps, 195) << "200,000 / 1,024";
    EXPECT_EQ(spec.distill.alpha, 0.3);
    EXPECT_TRUE(validate(spec)) << validate(spec).error().message;
    EXPECT_TRUE(checkApplicable(spec)) << checkApplicable(spec).error().message;
}

TEST(PolishPlan, TakesAShareOfTheTokensAndAThirdOfTheRate) {
    RunDetails run = elasticDetails();
    EXPECT_EQ(planned(run, {RunId(3), 0.3, 0}).distill.steps, 75);
    EXPECT_DOUBLE_EQ(planned(run, {RunId(3), 0.3, 0}).distill.learningRate.valueOr(0),
                     kDefaultLearningRate / 3);
    run.summary.kdSteps = 400;
    run.summary.rounds.emplace_back().learningRate = 6e-4;
    EXPECT_EQ(planned(run, {RunId(3), 0.3, 0}).distill.steps, 30) << "of those it took";
    EXPECT_DOUBLE_EQ(planned(run, {RunId(3), 0.3, 0}).distill.learningRate.valueOr(0), 2e-4)
        << "of the one that its rule found";
    run.spec["distill"]["learning_rate"] = 3e-4;
    EXPECT_DOUBLE_EQ(planned(run, {RunId(3), 0.3, 0}).distill.learningRate.valueOr(0), 1e-4);
    EXPECT_EQ(planned(run, {RunId(3), 0.3, 1}).distill.steps, 1);
}

TEST(PolishPlan, WithoutATeacherNeedsNone) {
    RunDetails run = elasticDetails();
    run.spec["distill"]["alpha"] = 0;
    EXPECT_EQ(planned(run, {RunId(3), 0.3, 0}).teacher.path, "");
    run.spec["distill"]["alpha"] = 0.5;
    run.spec["teacher"]["path"] = "run:2";
    EXPECT_EQ(planned(run, {RunId(3), 0.3, 0}).teacher.path, "run:2");
}

TEST(PolishPlan, MoreTokensContinueAllSizesAroundOne) {
    const auto spec = moreTokensSpec(elasticDetails(), {RunId(3), 0.42, 0});
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->model.path, "run:3");
    EXPECT_EQ(spec->teacher.path, RunSpec().model.path);
    EXPECT_EQ(spec->elastic.smallest, 0.65);
    EXPECT_EQ(spec->elastic.focus, ElasticFocus::Around);
    EXPECT_EQ(spec->elastic.focusAt, 0.42);
    EXPECT_EQ(spec->distill.steps, 250) << "a quarter";
    EXPECT_DOUBLE_EQ(spec->distill.learningRate.valueOr(0), kDefaultLearningRate / 2);
    EXPECT_TRUE(continuesFactors(*spec));
    EXPECT_TRUE(validate(*spec)) << validate(*spec).error().message;
    EXPECT_TRUE(checkApplicable(*spec)) << checkApplicable(*spec).error().message;
    for (const char* path : {"run:3@42%", "SmolLM2-135M-Instruct", "variant:all@42%"}) {
        RunSpec other = *spec;
        other.model.path = path;
        EXPECT_FALSE(validate(other)) << path;
    }
}

TEST(PolishPlan, RefusesWhatHasNoSlice) {
    RunDetails run = elasticDetails();
    const auto outside = polishSpec(run, {RunId(3), 0.7, 0});
    ASSERT_FALSE(outside);
    EXPECT_NE(outside.error().message.find("15 to 65"), std::string::npos)
        << outside.error().message;
    run.spec["elastic"]["smallest"] = 0;
    const auto dedicated = polishSpec(run, {RunId(3), 0.3, 0});
    ASSERT_FALSE(dedicated);
    EXPECT_NE(dedicated.error().message.find("not elastic"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
