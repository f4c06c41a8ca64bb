#include <set>

#include "core/run/pipeline_fixture.h"

namespace skd::test {
namespace {

TEST_F(PipelineTest, RoundsCutDeeperAgainstTheDenseModel) {
    RunSpec spec = small();
    spec.schedule.rounds = {{0.2, 0}, {0.4, 3}, {0.55, 2}};
    StoppingSink sink;
    const Json summary = toJson(complete(spec, 1, sink).summary);
    ASSERT_EQ(summary["rounds"].size(), 3u);
    double before = 0;
    for (const Json& round : summary["rounds"]) {
        const double removed = round["mlp_removed"], target = round["target"];
        EXPECT_GE(removed, target - 1e-9);
        EXPECT_LT(removed, target + 0.12) << "ranks of a tiny model are coarse";
        EXPECT_GT(removed, before);
        EXPECT_GT(round["gate_kl"].get<double>(), 0);
        before = removed;
    }
    EXPECT_EQ(summary["rounds"][0]["steps"], 4);
    EXPECT_EQ(summary["rounds"][1]["steps"], 3);
    EXPECT_EQ(summary["rounds"][2]["first_step"], 7);
    EXPECT_EQ(summary["mlp_removed"], summary["rounds"][2]["mlp_removed"]);
    EXPECT_EQ(summary["kd_steps"], 9);
    const auto pruned = sink.metric("ppl.post_prune");
    EXPECT_EQ(pruned.size(), 3u);
    EXPECT_TRUE(pruned.contains(0) && pruned.contains(4) && pruned.contains(7));
    // Steps of the second round go on where those of the first ended.
    EXPECT_EQ(sink.metric("kd.loss").size(), 9u);
}

TEST_F(PipelineTest, KeepsLossesByBlockOfEveryPerplexityThatRunsAreComparedBy) {
    RunSpec spec = small();
    spec.schedule.rounds = {{0.2, 0}, {0.4, 2}};
    spec.eval.domainTokens = 200;
    StoppingSink sink;
    const RunSummary summary = readRunSummary(toJson(complete(spec, 1, sink).summary));
    ASSERT_GE(summary.denseBlocks.values.size(), 2u);
    EXPECT_NEAR(summary.denseBlocks.mean(), std::log(*summary.densePpl), 1e-6);
    for (const RoundSummary& round : summary.rounds) {
        EXPECT_TRUE(round.postKdBlocks.pairsWith(summary.denseBlocks)) << "the same text";
        EXPECT_NEAR(round.postKdBlocks.mean(), std::log(*round.postKdPpl), 1e-6);
        EXPECT_NEAR(round.postKdBlocks.error().standardError * *round.postKdPpl,
                    *round.postKdStandardError, 1e-9);
    }
    ASSERT_FALSE(summary.domains.empty());
    for (const DomainSummary& domain : summary.domains) {
        EXPECT_TRUE(domain.postKdBlocks.pairsWith(domain.denseBlocks)) << domain.name;
        EXPECT_NEAR(domain.denseBlocks.mean(), std::log(*domain.densePpl), 1e-6);
        EXPECT_NEAR(domain.postKdBlocks.mean(), std::log(*domain.postKdPpl), 1e-6);
    }
    ASSERT_TRUE(summary.quality && summary.quality->comparison);
    EXPECT_NEAR(summary.quality->comparison->klBlocks.mean(), *summary.quality->final.klToDense,
                1e-9);
    for (const StageFinished& stage : sink.all<StageFinished>())
        EXPECT_FALSE(stage.result.contains("block_losses")) << "events need not repeat them";
}

TEST_F(PipelineTest, StoppedAnywhereAndResumedGivesTheSameModel) {
    expectSameModelAfterStops(small());
}

TEST_F(PipelineTest, StoppedAnywhereWithARampAndAveragesGivesTheSameModel) {
    RunSpec spec = small();
    spec.distill.learningRate = AutoNumber::automatic();
    spec.distill.rampSteps = 10;
    spec.distill.average = 0.75;
    const StoppingSink sink = expectSameModelAfterStops(spec);
    // A ramp per round, one after the other.
    EXPECT_TRUE(sink.metric("kd.ramp_loss").contains(0));
    EXPECT_TRUE(sink.metric("kd.ramp_loss").contains(10));
}

TEST_F(PipelineTest, StoppedAnywhereWithTriedAllocationsGivesTheSameModel) {
    RunSpec spec = small();
    spec.prune.probeLaw = ProbeLaw::Power;
    spec.prune.probeReference = KlReference::Original;
    spec.prune.depthTrials = 4;
    spec.prune.fisherEdge = 0.125;
    spec.prune.fisherClip = 10;
    spec.prune.shrinkInput = 0.1;
    spec.prune.shrinkOutput = 0.3;
    spec.schedule.gateReference = KlReference::Original;
    (void)expectSameModelAfterStops(spec);
}

TEST_F(PipelineTest, RecordsTheRateThatARampHasFound) {
    RunSpec spec = small();
    spec.distill.learningRate = AutoNumber::automatic();
    spec.distill.rampSteps = 10;
    StoppingSink sink;
    const RunSummary summary = complete(spec, 1, sink).summary;
    ASSERT_TRUE(summary.rounds.at(0).learningRate);
    EXPECT_EQ(sink.metric("kd.lr").at(0), *summary.rounds[0].learningRate) << "a warm-up of one";
    EXPECT_EQ(readRunSummary(toJson(summary)).rounds.at(0).learningRate,
              summary.rounds[0].learningRate);
    spec.distill.learningRate = 1e-3;
    EXPECT_FALSE(toJson(complete(spec, 2).summary)["rounds"][0].contains("learning_rate"));
}

TEST_F(PipelineTest, GateRollsBackOrTakesLess) {
    RunSpec spec = small();
    spec.distill.steps = 0;
    spec.prune.target = 0.5;
    spec.schedule.gateKl = 1e5;
    const Json free = toJson(complete(spec, 1).summary);
    const double kl = free["rounds"][0]["gate_kl"];
    ASSERT_GT(kl, 0);
    spec.schedule.gateKl = kl / 2;
    const PipelineResult refused = complete(spec, 2);
    EXPECT_TRUE(refused.summary.rounds[0].rolledBack);
    EXPECT_EQ(refused.summary.mlpRemoved, 0.0);
    EXPECT_NE(refused.reason.find("rolled back"), std::string::npos);
    spec.schedule.gateAction = GateAction::RaiseRanks;
    StoppingSink sink;
    const Json raised = toJson(complete(spec, 3, sink).summary);
    EXPECT_FALSE(raised["rounds"][0]["rolled_back"].get<bool>());
    EXPECT_LE(raised["rounds"][0]["gate_kl"].get<double>(), kl / 2);
    EXPECT_GT(raised["mlp_removed"].get<double>(), 0);
    EXPECT_LT(raised["mlp_removed"].get<double>(), free["mlp_removed"].get<double>());
    EXPECT_GE(sink.metric("gate.kl").size(), 2u)
        << "the curve of deviation against removal is kept";
    spec.schedule.gate = false;
    EXPECT_TRUE(toJson(complete(spec, 4).summary)["rounds"][0]["gate_kl"].is_null());
}

TEST_F(PipelineTest, ModelsOfRunsAreTeachersAndStarts) {
    RunSpec dense = small();
    dense.control = Control::DenseKd;
    const Json first = toJson(complete(dense, 1).summary);
    EXPECT_EQ(first["lineage"]["control"], "dense-kd");
    EXPECT_EQ(first["mlp_removed"], 0.0);
    RunSpec swapped = small();
    swapped.teacher.path = "run:1";
    const Json second = toJson(complete(swapped, 2).summary);
    EXPECT_EQ(second["lineage"]["teacher"]["kind"], "run");
    EXPECT_EQ(second["lineage"]["teacher"]["run"], 1);
    EXPECT_EQ(second["lineage"]["teacher"]["ppl"], first["post_kd_ppl"]);
    EXPECT_NE(second["teacher_sha256"], first["teacher_sha256"]);
    RunSpec deeper = small();
    deeper.model.path = "run:2";
    deeper.prune.target = 0.5;
    const Json third = toJson(complete(deeper, 3).summary);
    EXPECT_EQ(third["lineage"]["parent_run"], 2);
    EXPECT_EQ(third["start_ppl"], second["post_kd_ppl"]);
    EXPECT_EQ(third["dense_ppl"], second["dense_ppl"])
        << "shares and baseline stay those of the dense model";
    EXPECT_GE(third["mlp_removed"].get<double>(), 0.5 - 1e-9);
    EXPECT_EQ(third["lineage"]["chain"].size(), 1u);
    // Any step that is still on disk can be gone on from; one that is not is refused with those
    // there are.
    const auto steps = RunModels(paths.run(RunId(2))).steps();
    ASSERT_FALSE(steps.empty());
    EXPECT_EQ(steps.front(), 0);
    EXPECT_EQ(std::count(steps.begin(), steps.end(), second["best_step"].get<std::int64_t>()), 1);
    deeper.model.path = "run:2@0";
    EXPECT_EQ(toJson(complete(deeper, 4).summary)["start_ppl"], second["post_prune_ppl"]);
    deeper.model.path = "run:2@3999";
    StoppingSink sink;
    const auto missing = run(deeper, 5, sink);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("there are steps 0"), std::string::npos)
        << missing.error().message;
}

TEST_F(PipelineTest, ControlsChangeWhatTheySay) {
    RunSpec spec = small();
    spec.control = Control::DenseCe;
    StoppingSink ce;
    const Json ceSummary = toJson(complete(spec, 1, ce).summary);
    EXPECT_TRUE(ceSummary["teacher_sha256"].is_null()) << "cross-entropy asks no teacher";
    spec.control = Control::DenseKl;
    StoppingSink kl;
    (void)complete(spec, 2, kl);
    // A student that is its own teacher has no KL and no gradient of it.
    EXPECT_NEAR(kl.metric("kd.kl").at(0), 0, 1e-4);
    spec.control = Control::NoWikiText;
    EXPECT_NE(toJson(complete(spec, 3).summary)["corpus_sha256"], ceSummary["corpus_sha256"]);
}

TEST_F(PipelineTest, BornAgainStartsFromFreshWeights) {
    RunSpec spec = small();
    spec.prune.method = PruneMethod::None;
    spec.teacher.student = StudentStart::Fresh;
    StoppingSink sink;
    const Json summary = toJson(complete(spec, 1, sink).summary);
    EXPECT_EQ(summary["lineage"]["student"], "fresh");
    EXPECT_GT(sink.metric("kd.kl").at(0), 0.01);
    spec.seed = 7;
    EXPECT_NE(toJson(complete(spec, 2).summary)["post_kd_ppl"], summary["post_kd_ppl"]);
    spec.prune.method = PruneMethod::Svd;
    StoppingSink refused;
    EXPECT_FALSE(run(spec, 3, refused));
}

TEST_F(PipelineTest, KeepDecidesWhatStaysOnDisk) {
    RunSpec spec = small();
    const auto files = [&](std::int64_t id) {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(paths.run(RunId(id))))
            names.insert(entry.path().filename().string());
        return names;
    };
    (void)complete(spec, 1);
    EXPECT_EQ(files(1),
              (std::set<std::string>{"checkpoints-1", "model.safetensors", "pruned-1.safetensors",
                                     "round-1.safetensors", "state.json"}));
    spec.keep = Keep::Model;
    (void)complete(spec, 2);
    EXPECT_EQ(files(2), (std::set<std::string>{"model.safetensors", "state.json"}));
    // An attempt that was killed while it tidied up: the next one ends with the same files.
    std::filesystem::create_directories(paths.run(RunId(2)) / "checkpoints-1/step-4");
    (void)complete(spec, 2);
    EXPECT_EQ(files(2), (std::set<std::string>{"model.safetensors", "state.json"}));
    spec.keep = Keep::Nothing;
    const Json summary = toJson(complete(spec, 3).summary);
    EXPECT_EQ(files(3), (std::set<std::string>{"state.json"}));
    // Asked again, a complete run says the same without its models.
    EXPECT_EQ(dumpJson(toJson(complete(spec, 3).summary)), dumpJson(summary));
}

TEST_F(PipelineTest, ScoresOfTheDenseModelAreMeasuredOnce) {
    RunSpec spec = small();
    spec.distill.steps = 0;
    (void)complete(spec, 1);
    spec.prune.target = 0.4;
    StoppingSink sink;
    (void)complete(spec, 2, sink);
    int evaluations = 0;
    for (const StageStarted& stage : sink.all<StageStarted>())
        evaluations += stage.stage == Stage::Evaluate;
    EXPECT_EQ(evaluations, 2) << "after pruning, and beside the dense model";
    EXPECT_EQ(sink.metric("ppl.dense").size(), 1u);
}

}  // namespace
}  // namespace skd::test
