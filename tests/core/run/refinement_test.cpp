// Block refinement as a stage of a run, and rounds that share the steps.
#include <gtest/gtest.h>

#include <map>

#include "core/model/tiny_model.h"
#include "library/run_models.h"
#include "run/pipeline.h"
#include "run/scoring.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Keeps stages and metrics; asks for the end at the nth event.
class RefinementSink final : public EventSink {
public:
    void emit(Event event) override {
        if (const auto* stage = std::get_if<StageStarted>(&event)) stages.push_back(stage->stage);
        if (const auto* batch = std::get_if<MetricBatch>(&event))
            for (const MetricPoint& point : batch->points)
                metrics[point.name][point.step] = point.value;
        if (++events == stopAt) stop.request_stop();
    }
    std::vector<Stage> stages;
    std::map<std::string, std::map<std::int64_t, double>> metrics;
    std::size_t events = 0, stopAt = 0;
    std::stop_source stop;
};

class RefinementStage : public testing::Test {
protected:
    RefinementStage() {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
        spec.model.path = modelFixture("workbench").string();
        spec.model.threads = 1;
        spec.corpus.shares = smallShares();
        spec.corpus.sequenceLength = 48;
        spec.corpus.samples = 24;
        spec.prune.rankMultiple = 4;
        spec.prune.target = 0.3;
        spec.prune.calibrationTokens = 300;
        spec.prune.probeTokens = 90;
        spec.refine.passes = 4;
        spec.refine.learningRate = 1e-3;
        spec.distill.steps = 4;
        spec.distill.batch = 2;
        spec.distill.warmup = 1;
        spec.distill.evalEvery = spec.distill.checkpointEvery = 2;
        spec.eval.maxTokens = 500;
        spec.eval.liveTokens = 200;
        spec.eval.context = 64;
        spec.eval.answerTokens = 8;
    }
    PipelineResult run(std::int64_t id, RefinementSink& sink) const {
        const RunContext context{RunId(id), &sink, sink.stop.get_token(), 42, {}, {}};
        const auto result = runPipeline(spec, paths, context, [](const Json&) { return Status(); });
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? *result : PipelineResult{};
    }
    PipelineResult complete(std::int64_t id) const {
        RefinementSink sink;
        return run(id, sink);
    }
    std::string finalSha256(std::int64_t id) const {
        const auto file = RunModels(paths.run(RunId(id))).open({}, {at::kBFloat16, at::kCPU});
        return file ? file->model.weightsSha256 : file.error().message;
    }
    const TemporaryFolder folder;
    const RunPaths paths{folder.path() / "files"};
    RunSpec spec;
};

TEST_F(RefinementStage, StandsBetweenCutAndDistillation) {
    RefinementSink sink;
    const RunSummary summary = run(1, sink).summary;
    EXPECT_EQ(sink.stages, (std::vector<Stage>{
                               Stage::Load, Stage::Evaluate, Stage::Evaluate, Stage::Answer,
                               Stage::Teacher, Stage::Analyse, Stage::Prune, Stage::Evaluate,
                               Stage::Answer, Stage::Evaluate, Stage::Refine, Stage::Evaluate,
                               Stage::Distill, Stage::Evaluate, Stage::Answer, Stage::Evaluate}));
    const RoundSummary& round = summary.rounds.at(0);
    EXPECT_LT(round.refineAfter.value(), round.refineBefore.value());
    EXPECT_GT(round.refineSeconds.value(), 0);
    const RunState state(paths.run(RunId(1)));
    EXPECT_GE(secondsOf(state.spent(), Stage::Refine), round.refineSeconds.value());
    EXPECT_NE(round.postRefinePpl, round.preKdPpl);
    EXPECT_EQ(summary.postRefinePpl, round.postRefinePpl);
    EXPECT_EQ(sink.metrics["ppl.post_refine"].at(0), *round.postRefinePpl);
    const RunSummary read = readRunSummary(toJson(summary));
    EXPECT_EQ(read.postRefinePpl, summary.postRefinePpl);
    EXPECT_EQ(read.rounds.at(0).refineAfter, round.refineAfter);
    const RunModels models(paths.run(RunId(1)));
    EXPECT_TRUE(std::filesystem::exists(models.refined(1)));
    EXPECT_FALSE(std::filesystem::exists(models.blocks(1)));
    spec.refine.passes = 0;
    EXPECT_FALSE(toJson(complete(2).summary).contains("post_refine_ppl"));
}

