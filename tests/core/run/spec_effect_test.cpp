// Every field of a run spec changes what its help says it changes: each is run through the whole
// pipeline on a tiny model with another value, and one named part of the outcome must differ.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/files.h"
#include "core/run/spec_effect_models.h"
#include "results/break_even.h"
#include "run/pipeline.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Writes down what a run says.
class OutcomeSink final : public EventSink {
public:
    void emit(Event event) override {
        if (const auto* stage = std::get_if<StageStarted>(&event))
            outcome["stages"].push_back(stageName(stage->stage));
        if (const auto* saved = std::get_if<CheckpointSaved>(&event);
            saved != nullptr && !saved->best)
            outcome["checkpoints"].push_back(saved->step);
        if (const auto* line = std::get_if<LogLine>(&event)) outcome["log"].push_back(line->text);
        if (const auto* batch = std::get_if<MetricBatch>(&event))
            for (const MetricPoint& point : batch->points)
                outcome["metrics"][point.name][std::to_string(point.step)] = point.value;
        if (const auto* chosen = std::get_if<RanksChosen>(&event))
            for (const auto& [matrix, rank] : chosen->ranks) outcome["ranks"][matrix] = rank;
    }
    Json outcome = Json::object();
};

struct FieldCase {
    const char* path;
    const char* value;                    ///< as given to --set
    const char* changes;                  ///< JSON pointer into the outcome
    std::vector<const char*> where = {};  ///< other fields this one needs to matter
};

void PrintTo(const FieldCase& field, std::ostream* out) {
    *out << field.path << "=" << field.value;
}

