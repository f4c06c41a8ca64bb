// What a run's models make of tasks that people publish.
#include "core/run/pipeline_fixture.h"

namespace skd::test {
namespace {

class RunTasksTest : public PipelineTest {
protected:
    RunSpec asking() {
        RunSpec spec = small();
        spec.eval.quality = false;
        spec.eval.prompts.clear();
        spec.tasks.files = {"arc_easy=resource:tasks/arithmetic.jsonl",
                            "lambada_openai=resource:tasks/last-words.jsonl"};
        spec.tasks.limit = 5;
        return spec;
    }
};

TEST_F(RunTasksTest, EveryModelIsAskedEveryDocument) {
    const RunSummary summary = complete(asking(), 1).summary;
    ASSERT_EQ(summary.tasks.size(), 2u);
    for (const TaskScores& task : summary.tasks) {
        EXPECT_EQ(task.documents, 5);
        EXPECT_EQ(task.sha256.size(), 64u);
        ASSERT_EQ(task.models.size(), 3u) << task.task;
        for (const char* model : {kDenseAnswers, kCutAnswers, kRecoveredAnswers}) {
            ASSERT_NE(task.find(model), nullptr) << model;
            ASSERT_NE(task.find(model)->find(kAccuracy), nullptr);
            EXPECT_EQ(task.find(model)->find(kAccuracy)->size(), 5u);
        }
    }
    const TaskScores& words = summary.tasks[1];
    EXPECT_NE(*words.find(kDenseAnswers)->find(kLogLikelihood),
              *words.find(kCutAnswers)->find(kLogLikelihood));
    EXPECT_EQ(toJson(complete(asking(), 2).summary)["tasks"], toJson(summary)["tasks"])
        << "the same seed scores the same";
}

TEST_F(RunTasksTest, AFileThatIsNoTaskIsRefusedBeforeTheFirstStage) {
    RunSpec spec = asking();
    spec.tasks.files = {"arc_easy=resource:tasks/last-words.jsonl"};
    StoppingSink sink;
    const auto result = run(spec, 1, sink);
    ASSERT_FALSE(result);
    for (const char* part : {"tasks", "last-words.jsonl:1", "\"question\" is missing"})
        EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
    EXPECT_TRUE(sink.metric("ppl.dense").empty());
}

/// What tasks take is not of the budget: the run is charged with its other stages alone.
TEST_F(RunTasksTest, ABudgetDoesNotPayForThem) {
    RunSpec spec = asking();
    spec.distill.budget = 100'000;
    StoppingSink sink;
    const auto result = run(spec, 1, sink);
    ASSERT_TRUE(result) << result.error().message;
    double tasks = 0, others = 0;
    for (const StageFinished& stage : sink.all<StageFinished>())
        if (stage.stage != Stage::Load) {
            const bool asks = dumpJson(stage.result).find("task.arc_easy") != std::string::npos;
            (asks ? tasks : others) += stage.seconds;
        }
    EXPECT_GT(tasks, 0);
    EXPECT_NEAR(totalOf(RunState(paths.run(RunId(1))).spent()), others, 1e-6 * others);
}

TEST_F(RunTasksTest, NothingIsAskedByDefault) {
    RunSpec spec = small();
    spec.distill.steps = spec.distill.warmup = 0;
    EXPECT_TRUE(complete(spec, 1).summary.tasks.empty());
}

}  // namespace
}  // namespace skd::test
