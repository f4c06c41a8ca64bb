#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "spec/run_spec.h"
#include "spec/spec_identity.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

std::string readErrorOf(const char* text) {
    const auto json = parseJson(text);
    if (!json) return "not JSON";
    const auto spec = parseRunSpec(*json);
    if (spec) return "";
    EXPECT_EQ(spec.error().code, ErrorCode::InvalidInput);
    return spec.error().message;
}

TEST(RunSpecJson, DefaultsComeFromAnEmptyObject) {
    const auto spec = parseRunSpec(Json::object());
    ASSERT_TRUE(spec);
    EXPECT_EQ(*spec, RunSpec());
}

TEST(RunSpecJson, WritesAllFieldsInOrder) {
    const Json json = toJson(RunSpec());
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    EXPECT_EQ(keys,
              (std::vector<std::string>{"name", "seed", "control", "keep", "model", "teacher",
                                        "corpus", "prune", "schedule", "refine", "elastic",
                                        "distill", "eval", "inference", "consistency", "tasks"}));
    EXPECT_EQ(json["prune"]["method"], "svd");
    EXPECT_EQ(json["prune"]["explicit_ranks"], Json::object());
    EXPECT_EQ(json["corpus"]["shares"][2]["fields"], (Json{"question", "answer"}));
    EXPECT_EQ(json["eval"]["protocol"], "paper-512-256");
}

TEST(RunSpecJson, ReadsWhatIsGivenAndKeepsTheRest) {
    const auto json =
        parseJson(R"({"seed": 7, "prune": {"target": 0.35, "explicit_ranks": {"a.b": 16}},
        "distill": {"steps": 1e3, "schedule": "constant", "stop_on_rise": false},
        "corpus": {"shares": [{"path": "x.txt", "format": "text"}]}})");
    const auto spec = parseRunSpec(*json);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->seed, 7);
    EXPECT_EQ(spec->prune.target, 0.35);
    EXPECT_EQ(spec->prune.explicitRanks, (std::map<std::string, std::int64_t>{{"a.b", 16}}));
    EXPECT_EQ(spec->distill.steps, 1000);
    EXPECT_EQ(spec->distill.schedule, Schedule::Constant);
    EXPECT_FALSE(spec->distill.stopOnRise);
    EXPECT_EQ(spec->distill.batch, 4);
    ASSERT_EQ(spec->corpus.shares.size(), 1u);
    EXPECT_EQ(spec->corpus.shares[0].weight, 1.0);
    EXPECT_EQ(spec->corpus.shares[0].fields, std::vector<std::string>{"text"});
}