const std::vector<FieldCase> kCases{
    {"name", "other", "/summary/name"},
    {"seed", "7", "/summary/corpus_sha256"},
    {"control", "dense-kd", "/summary/mlp_removed"},
    {"keep", "nothing", "/files"},
    {"model.path", "run:1", "/summary/start_ppl"},
    {"model.dtype", "f32", "/summary/dense_ppl", {"model.dtype=bf16"}},
    {"model.device", "cuda", "/error"},
    {"model.threads", "2", "/summary/threads"},
    {"teacher.path", "run:1", "/summary/teacher_sha256"},
    {"teacher.student", "fresh", "/summary/post_kd_ppl", {"prune.method=none"}},
    {"corpus.folder", "nowhere", "/error"},
    {"corpus.shares", R"([{"name": "c4", "path": "resource:corpus/c4.jsonl"}])",
     "/summary/corpus_sha256"},
    {"corpus.sequence_length", "40", "/summary/corpus_sha256"},
    {"corpus.samples", "20", "/summary/corpus_sha256"},
    {"corpus.packing", "documents", "/summary/corpus_sha256"},
    {"corpus.without", R"(["wikitext"])", "/summary/corpus_sha256"},
    {"prune.method", "magnitude", "/summary/post_prune_ppl"},
    {"prune.targets", "all", "/ranks"},
    {"prune.gate_up", "fused", "/ranks"},
    {"prune.form", "identity-block", "/ranks"},
    {"prune.mlp_arm", "channels", "/summary/mlp_removed"},
    {"prune.channel_multiple", "8", "/summary/mlp_removed", {"prune.mlp_arm=channels"}},
    {"prune.channel_ridge", "0.5", "/summary/post_prune_ppl", {"prune.mlp_arm=channels"}},
    {"prune.locked", R"(["model.layers.1"])", "/ranks"},
    {"prune.truncation", "plain", "/summary/post_prune_ppl", {"prune.weights=unit"}},
    {"prune.asvd_alpha",
     "1.5",
     "/summary/post_prune_ppl",
     {"prune.truncation=asvd", "prune.weights=unit"}},
    {"prune.ranks", "uniform", "/ranks"},
    {"prune.target", "0.5", "/summary/mlp_removed"},
    {"prune.energy", "0.3", "/ranks", {"prune.ranks=energy", "prune.energy=0.6"}},
    {"prune.search_ppl",
     "1e9",
     "/ranks",
     {"prune.ranks=search", "prune.search_ppl=1306", "eval.live_tokens=100",
      "eval.selection=resource:held-out/wikitext-2-valid-rest.txt"}},
    {"prune.cost", "latency", "/ranks", {"model.dtype=bf16"}},  // as writeTimings
    {"prune.cost_batch", "64", "/ranks", {"prune.cost=latency", "model.dtype=bf16"}},
    {"prune.weights", "unit", "/ranks"},
    {"prune.tier_early", "1.5", "/ranks", {"prune.ranks=tiers"}},
    {"prune.tier_middle", "0.2", "/ranks", {"prune.ranks=tiers"}},
    {"prune.tier_late", "1.5", "/ranks", {"prune.ranks=tiers"}},
    {"prune.rank_multiple", "1", "/ranks"},
    {"prune.calibration_tokens", "100", "/summary/post_prune_ppl"},
    {"prune.fisher_tokens",
     "96",
     "/summary/post_prune_ppl",
     {"prune.truncation=fisher", "prune.fisher_tokens=300"}},
    {"prune.probe_tokens", "400", "/metrics/gate.kl", {"prune.rank_multiple=1"}},
    {"prune.probe_fraction", "0.9", "/ranks", {"prune.rank_multiple=1"}},
    {"prune.probe_ranks", "3", "/ranks", {"prune.rank_multiple=1"}},
    {"prune.energies",
     R"({"model.layers.1": 0.3})",
     "/ranks",
     {"prune.ranks=energy", "prune.energy=0.6"}},
    {"prune.probe_law", "power", "/ranks", {"prune.rank_multiple=1"}},
    {"prune.probe_reference",
     "original",
     "/ranks",
     {"prune.rank_multiple=1", "distill.learning_rate=0.01",
      R"(schedule.rounds=[{"target": 0.2}, {"target": 0.5}])"}},
    {"prune.depth_trials", "6", "/log", {"prune.rank_multiple=1"}},
    {"prune.fisher_edge", "0.2", "/summary/post_prune_ppl", {"prune.truncation=fisher"}},
    {"prune.fisher_clip", "1", "/summary/post_prune_ppl", {"prune.truncation=fisher"}},
    {"prune.shrink_input", "0.5", "/summary/post_prune_ppl"},
    {"prune.shrink_output", "0.5", "/summary/post_prune_ppl", {"prune.truncation=fisher"}},
    {"prune.remeasure", "2", "/ranks", {"prune.rank_multiple=1", "prune.target=0.6"}},
    {"prune.skip_first_position", "true", "/summary/post_prune_ppl"},
    {"prune.explicit_ranks",
     R"({"model.layers.0.mlp.up_proj": 8})",
     "/ranks",
     {"prune.ranks=explicit", R"(prune.explicit_ranks={"model.layers.0.mlp.up_proj": 12})"}},
    {"prune.pattern", "2:4", "/summary/mlp_removed", {"prune.method=wanda"}},
    {"prune.scope",
     "matrix",
     "/summary/post_prune_ppl",
     {"prune.method=magnitude", "prune.target=0.5"}},
    {"prune.importance", "fisher", "/summary/post_prune_ppl", {"prune.method=llm-pruner"}},
    {"schedule.rounds", R"([{"target": 0.2}, {"target": 0.4, "steps": 2}])", "/summary/rounds"},
    {"schedule.recache",
     "true",
     "/summary/teacher_sha256",
     {R"(schedule.rounds=[{"target": 0.2}, {"target": 0.4}])"}},
    {"schedule.gate", "false", "/metrics/gate.kl"},
    {"schedule.gate_kl", "1e-6", "/summary/mlp_removed"},
    {"schedule.gate_tokens", "200", "/metrics/gate.kl"},
    {"schedule.gate_reference", "original", "/summary/rounds", {"schedule.gate_kl=1e-6"}},
    {"schedule.gate_action", "raise-ranks", "/metrics/gate.removed", {"schedule.gate_kl=1e-6"}},
    {"schedule.decay_last",
     "true",
     "/metrics/kd.lr",
     {R"(schedule.rounds=[{"target": 0.2}, {"target": 0.4}])"}},
    {"refine.passes", "2", "/metrics/refine.loss", {"refine.passes=1"}},
    {"refine.samples", "8", "/metrics/refine.loss", {"refine.passes=1"}},
    {"refine.batch", "4", "/metrics/refine.loss", {"refine.passes=1"}},
    {"refine.learning_rate", "1e-2", "/metrics/refine.loss", {"refine.passes=1"}},
    {"refine.loss", "lillama", "/metrics/refine.loss", {"refine.passes=1"}},
    {"distill.steps", "3", "/metrics/kd.loss"},
    {"distill.budget", "100000", "/summary/budget"},
    {"distill.batch", "3", "/metrics/kd.loss"},
    {"distill.micro_batch",
     "1",
     "/metrics/kd.loss",
     {"model.dtype=bf16"}},  // in f32 sums may be equal
    {"distill.alpha", "0.9", "/metrics/kd.loss"},
    {"distill.temperature", "1", "/metrics/kd.kl"},
    {"distill.loss", "renormalised", "/metrics/kd.kl"},
    {"distill.top_k", "4", "/metrics/kd.kl"},
    {"distill.sample_rounds", "5", "/metrics/kd.kl", {"distill.loss=sampled"}},
    {"distill.learning_rate", "1e-3", "/metrics/kd.lr"},
    {"distill.ramp_steps",
     "12",
     "/metrics/kd.ramp_rate",
     {"distill.learning_rate=auto", "distill.ramp_steps=20"}},
    {"distill.schedule", "constant", "/metrics/kd.lr"},
    {"distill.warmup", "3", "/metrics/kd.lr"},
    {"distill.weight_decay",
     "0.9",
     "/metrics/kd.loss",
     {"distill.learning_rate=0.05", "model.dtype=f32"}},
    {"distill.beta1", "0.1", "/metrics/kd.loss", {"distill.learning_rate=0.01", "model.dtype=f32"}},
    {"distill.beta2", "0.1", "/metrics/kd.loss", {"distill.learning_rate=0.01", "model.dtype=f32"}},
    {"distill.epsilon",
     "0.5",
     "/metrics/kd.loss",
     {"distill.learning_rate=0.01", "model.dtype=f32"}},
    {"distill.clip",
     "1e-6",
     "/metrics/kd.loss",
     {"distill.learning_rate=0.01", "model.dtype=f32", "distill.epsilon=1e-3"}},
    {"distill.lr_mlp",
     "0.1",
     "/metrics/kd.loss",
     {"distill.learning_rate=0.01", "model.dtype=f32"}},
    {"distill.lr_attention",
     "0.1",
     "/metrics/kd.loss",
     {"distill.learning_rate=0.01", "model.dtype=f32"}},
    {"distill.lr_embedding",
     "0.1",
     "/metrics/kd.loss",
     {"distill.learning_rate=0.01", "model.dtype=f32"}},
    {"distill.average",
     "0.75",
     "/metrics/ppl.live",
     {"distill.learning_rate=0.01", "model.dtype=f32"}},
    {"distill.eval_every", "1", "/metrics/ppl.live"},
    {"distill.checkpoint_every", "1", "/checkpoints"},
    {"distill.stop_on_rise",
     "true",
     "/summary/kd_steps",
     {"distill.steps=12", "distill.eval_every=1", "distill.learning_rate=0.3",
      "distill.stop_on_rise=false", "distill.stop_on_plateau=false", "distill.patience=1",
      "distill.rise_tolerance=0"}},
    {"distill.rise_tolerance",
     "9",
     "/summary/kd_steps",
     {"distill.steps=12", "distill.eval_every=1", "distill.learning_rate=0.3",
      "distill.stop_on_plateau=false", "distill.patience=1", "distill.rise_tolerance=0"}},
    {"distill.stop_on_plateau",
     "true",
     "/summary/kd_steps",
     {"distill.steps=12", "distill.eval_every=1", "distill.learning_rate=0",
      "distill.stop_on_plateau=false", "distill.patience=1"}},
    {"distill.plateau_improvement",
     "0.9",
     "/summary/kd_steps",
     {"distill.steps=12", "distill.eval_every=1", "distill.learning_rate=1e-3",
      "distill.stop_on_rise=false", "distill.patience=1", "distill.plateau_improvement=0"}},
    {"distill.patience",
     "5",
     "/summary/kd_steps",
     {"distill.steps=12", "distill.eval_every=1", "distill.learning_rate=0", "distill.patience=1"}},
    {"distill.max_bad_steps",
     "2",
     "/error",
     {"model.path=MODELS/broken", "prune.method=none", "distill.alpha=0",
      "distill.max_bad_steps=1"}},
    {"distill.spike_factor",
     "1e-3",
     "/metrics/kd.skipped",
     {"distill.steps=16", "distill.stop_on_rise=false", "distill.stop_on_plateau=false"}},
    {"eval.text", "MODELS/second.txt", "/summary/dense_ppl"},
    {"eval.protocol", "llama.cpp-512", "/summary/dense_ppl"},
    {"eval.context", "48", "/summary/dense_ppl"},
    {"eval.stride", "64", "/summary/dense_ppl"},
    {"eval.max_tokens", "400", "/summary/dense_ppl"},
    {"eval.selection", "MODELS/second.txt", "/metrics/ppl.live"},
    {"eval.live_tokens", "300", "/metrics/ppl.live"},
    {"eval.bos", "window", "/summary/dense_ppl"},
    {"eval.also", R"(["lm-eval-wikitext"])", "/summary/also"},
    {"eval.quality", "true", "/summary/quality", {"eval.quality=false"}},
    {"eval.domain_tokens", "64", "/summary/domains"},
    {"eval.prompts", R"(["Who are you?"])", "/summary/answers"},
    {"eval.answer_tokens", "5", "/summary/answers"},
    {"eval.answer_chat", "false", "/summary/answers"},
};

