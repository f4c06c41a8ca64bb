// What a run's models answer to prompts that are asked many times.
#include <fstream>

#include "core/run/pipeline_fixture.h"

namespace skd::test {
namespace {

class RunConsistencyTest : public PipelineTest {
protected:
    RunSpec asking() {
        std::ofstream(folder.path() / "prompts.txt") << "One two\n\n  three four  \r\nfive\n";
        RunSpec spec = small();
        spec.distill.steps = spec.distill.warmup = 0;
        spec.eval.quality = false;
        spec.eval.prompts.clear();
        spec.consistency.answers = 5;
        spec.consistency.prompts = (folder.path() / "prompts.txt").string();
        spec.consistency.tokens = 1;
        spec.consistency.temperature = 0.1;  // the tiny model's probabilities are nearly equal
        return spec;
    }
};

TEST_F(RunConsistencyTest, BothModelsAreAskedEveryPrompt) {
    const RunSummary summary = complete(asking(), 1).summary;
    ASSERT_TRUE(summary.consistency);
    const ConsistencySummary& asked = *summary.consistency;
    EXPECT_EQ(asked.answers, 5);
    for (const ConsistencyFigures* figures : {&asked.dense, &asked.final}) {
        ASSERT_EQ(figures->distinct.size(), 3u) << "blank lines are no prompts";
        for (const double share : figures->distinct) {
            EXPECT_GE(share, 0.2);
            EXPECT_LE(share, 1);
        }
        EXPECT_EQ(figures->similarity.size(), 3u);
        EXPECT_EQ(figures->common.size(), 3u);
    }
    const Json written = toJson(summary)["consistency"];
    EXPECT_NE(written["dense"], written["final"]);
    // A seed fixes the answers; a resumed run keeps them.
    EXPECT_EQ(toJson(complete(asking(), 2).summary)["consistency"], toJson(summary)["consistency"]);
}

/// A greedy model gives one answer however often it is asked.
TEST_F(RunConsistencyTest, WithoutTemperatureAllAnswersAreEqual) {
    RunSpec spec = asking();
    spec.consistency.temperature = 0;
    const auto asked = complete(spec, 1).summary.consistency;
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->final.distinct, std::vector<double>(3, 0.2)) << "one of five";
    EXPECT_EQ(asked->final.similarity, std::vector<double>(3, 1.0));
    EXPECT_EQ(asked->dense.common, std::vector<double>(3, 1.0));
}

TEST_F(RunConsistencyTest, AFileWithoutPromptsIsRefusedBeforeTheFirstStage) {
    RunSpec spec = asking();
    std::ofstream(folder.path() / "prompts.txt", std::ios::trunc) << "\n \n";
    StoppingSink sink;
    const auto result = run(spec, 1, sink);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("has no prompts"), std::string::npos)
        << result.error().message;
    EXPECT_TRUE(sink.metric("ppl.dense").empty());
}

TEST_F(RunConsistencyTest, OtherPromptsAreAnotherWorld) {
    StoppingSink first;
    first.stopAt = 6;
    const auto stopped = run(asking(), 1, first);
    ASSERT_TRUE(stopped) << stopped.error().message;
    ASSERT_EQ(stopped->outcome, Outcome::Cancelled);
    const RunSpec spec = asking();
    std::ofstream(folder.path() / "prompts.txt", std::ios::trunc) << "something else\n";
    StoppingSink second;
    const auto resumed = run(spec, 1, second);
    ASSERT_FALSE(resumed);
    EXPECT_NE(resumed.error().message.find("the prompts"), std::string::npos)
        << resumed.error().message;
}

TEST_F(RunConsistencyTest, NothingIsAskedByDefault) {
    RunSpec spec = small();
    spec.distill.steps = spec.distill.warmup = 0;
    EXPECT_FALSE(complete(spec, 1).summary.consistency);
}

}  // namespace
}  // namespace skd::test