TEST(RunSpecJson, ErrorsNamePathAndWayOut) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"[]", "the spec must be an object, not a list"},
        {"null", "the spec must be an object, not null"},
        {R"({"prun": {}})", R"(there is no field "prun"; did you mean "prune"?)"},
        {R"({"prune": {"taget": 1}})",
         R"(there is no field "prune.taget"; did you mean "prune.target"?)"},
        {R"({"corpus": {"shares": [{}, {"wieght": 1}]}})",
         R"(there is no field "corpus.shares.1.wieght"; did you mean "corpus.shares.1.weight"?)"},
        {R"({"prune": 5})", R"("prune" must be an object, not a number (5))"},
        {R"({"prune": {"target": "much"}})",
         R"("prune.target" must be a number, not text ("much"))"},
        {R"({"prune": {"target": null}})", R"("prune.target" must be a number, not null)"},
        {R"({"distill": {"learning_rate": "automatic"}})",
         R"("distill.learning_rate" must be a number, "auto" or "rule", not text ("automatic"))"},
        {R"({"prune": {"target": 1.5}})",
         R"("prune.target" must be between 0 and 0.99 fraction, not 1.5)"},
        {R"({"distill": {"epsilon": 0}})",
         R"("distill.epsilon" must be between 1e-16 and 1, not 0)"},
        {R"({"distill": {"steps": 1.5}})",
         R"("distill.steps" must be a whole number, not a number (1.5))"},
        {R"({"distill": {"steps": -1}})",
         R"("distill.steps" must be between 0 and 1000000000 steps, not -1)"},
        {R"({"distill": {"steps": true}})",
         R"("distill.steps" must be a whole number, not a flag (true))"},
        {R"({"seed": 18446744073709551615})",
         R"("seed" must be between 0 and 9000000000000000, not 18446744073709551615)"},
        {R"({"distill": {"stop_on_rise": 1}})",
         R"("distill.stop_on_rise" must be true or false, not a number (1))"},
        {R"({"prune": {"method": "svdd"}})",
         R"("prune.method" must be one of svd, wanda, magnitude, sparsegpt, llm-pruner, shortgpt, )"
         R"(slicegpt, none, not "svdd"; did you mean "svd"?)"},
        {R"({"prune": {"method": 3}})",
         R"("prune.method" must be one of svd, wanda, magnitude, sparsegpt, llm-pruner, shortgpt, )"
         R"(slicegpt, none, not a number (3))"},
        {R"({"corpus": {"shares": {}}})", R"("corpus.shares" must be a list, not an object)"},
        {R"({"corpus": {"shares": [3]}})",
         R"("corpus.shares.0" must be an object, not a number (3))"},
        {R"({"corpus": {"shares": [{"fields": "text"}]}})",
         R"("corpus.shares.0.fields" must be a list of texts, not text ("text"))"},
        {R"({"corpus": {"shares": [{"fields": [1]}]}})",
         R"("corpus.shares.0.fields.0" must be text, not a number (1))"},
        {R"({"prune": {"explicit_ranks": {"a": -1}}})",
         R"("prune.explicit_ranks.a" must be between 0 and 1000000, not -1)"},
        {R"({"prune": {"explicit_ranks": {"a": 0.5}}})",
         R"("prune.explicit_ranks.a" must be a whole number, not a number (0.5))"},
        {R"({"prune": {"explicit_ranks": []}})",
         R"("prune.explicit_ranks" must be an object of whole numbers, not a list)"},
        {R"({"name": "a\u0000b"})", R"("name" must be UTF-8 text without NUL characters)"},
    };
    for (const auto& [text, message] : cases) EXPECT_EQ(readErrorOf(text), message) << text;
}

TEST(RunSpecJson, RefusesNonFiniteNumbers) {
    for (const double value :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const auto number = parseRunSpec(Json{{"prune", {{"target", value}}}});
        ASSERT_FALSE(number);
        EXPECT_NE(number.error().message.find("\"prune.target\" must be a finite number"),
                  std::string::npos);
        EXPECT_FALSE(parseRunSpec(Json{{"seed", value}}));
    }
}

TEST(RunSpecJson, FilesAreNamedInErrors) {
    const test::TemporaryFolder folder;
    const auto good = readRunSpec(folder.write("good.json", R"({"seed": 5})").string());
    ASSERT_TRUE(good);
    EXPECT_EQ(good->seed, 5);
    for (const char* text : {"{", "[]", R"({"sed": 1})"}) {
        const auto bad = readRunSpec(folder.write("bad.json", text).string());
        ASSERT_FALSE(bad) << text;
        EXPECT_TRUE(bad.error().message.starts_with((folder / "bad.json").string() + ": "))
            << bad.error().message;
    }
    EXPECT_EQ(readRunSpec((folder / "none.json").string()).error().code, ErrorCode::NotFound);
    EXPECT_EQ(readRunSpec(folder.path().string()).error().code, ErrorCode::InvalidInput);
}