class SpecEffect : public testing::TestWithParam<FieldCase> {
protected:
    static void SetUpTestSuite() {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
        s_folder = std::make_unique<TemporaryFolder>();
        writeEffectModels(s_folder->path());
        writeTimings();
        std::ofstream text(s_folder->path() / "second.txt");
        for (int i = 0; i < 400; ++i)
            text << "The number " << i * 7919 % 1000 << " is written here, line by line.\n";
    }
    static void TearDownTestSuite() { s_folder.reset(); }

    /// Times of the cases' matrices: for one row gate and up gain by factors, for 64 down does.
    static void writeTimings() {
        BreakEvenTable table{processorName(), "bf16", 1, {}};
        const std::vector<BreakEvenShape::Point> gain{{4, 2}, {8, 4}, {16, 8}, {32, 16}},
            lose{{4, 11}, {8, 12}, {16, 14}, {32, 20}};
        for (const std::int64_t batch : {1, 64}) {
            table.put({96, 48, batch, 10, batch == 1 ? gain : lose});
            table.put({48, 96, batch, 10, batch == 1 ? lose : gain});
        }
        ASSERT_TRUE(writeBreakEven(RunPaths{s_folder->path() / "files"}.timings(), table));
    }

    /// MODELS stands for the folder that the cases' files lie in.
    static std::string placed(std::string text) {
        const std::string word = "MODELS";
        if (const auto at = text.find(word); at != std::string::npos)
            text.replace(at, word.size(), s_folder->path().string());
        return text;
    }

