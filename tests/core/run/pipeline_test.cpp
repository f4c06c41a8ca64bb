#include "run/pipeline.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/model/tiny_model.h"
#include "library/run_models.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Keeps events; asks for the end at the nth one.
class StoppingSink final : public EventSink {
public:
    void emit(Event event) override {
        events.push_back(std::move(event));
        if (stopAt > 0 && events.size() == stopAt) stop.request_stop();
    }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const Event& event : events)
            if (const auto* candidate = std::get_if<T>(&event)) found.push_back(*candidate);
        return found;
    }
    /// Value of a metric by step, the last one said.
    std::map<std::int64_t, double> metric(const std::string& name) const {
        std::map<std::int64_t, double> values;
        for (const MetricBatch& batch : all<MetricBatch>())
            for (const MetricPoint& point : batch.points)
                if (point.name == name) values[point.step] = point.value;
        return values;
    }
    std::vector<Event> events;
    std::size_t stopAt = 0;
    std::stop_source stop;
};

class PipelineTest : public testing::Test {
protected:
    void SetUp() override { setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1); }

    static RunSpec small() {
        RunSpec spec;
        spec.model.path = modelFixture("workbench").string();
        spec.model.threads = 1;
        spec.corpus.shares = smallShares();
        spec.corpus.sequenceLength = 48;
        spec.corpus.samples = 24;
        spec.prune.rankMultiple = 4;
        spec.prune.target = 0.3;
        spec.prune.calibrationTokens = 300;
        spec.prune.probeTokens = 90;
        spec.distill.steps = 4;
        spec.distill.batch = 2;
        spec.distill.warmup = 1;
        spec.distill.evalEvery = 2;
        spec.distill.checkpointEvery = 2;
        spec.eval.maxTokens = 500;
        spec.eval.liveTokens = 200;
        spec.eval.context = 64;
        return spec;
    }

    Result<PipelineResult> run(const RunSpec& spec, std::int64_t id, StoppingSink& sink) {
        const RunContext context{
            RunId(id), &sink, sink.stop.get_token(), static_cast<std::uint64_t>(spec.seed), {}, {}};
        return runPipeline(spec, paths, context, [](const Json&) { return Status(); });
    }
    PipelineResult complete(const RunSpec& spec, std::int64_t id) {
        StoppingSink sink;
        return complete(spec, id, sink);
    }
    PipelineResult complete(const RunSpec& spec, std::int64_t id, StoppingSink& sink) {
        auto result = run(spec, id, sink);
        EXPECT_TRUE(result) << result.error().message;
        if (!result) return {};
        EXPECT_EQ(result->outcome, Outcome::Completed);
        return *result;
    }

    /// Two rounds, stopped at about nine places and resumed; what the uninterrupted run said.
    StoppingSink expectSameModelAfterStops(RunSpec spec) {
        spec.schedule.rounds = {{0.2, 0}, {0.4, 0}};
        spec.schedule.recache = true;
        StoppingSink whole;
        const Json expected = toJson(complete(spec, 1, whole).summary);
        for (std::size_t stopAt = 2, id = 10; stopAt < whole.events.size();
             stopAt += whole.events.size() / 9 + 1, ++id) {
            StoppingSink first;
            first.stopAt = stopAt;
            const auto stopped = run(spec, static_cast<std::int64_t>(id), first);
            EXPECT_TRUE(stopped) << stopped.error().message;
            if (!stopped) break;
            const Json resumed = toJson(complete(spec, static_cast<std::int64_t>(id)).summary);
            for (const char* key : {"dense_ppl", "post_prune_ppl", "post_kd_ppl", "mlp_removed",
                                    "best_step", "teacher_sha256"})
                EXPECT_EQ(resumed[key], expected[key])
                    << key << " after a stop at event " << stopAt;
            const auto hash = [&](std::int64_t run) {
                const auto file =
                    RunModels(paths.run(RunId(run))).open({}, {at::kBFloat16, at::kCPU});
                return file ? file->model.weightsSha256 : file.error().message;
            };
            EXPECT_EQ(hash(static_cast<std::int64_t>(id)), hash(1))
                << "after a stop at event " << stopAt;
        }
        return whole;
    }

    const TemporaryFolder folder;
    const RunPaths paths{folder.path() / "files"};
};

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
    EXPECT_FALSE(toJson(complete(small(), 2).summary)["rounds"][0].contains("learning_rate"));
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
    ASSERT_GE(steps.size(), 2u);
    EXPECT_EQ(steps.front(), 0);
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

TEST(RunReference, ReadsAndRefuses) {
    EXPECT_FALSE(*parseRunReference("SmolLM2"));
    EXPECT_EQ((*parseRunReference("run:12"))->run, RunId(12));
    EXPECT_EQ((*parseRunReference("run:12@40"))->step, 40);
    for (const char* wrong : {"run:", "run:x", "run:0", "run:1@", "run:1@x", "run:-1", "run:1@4 "})
        EXPECT_FALSE(parseRunReference(wrong)) << wrong;
}

}  // namespace
}  // namespace skd::test
