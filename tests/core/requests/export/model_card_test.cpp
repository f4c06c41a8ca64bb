#include <gtest/gtest.h>

#include "base/text.h"
#include "requests/export/origin.h"
#include "store/measurement_codec.h"

namespace skd::test {
namespace {

const std::string kEvil = "a<img src=x>[b](http://c)|d\n# e\x1b[2J`f`";

/// As the card has to show it: one line of text.
const std::string kShown = "a\\<img src=x>\\[b](http://c)\\|d # e\\u001b\\[2J\\`f\\`";

ExportOrigin evilOrigin() {
    ExportOrigin origin;
    origin.name = origin.base = origin.licence = kEvil;
    origin.lineage = {{"chain", Json::array({{{"run", 3},
                                              {"name", kEvil},
                                              {"from", kEvil},
                                              {"method", "svd"},
                                              {"control", kEvil},
                                              {"teacher", nullptr}}})},
                      {"model_sha256", kEvil}};
    origin.summary.densePpl = 12.5;
    origin.spec = {{"name", kEvil}, {"eval", {{"protocol", "paper-512-256"}, {"text", kEvil}}}};
    return origin;
}

TEST(ModelCard, NamesStayText) {
    Json record{{"format", "gguf"}, {"model", "m.gguf"}, {"architecture", kEvil}};
    const std::string whole = modelCard(evilOrigin(), record);
    const std::string card = whole.substr(0, whole.find("## Spec of the run"));
    EXPECT_EQ(card.find('\x1b'), std::string::npos);
    EXPECT_EQ(card.find("\n# e"), std::string::npos) << card;
    EXPECT_EQ(card.find("SHA-256"), std::string::npos) << "what is none is not shown as one";
    const std::string body = card.substr(card.find("\n# ") + 1);  // below the front matter
    for (std::size_t at = body.find('<'); at != std::string::npos; at = body.find('<', at + 1))
        EXPECT_EQ(body[at - 1], '\\') << body.substr(at, 30);
    for (const std::string& place :
         {"# " + kShown + "\n", "Made from " + kShown + " by", "| 3 | " + kShown + " | " + kShown,
          ", text " + kShown, "| architecture | " + kShown + " |", "base model: " + kShown})
        EXPECT_NE(card.find(place), std::string::npos) << place << "\nis not in\n" << card;
}

TEST(ModelCard, CommandsCanBePasted) {
    const std::string rest = " -p \"Hello\" -n 32 --single-turn";
    const auto commandFor = [](const std::string& file) {
        const std::string card =
            modelCard(ExportOrigin{}, Json{{"format", "gguf"}, {"model", file}});
        const std::size_t begin = card.find("llama-cli");
        return card.substr(begin, card.find('\n', begin) - begin);
    };
    EXPECT_EQ(commandFor("SmolLM2-135M-run12-F16.gguf"),
              "llama-cli -m SmolLM2-135M-run12-F16.gguf" + rest);
    EXPECT_EQ(commandFor("$(touch PWN) it's.gguf"),
              "llama-cli -m '$(touch PWN) it'\\''s.gguf'" + rest);
    EXPECT_EQ(commandFor("-x.gguf"), "llama-cli -m ./-x.gguf" + rest);
    EXPECT_EQ(commandFor("a\n```\n# b.gguf"), "llama-cli -m 'a\\u000a```\\u000a# b.gguf'" + rest);
}

/// A tokeniser without the flag asks on a terminal whether the code may run, and waits.
TEST(ModelCard, NoCommandWaitsForAnAnswer) {
    const std::string card = modelCard(ExportOrigin{}, Json{{"format", "hf"}, {"pruned", true}});
    EXPECT_NE(card.find("AutoTokenizer.from_pretrained(\".\", trust_remote_code=True)"),
              std::string::npos);
    EXPECT_NE(card.find("vllm serve . --trust-remote-code"), std::string::npos);
    const std::string dense = modelCard(ExportOrigin{}, Json{{"format", "hf-dense"}});
    EXPECT_EQ(dense.find("trust"), std::string::npos);
    EXPECT_NE(dense.find("vllm serve .\n"), std::string::npos);
}

TEST(ModelCard, OnlyPrunedModelsAreTaggedSo) {
    const auto tags = [](bool pruned) {
        const std::string card =
            modelCard(ExportOrigin{}, Json{{"format", "hf-dense"}, {"pruned", pruned}});
        return card.substr(0, card.find("\n---\n", 4));
    };
    EXPECT_NE(tags(true).find("- pruned"), std::string::npos);
    EXPECT_EQ(tags(false).find("- pruned"), std::string::npos);
}

TEST(ModelCard, TheGainIsHeldAgainstTheTunedDenseModel) {
    ExportOrigin origin;
    origin.summary.postKdPpl = 17.25;
    origin.tunedDense = {{RunId(7), "dense-ce", 15.5}};
    BenchmarkReport timed;
    timed.rounds = 7;
    timed.models.resize(2);
    for (BenchmarkModel& model : timed.models) model.cells.resize(1);
    timed.models[0].cells[0].ttftMs = timed.models[1].cells[0].ttftMs = {90, 80, 95};
    timed.models[0].cells[0].tpotMs = {20, 19, 22};
    timed.models[1].cells[0].tpotMs = {16, 15, 18};
    origin.summary.benchmark = benchmarkJson(timed);
    const std::string card = modelCard(
        origin, Json{{"format", "hf"}, {"weight_bytes", 65536}, {"gain", "Cut layers <stay>."}});
    EXPECT_NE(card.find("(run 7, dense-ce) | 15.5000 |"), std::string::npos) << card;
    EXPECT_NE(card.find("| 20.00 ms (19.00 to 22.00) | 16.00 ms (15.00 to 18.00) |"),
              std::string::npos)
        << card;
    EXPECT_NE(card.find("| bytes as stored | 65,536 (64"), std::string::npos) << card;
    EXPECT_NE(card.find("Cut layers \\<stay>."), std::string::npos) << card;
    origin.slice = SliceRecord{.largest = 0.15, .smallest = 0.65, .asked = 0.42};
    origin.summary.elastic.emplace().selection = 0.35;
    EXPECT_NE(modelCard(origin, Json{{"format", "hf"}}).find("TPOT, slice with 35 % removed |"),
              std::string::npos)
        << "a run times one of its sizes, which need not be this one";
}

/// The run asks the size that stands for it, not the one that is exported.
TEST(ModelCard, TasksOfASliceSayWhichSizeTheyAreOf) {
    ExportOrigin origin;
    TaskScores task{.task = "piqa", .documents = 2};
    task.models = {{kRecoveredAnswers, {{{kAccuracy, {1, 0}}}}}};
    origin.summary.tasks = {task};
    const auto tasksOf = [&origin] {
        const std::string card = modelCard(origin, Json{{"format", "hf"}});
        const std::size_t begin = card.find("## Tasks");
        return card.substr(begin, card.find("## Size") - begin);
    };
    EXPECT_EQ(tasksOf().find("slice"), std::string::npos) << "a run of one size";
    origin.summary.elastic.emplace().selection = 0.35;
    origin.slice = SliceRecord{.largest = 0.15, .smallest = 0.65, .asked = 0.42};
    EXPECT_NE(tasksOf().find("slice with 35 % removed, not this one"), std::string::npos)
        << tasksOf();
    origin.slice->asked = 0.35;
    EXPECT_NE(tasksOf().find("slice with 35 % removed.\n"), std::string::npos) << tasksOf();
}

TEST(ModelCard, SaysWhatTheWrittenModelAnswered) {
    const Json record{{"format", "hf"}, {"load_check", {{"tokens", 16}, {"equal", 15}}}};
    EXPECT_NE(modelCard(ExportOrigin{}, record).find("as before | 15 of 16 |"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