TEST_F(RefinementStage, DoesNotHangOnWhatComesAfterIt) {
    const RunSummary cached = complete(1).summary;
    spec.distill.steps = 0;
    const RunSummary undistilled = complete(2).summary;
    EXPECT_EQ(undistilled.finalPpl(), undistilled.postRefinePpl);
    EXPECT_EQ(undistilled.postRefinePpl, cached.postRefinePpl);
    // The teacher that is at hand is the same model that is read again otherwise.
    spec.distill.steps = 4;
    spec.distill.loss = KdLoss::Online;
    EXPECT_EQ(complete(3).summary.postRefinePpl, cached.postRefinePpl);
    spec.keep = Keep::Model;
    (void)complete(4);
    EXPECT_FALSE(std::filesystem::exists(RunModels(paths.run(RunId(4))).refined(1)));
}

TEST_F(RefinementStage, StoppedAnywhereAndResumedGivesTheSameModel) {
    spec.refine.passes = 2;
    spec.refine.samples = 8;
    spec.refine.batch = 4;
    spec.schedule.rounds = {{0.2, 0}, {0.4, 0}};
    spec.schedule.recache = true;
    RefinementSink whole;
    const RunSummary expected = run(1, whole).summary;
    // Two blocks of four steps a round; rounds follow each other. A first block that the first
    // cut leaves whole has nothing to learn.
    EXPECT_GE(whole.metrics["refine.loss"].size(), 12u);
    EXPECT_TRUE(whole.metrics["refine.loss"].contains(15));
    EXPECT_TRUE(whole.metrics["refine.after"].contains(3));
    EXPECT_EQ(whole.metrics["ppl.post_refine"].size(), 2u);
    std::int64_t id = 10;
    for (std::size_t stopAt = 2; stopAt < whole.events; stopAt += whole.events / 9 + 1, ++id) {
        RefinementSink first;
        first.stopAt = stopAt;
        (void)run(id, first);
        const RunSummary resumed = complete(id).summary;
        EXPECT_EQ(resumed.postRefinePpl, expected.postRefinePpl) << stopAt;
        EXPECT_EQ(resumed.postKdPpl, expected.postKdPpl) << stopAt;
        EXPECT_EQ(resumed.rounds.at(1).refineAfter, expected.rounds.at(1).refineAfter) << stopAt;
        EXPECT_EQ(finalSha256(id), finalSha256(1)) << "after a stop at event " << stopAt;
    }
}

TEST_F(RefinementStage, RoundsShareTheStepsAndOnlyTheLastDecays) {
    spec.refine.passes = 0;
    spec.distill.steps = 8;
    spec.distill.learningRate = 1e-4;
    spec.distill.stopOnRise = spec.distill.stopOnPlateau = false;
    spec.schedule.rounds = {{0.2, 0, 0.375}, {0.4, 0, 0.625}};
    spec.schedule.decayLast = true;
    RefinementSink sink;
    const RunSummary summary = run(1, sink).summary;
    EXPECT_EQ(summary.rounds.at(0).steps, 3);
    EXPECT_EQ(summary.rounds.at(1).steps, 5);
    const auto& rates = sink.metrics["kd.lr"];
    ASSERT_EQ(rates.size(), 8u);
    // A warm-up of one step each; then the peak, or half a cosine over the four steps left.
    for (const std::int64_t step : {0, 1, 2, 3, 4}) EXPECT_DOUBLE_EQ(rates.at(step), 1e-4) << step;
    EXPECT_NEAR(rates.at(6), 0.5e-4, 1e-12);
    EXPECT_LT(rates.at(7), rates.at(6));
}

}  // namespace
}  // namespace skd::test