TEST(RunSpecJson, DescriptionsFitTheJson) {
    const auto fields = describeRunSpec();
    const Json json = toJson(RunSpec());
    std::map<std::string, const FieldDescription*> byPath;
    for (const FieldDescription& field : fields) {
        EXPECT_TRUE(byPath.emplace(field.path, &field).second) << field.path;
        EXPECT_STRNE(field.info.help, "") << field.path;
        std::string pointer = "/" + field.path;
        std::replace(pointer.begin(), pointer.end(), '.', '/');
        EXPECT_EQ(json.at(Json::json_pointer(pointer)), field.defaultValue) << field.path;
    }
    ASSERT_TRUE(byPath.contains("prune.ranks") && byPath.contains("corpus.shares"));
    EXPECT_EQ(byPath["prune.ranks"]->type, "choice");
    EXPECT_EQ(byPath["prune.ranks"]->choices,
              (std::vector<std::string>{"budget", "uniform", "tiers", "energy", "explicit",
                                        "search", "random"}));
    EXPECT_EQ(byPath["prune.target"]->type, "number");
    EXPECT_EQ(byPath["prune.target"]->info.maximum, 0.99);
    EXPECT_EQ(byPath["distill.learning_rate"]->type, "number");
    EXPECT_EQ(byPath["distill.learning_rate"]->choices, (std::vector<std::string>{"auto", "rule"}));
    EXPECT_EQ(byPath["prune.explicit_ranks"]->type, "map");
    EXPECT_EQ(byPath["distill.stop_on_rise"]->type, "flag");
    EXPECT_EQ(byPath["corpus.shares"]->type, "list");
    ASSERT_EQ(byPath["corpus.shares"]->elements.size(), 7u);
    EXPECT_EQ(byPath["corpus.shares"]->elements[4].path, "weight");
    EXPECT_EQ(byPath["corpus.shares"]->elements[4].defaultValue, 1.0);
}

/// As version 0.1.0 wrote it: its checkpoints are recognised by these fields in this order.
TEST(RunSpecJson, IdentityIsWithoutLaterFieldsAtTheirDefaults) {
    const std::vector<std::string> known{"steps",           "batch",
                                         "micro_batch",     "alpha",
                                         "temperature",     "loss",
                                         "top_k",           "sample_rounds",
                                         "learning_rate",   "schedule",
                                         "warmup",          "weight_decay",
                                         "beta1",           "beta2",
                                         "epsilon",         "clip",
                                         "eval_every",      "checkpoint_every",
                                         "stop_on_rise",    "rise_tolerance",
                                         "stop_on_plateau", "plateau_improvement",
                                         "patience",        "max_bad_steps",
                                         "spike_factor"};
    const auto keysOf = [](const Json& json) {
        std::vector<std::string> keys;
        for (const auto& entry : json.items()) keys.push_back(entry.key());
        return keys;
    };
    RunSpec spec;
    EXPECT_EQ(keysOf(specIdentity(spec.distill)), known);
    EXPECT_EQ(keysOf(specIdentity(spec)["distill"]), known);
    EXPECT_EQ(specIdentity(spec)["prune"]["target"], spec.prune.target);
    for (const char* later : {"probe_law", "energies", "probe_reference", "depth_trials",
                              "fisher_edge", "fisher_clip", "shrink_input", "shrink_output"})
        EXPECT_FALSE(specIdentity(spec)["prune"].contains(later)) << later;
    for (const char* later : {"gate_reference", "gate_tokens"})
        EXPECT_FALSE(specIdentity(spec)["schedule"].contains(later)) << later;
    spec.distill.average = 0.25;
    EXPECT_EQ(specIdentity(spec)["distill"]["average"], 0.25);
    EXPECT_EQ(keysOf(specIdentity(spec.distill)).size(), known.size() + 1);
    EXPECT_FALSE(specIdentity(spec)["eval"].contains("prompts")) << "a list at its default";
    spec.eval.prompts.pop_back();
    EXPECT_EQ(specIdentity(spec)["eval"]["prompts"].size(), 2u);
    EXPECT_FALSE(specIdentity(spec)["eval"].contains("answer_tokens"));
    // Elements of lists, and groups that have later fields alone.
    spec.schedule.rounds = {{0.2, 3}};
    const Json identity = specIdentity(spec);
    EXPECT_EQ(keysOf(identity["schedule"]["rounds"][0]),
              (std::vector<std::string>{"target", "steps"}));
    EXPECT_FALSE(identity.contains("refine"));
    EXPECT_FALSE(identity.contains("elastic")) << "a run of one size is what it was";
    spec.schedule.rounds[0] = {0.2, 0, 1};
    spec.refine.passes = 3;
    EXPECT_EQ(specIdentity(spec)["schedule"]["rounds"][0]["share"], 1.0);
    EXPECT_EQ(specIdentity(spec)["refine"], Json({{"passes", 3}}));
}

