#include "core/run/spec_effect_world.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/files.h"
#include "core/run/spec_effect_models.h"
#include "results/break_even.h"
#include "run/pipeline.h"
#include "support/small_corpus.h"

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

/// Times of the cases' matrices: for one row gate and up gain by factors, for 64 down does.
void writeTimings(const RunPaths& paths) {
    BreakEvenTable table{processorName(), "bf16", 1, {}};
    const std::vector<BreakEvenShape::Point> gain{{4, 2}, {8, 4}, {16, 8}, {32, 16}},
        lose{{4, 11}, {8, 12}, {16, 14}, {32, 20}};
    for (const std::int64_t batch : {1, 64}) {
        table.put({96, 48, batch, 10, batch == 1 ? gain : lose});
        table.put({48, 96, batch, 10, batch == 1 ? lose : gain});
    }
    EXPECT_TRUE(writeBreakEven(paths.timings(), table));
}

}  // namespace

EffectWorld::EffectWorld() {
    setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    writeEffectModels(path());
    std::ofstream text(path() / "second.txt");
    for (int i = 0; i < 400; ++i)
        text << "The number " << i * 7919 % 1000 << " is written here, line by line.\n";
}

RunPaths EffectWorld::workspace(const std::string& name) const {
    const RunPaths paths{path() / name};
    writeTimings(paths);
    return paths;
}

std::string EffectWorld::placed(std::string text) const {
    const std::string word = "MODELS";
    if (const auto at = text.find(word); at != std::string::npos)
        text.replace(at, word.size(), path().string());
    return text;
}

Json EffectWorld::base() const {
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

Json EffectWorld::outcomeOf(const Json& json, const RunPaths& paths, std::int64_t id) {
    OutcomeSink sink;
    const auto spec = parseRunSpec(json);
    if (!spec) return {{"error", spec.error().message}};
    const RunContext context{RunId(id), &sink, {}, static_cast<std::uint64_t>(spec->seed), {}, {}};
    const auto result = runPipeline(*spec, paths, context, [](const Json&) { return Status(); });
    if (!result) return {{"error", result.error().message}};
    sink.outcome["summary"] = toJson(result->summary);
    for (const char* timing : {"kd_seconds", "lineage"}) sink.outcome["summary"].erase(timing);
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(paths.run(RunId(id))))
        files.insert(entry.path().filename().string());
    sink.outcome["files"] = files;
    return sink.outcome;
}

}  // namespace skd::test
