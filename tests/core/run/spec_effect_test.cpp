// Every field of a run spec changes what its help says it changes: each is run through the whole
// pipeline on a tiny model with another value, and one named part of the outcome must differ.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/files.h"
#include "core/run/spec_effect_cases.h"
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
INSTANTIATE_TEST_SUITE_P(Fields, SpecEffect, testing::ValuesIn(effectCases()), caseName);

TEST(SpecEffects, EveryFieldHasACase) {
    std::set<std::string> covered;
    for (const FieldCase& field : effectCases())
        EXPECT_TRUE(covered.insert(field.path).second) << field.path << " has two cases";
    for (const FieldDescription& field : describeRunSpec())
        EXPECT_TRUE(covered.erase(field.path)) << field.path << " has no case";
    EXPECT_TRUE(covered.empty()) << *covered.begin() << " is no field";
}

}  // namespace
}  // namespace skd::test