/// What 0.1.0 wrote has no selection text: it chose by the first tokens of the evaluation text.
TEST(RunSpecJson, RecordsWithoutASelectionMeanTheEvaluationText) {
    Json old = toJson(RunSpec());
    old["eval"].erase("selection");
    EXPECT_EQ(parseRunSpec(old)->eval.selection, EvalSpec().selection)
        << "a file without it gets the default";
    const Json completed = completedRunSpec(old);
    const auto spec = parseRunSpec(completed);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->eval.selection, "");
    EXPECT_FALSE(specIdentity(*spec)["eval"].contains("selection"))
        << "its checkpoints are recognised by what 0.1.0 wrote";
    EXPECT_EQ(specIdentity(RunSpec())["eval"]["selection"], EvalSpec().selection);
    EXPECT_EQ(completedRunSpec(toJson(RunSpec())), toJson(RunSpec()));
    const Json foreign{{"imported", "mlflow"}, {"eval", 3}};
    EXPECT_EQ(completedRunSpec(foreign), foreign);
    EXPECT_EQ(completedRunSpec(Json()), Json());
}

TEST(RunSpecJson, TextsAndSamplesInWords) {
    EvalSpec eval;
    EXPECT_EQ(liveSliceName(eval), "first 2,048 tokens of the held-out validation text");
    eval.liveTokens = 0;
    EXPECT_EQ(liveSliceName(eval), "whole held-out validation text");
    eval.selection = "texts/mine.txt";
    EXPECT_EQ(selectionName(eval), "selection text mine.txt");
    eval.selection.clear();
    EXPECT_EQ(liveSliceName(eval), "first 8,192 tokens of the evaluation text");
    eval.liveTokens = 300;
    EXPECT_EQ(liveSliceName(eval), "first 300 tokens of the evaluation text");
    EXPECT_EQ(samplesText(50'000, 512, {}), "50,000 samples of 512 tokens");
    EXPECT_EQ(samplesText(50'000, 512, 50'000), "50,000 samples of 512 tokens, all distinct");
    EXPECT_EQ(samplesText(50'000, 512, 1557),
              "50,000 samples of 512 tokens, 1,557 distinct (32.1 passes)");
}

TEST(RunSpecJson, NamesComeFromMethodTargetAndSeed) {
    RunSpec spec;
    EXPECT_EQ(displayName(spec), "svd-fisher 15 % · seed 42");
    spec.prune.target = 0.07;
    spec.prune.truncation = Truncation::Plain;
    spec.prune.ranks = RankRule::Uniform;
    EXPECT_EQ(displayName(spec), "svd-plain uniform 7 % · seed 42");
    spec.prune.ranks = RankRule::Energy;
    EXPECT_EQ(displayName(spec), "svd-plain energy 95 % · seed 42");
    spec.prune.method = PruneMethod::None;
    EXPECT_EQ(displayName(spec), "dense · seed 42");
    spec.name = "mine";
    EXPECT_EQ(displayName(spec), "mine");
}

}  // namespace
}  // namespace skd