    static Json base() {
        Json spec = Json::object();
        for (const char* assignment : {"model.threads=1",
                                       "corpus.sequence_length=48",
                                       "corpus.samples=24",
                                       "prune.rank_multiple=4",
                                       "prune.target=0.3",
                                       "prune.calibration_tokens=300",
                                       "prune.probe_tokens=90",
                                       "prune.fisher_tokens=90",
                                       "prune.truncation=whitened",
                                       "prune.probe_ranks=1",
                                       "prune.remeasure=0",
                                       "distill.steps=4",
                                       "distill.batch=2",
                                       "distill.warmup=1",
                                       "distill.learning_rate=5e-5",
                                       "distill.eval_every=2",
                                       "distill.checkpoint_every=2",
                                       "eval.max_tokens=500",
                                       "eval.live_tokens=200",
                                       "eval.context=64",
                                       "eval.selection=",
                                       "eval.answer_tokens=8"})
            EXPECT_TRUE(applyOverride(spec, assignment)) << assignment;
        EXPECT_TRUE(applyOverride(spec, placed("model.path=MODELS/sound")));
        EXPECT_TRUE(applyOverride(spec, "corpus.shares=" + smallSharesText()));
        return spec;
    }

    static Json outcomeOf(const Json& json, std::int64_t id) {
        OutcomeSink sink;
        const auto spec = parseRunSpec(json);
        if (!spec) return {{"error", spec.error().message}};
        const RunPaths paths{s_folder->path() / "files"};
        const RunContext context{RunId(id), &sink, {}, static_cast<std::uint64_t>(spec->seed),
                                 {},        {}};
        const auto result =
            runPipeline(*spec, paths, context, [](const Json&) { return Status(); });
        if (!result) return {{"error", result.error().message}};
        sink.outcome["summary"] = toJson(result->summary);
        for (const char* timing : {"kd_seconds", "lineage"}) sink.outcome["summary"].erase(timing);
        std::set<std::string> files;
        for (const auto& entry : std::filesystem::directory_iterator(paths.run(RunId(id))))
            files.insert(entry.path().filename().string());
        sink.outcome["files"] = files;
        std::filesystem::remove_all(id == 1 ? std::filesystem::path("/nonexistent")
                                            : paths.run(RunId(id)));
        return sink.outcome;
    }

