// What a run times once its model is final.
#include "core/run/pipeline_fixture.h"
#include "store/measurement_codec.h"

namespace skd::test {
namespace {

class InferenceTest : public PipelineTest {
protected:
    static RunSpec timed() {
        RunSpec spec = small();
        spec.distill.steps = spec.distill.warmup = 0;
        spec.eval.quality = false;
        spec.eval.prompts.clear();
        spec.inference.batches = {1, 3};
        spec.inference.prompt = 8;
        spec.inference.generate = 3;
        spec.inference.profileBatch = 2;
        spec.inference.profileLength = 16;
        spec.inference.rounds = 2;
        return spec;
    }
};

TEST_F(InferenceTest, BothModelsAreTimedAsAsked) {
    const RunSummary summary = complete(timed(), 1).summary;
    const auto benchmark = readBenchmark(summary.benchmark);
    ASSERT_TRUE(benchmark) << benchmark.error().message;
    EXPECT_EQ(benchmark->prompt, 8);
    EXPECT_EQ(benchmark->generate, 3);
    EXPECT_EQ(benchmark->rounds, 2);
    ASSERT_EQ(benchmark->models.size(), 2u);
    EXPECT_EQ(benchmark->models[0].name, "dense");
    EXPECT_EQ(benchmark->models[1].name, "final");
    ASSERT_TRUE(summary.parameters);
    EXPECT_EQ(benchmark->models[1].parameters, *summary.parameters) << "the cut model is timed";
    EXPECT_GT(benchmark->models[0].parameters, *summary.parameters) << "against the dense one";
    for (const BenchmarkModel& model : benchmark->models) {
        ASSERT_EQ(model.cells.size(), 2u);
        EXPECT_EQ(model.cells[0].batch, 1);
        EXPECT_EQ(model.cells[1].batch, 3);
        for (const BenchmarkCell& cell : model.cells) EXPECT_GT(cell.ttftMs.median, 0);
    }
    const auto profile = readProfile(summary.profile);
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_EQ(profile->batch, 2);
    EXPECT_EQ(profile->length, 16);
    ASSERT_EQ(profile->models.size(), 2u);
    // FLOPs are counted, not timed: a cut model's MLP has fewer.
    EXPECT_LT(profile->models[1].comparison.mlpFlops, 1);
    EXPECT_GT(profile->models[1].comparison.mlpFlops, 0);
    for (const ModelProfile& model : profile->models) EXPECT_TRUE(model.timeline.empty());
}

/// Times are never equal twice: equal ones were not taken again.
TEST_F(InferenceTest, AResumedRunKeepsItsTimes) {
    const RunSummary first = complete(timed(), 1).summary, again = complete(timed(), 1).summary;
    EXPECT_EQ(first.benchmark, again.benchmark);
    EXPECT_EQ(first.profile, again.profile);
    EXPECT_NE(first.benchmark, complete(timed(), 2).summary.benchmark);
    EXPECT_EQ(readRunSummary(*parseJson(dumpJson(toJson(first)))).benchmark, first.benchmark);
}

TEST_F(InferenceTest, NothingIsTimedUnasked) {
    RunSpec spec = timed();
    spec.inference = {};
    const Json summary = toJson(complete(spec, 1).summary);
    EXPECT_FALSE(summary.contains("benchmark"));
    EXPECT_FALSE(summary.contains("profile"));
}

TEST_F(InferenceTest, LongerThanTheModelReadsIsAnError) {
    RunSpec spec = timed();
    spec.inference.prompt = 1'000'000;
    StoppingSink sink;
    const auto result = run(spec, 1, sink);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(result.error().message.find("reads at most"), std::string::npos)
        << result.error().message;
}

}  // namespace
}  // namespace skd::test
