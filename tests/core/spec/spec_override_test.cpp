#include <gtest/gtest.h>

#include "spec/run_spec.h"

namespace skd {
namespace {

std::string errorOf(const std::string& assignment, Json json = Json::object()) {
    const Json before = json;
    const Status status = applyOverride(json, assignment);
    if (status) return "";
    EXPECT_EQ(json, before) << "a refused assignment must change nothing";
    return status.error().message;
}

Result<RunSpec> specWith(const std::vector<std::string>& assignments) {
    Json json = Json::object();
    for (const std::string& assignment : assignments) SKD_CHECK(applyOverride(json, assignment));
    return parseRunSpec(json);
}

TEST(Override, SetsEveryTypeOfField) {
    const auto spec =
        specWith({"prune.target=0.35", "seed=7", "distill.stop_on_rise=false",
                  "prune.ranks=uniform", "name=svd, 35 %", "eval.text=\"a \\u00e9\"",
                  "model.path=42", "prune.explicit_ranks.model.layers.0.mlp.up_proj=64",
                  "prune.explicit_ranks.model.layers.1.mlp.up_proj=0"});
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->prune.target, 0.35);
    EXPECT_EQ(spec->seed, 7);
    EXPECT_FALSE(spec->distill.stopOnRise);
    EXPECT_EQ(spec->prune.ranks, RankRule::Uniform);
    EXPECT_EQ(spec->name, "svd, 35 %");
    EXPECT_EQ(spec->eval.text, "a é");
    EXPECT_EQ(spec->model.path, "42");
    EXPECT_EQ(spec->prune.explicitRanks,
              (std::map<std::string, std::int64_t>{{"model.layers.0.mlp.up_proj", 64},
                                                   {"model.layers.1.mlp.up_proj", 0}}));
}

TEST(Override, ReachesIntoListsAndTheirDefaults) {
    const auto spec = specWith({"corpus.shares.0.weight=1", "corpus.shares.2.fields.1=solution",
                                "corpus.shares.4.path=mine.txt"});
    ASSERT_TRUE(spec) << spec.error().message;
    ASSERT_EQ(spec->corpus.shares.size(), 5u);
    EXPECT_EQ(spec->corpus.shares[0].weight, 1);
    EXPECT_EQ(spec->corpus.shares[0].name, "c4");
    EXPECT_EQ(spec->corpus.shares[2].fields, (std::vector<std::string>{"question", "solution"}));
    EXPECT_EQ(spec->corpus.shares[4].path, "mine.txt");
    const auto whole =
        specWith({R"(corpus.shares=[{"path": "x"}])", R"(prune.explicit_ranks={"a": 3})"});
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->corpus.shares.size(), 1u);
    EXPECT_EQ(whole->prune.explicitRanks.at("a"), 3);
}

TEST(Override, ANumberMayBeLeftToTheProgram) {
    for (const char* assignment :
         {"distill.learning_rate=auto", R"(distill.learning_rate="auto")"}) {
        const auto spec = specWith({assignment});
        ASSERT_TRUE(spec) << spec.error().message;
        EXPECT_TRUE(spec->distill.learningRate.isAutomatic());
        EXPECT_EQ(spec->distill.learningRate.valueOr(3), 3);
        EXPECT_EQ(toJson(*spec)["distill"]["learning_rate"], "auto");
        EXPECT_EQ(parseRunSpec(toJson(*spec)), *spec);
    }
    const auto given = specWith({"distill.learning_rate=auto", "distill.learning_rate=2e-4"});
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->distill.learningRate, 2e-4);
    EXPECT_EQ(toJson(RunSpec())["distill"]["learning_rate"], "rule");
    EXPECT_TRUE(specWith({"distill.learning_rate=1e-4", "distill.learning_rate=rule"})
                    ->distill.learningRate.isRuled());
    EXPECT_NE(errorOf("distill.learning_rate=fast"), "");
    EXPECT_NE(errorOf("distill.weight_decay=auto"), "");
    EXPECT_NE(specWith({"distill.learning_rate=2"}).error().message.find("between 0 and 1"),
              std::string::npos);
}

TEST(Override, LaterOnesWin) {
    EXPECT_EQ(specWith({"seed=1", "seed=2"})->seed, 2);
}

TEST(Override, ErrorsNameTheFieldAndTheNearest) {
    EXPECT_EQ(errorOf("prune.taget=1"),
              R"(there is no field "prune.taget"; did you mean "prune.target"?)");
    EXPECT_EQ(errorOf("target=1"), R"(there is no field "target"; did you mean "prune.target"?)");
    EXPECT_EQ(
        errorOf("corpus.shares.0.wieght=1"),
        R"(there is no field "corpus.shares.0.wieght"; did you mean "corpus.shares.0.weight"?)");
    EXPECT_EQ(errorOf("prune=1"),
              R"("prune" is a group of fields; name one of them, such as "prune.method")");
    EXPECT_EQ(errorOf("corpus.shares.5.weight=1"),
              R"("corpus.shares" has 4 elements; "5" must be a number from 0 to 4)");
    EXPECT_EQ(errorOf("corpus.shares.x.weight=1"),
              R"("corpus.shares" has 4 elements; "x" must be a number from 0 to 4)");
    EXPECT_EQ(errorOf("corpus.shares.0=1"),
              R"("corpus.shares.0" is a group of fields; name one of them, such as )"
              R"("corpus.shares.0.name")");
    EXPECT_EQ(errorOf("prune.target=lots"), R"("prune.target" takes a number, not lots)");
    EXPECT_EQ(errorOf("prune.target="), R"("prune.target" takes a number, not nothing)");
    EXPECT_EQ(errorOf("distill.stop_on_rise=yes"),
              R"("distill.stop_on_rise" takes true or false, not yes)");
    EXPECT_EQ(errorOf("corpus.shares.0.fields=text"),
              R"("corpus.shares.0.fields" takes a JSON list, not text)");
    EXPECT_EQ(errorOf("seed"),
              R"("seed" is not an assignment; write FIELD=VALUE, such as prune.target=0.35)");
    EXPECT_EQ(errorOf("=3"),
              R"("=3" is not an assignment; write FIELD=VALUE, such as prune.target=0.35)");
    EXPECT_EQ(errorOf("name=\xff"), R"("name" must be UTF-8 text)");
    EXPECT_NE(errorOf("prune.target=1", Json{{"prune", 3}}), "");
    EXPECT_NE(errorOf("corpus.shares.0.weight=1", Json{{"corpus", {{"shares", 3}}}}), "");
    EXPECT_NE(errorOf("seed=1", Json::array()), "");
}

TEST(Override, TypesAreCheckedByTheReader) {
    const auto spec = specWith({"prune.target=true"});
    ASSERT_FALSE(spec);
    EXPECT_EQ(spec.error().message, R"("prune.target" must be a number, not a flag (true))");
}

}  // namespace
}  // namespace skd