    /// Outcomes by spec, so that cases share their starting points.
    static const Json& known(const Json& spec) {
        static std::map<std::string, Json> outcomes;
        static std::int64_t next = 1;  // the plain base comes first: it is run 1
        if (outcomes.empty()) outcomes.emplace(dumpJson(base()), outcomeOf(base(), next++));
        const std::string key = dumpJson(spec);
        auto found = outcomes.find(key);
        if (found == outcomes.end()) found = outcomes.emplace(key, outcomeOf(spec, next++)).first;
        return found->second;
    }

    static Json at(const Json& outcome, const char* pointer) {
        const Json::json_pointer place(pointer);
        return outcome.contains(place) ? outcome[place] : Json();
    }

    static std::unique_ptr<TemporaryFolder> s_folder;
};
std::unique_ptr<TemporaryFolder> SpecEffect::s_folder;

TEST_P(SpecEffect, OfField) {
    const FieldCase& field = GetParam();
    Json before = base();
    for (const char* assignment : field.where)
        ASSERT_TRUE(applyOverride(before, placed(assignment))) << assignment;
    Json after = before;
    ASSERT_TRUE(applyOverride(after, placed(std::string(field.path) + "=" + field.value)));
    (void)known(base());
    const Json &first = known(before), &second = known(after);
    const bool expectsError = std::string(field.changes) == "/error";
    if (!expectsError) {
        ASSERT_FALSE(first.contains("error")) << first["error"];
        ASSERT_FALSE(second.contains("error")) << second["error"];
    }
    EXPECT_NE(dumpJson(at(first, field.changes)), dumpJson(at(second, field.changes)))
        << field.path << " changed nothing at " << field.changes;
    EXPECT_FALSE(at(first, field.changes).is_null() && at(second, field.changes).is_null());
}

std::string caseName(const testing::TestParamInfo<FieldCase>& info) {
    std::string name = info.param.path;
    for (char& c : name)
        if (c == '.') c = '_';
    return name;
}
INSTANTIATE_TEST_SUITE_P(Fields, SpecEffect, testing::ValuesIn(kCases), caseName);

TEST(SpecEffects, EveryFieldHasACase) {
    std::set<std::string> covered;
    for (const FieldCase& field : kCases)
        EXPECT_TRUE(covered.insert(field.path).second) << field.path << " has two cases";
    for (const FieldDescription& field : describeRunSpec())
        EXPECT_TRUE(covered.erase(field.path)) << field.path << " has no case";
    EXPECT_TRUE(covered.empty()) << *covered.begin() << " is no field";
}

}  // namespace
}  // namespace skd::test
