#include <gtest/gtest.h>

#include <set>

#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class CliEval : public testing::Test {
protected:
    /// The tiny model with a name for its tokeniser's bos, which lm-eval-wikitext puts in front.
    void SetUp() override {
        tiny = (folder / "tiny").string();
        std::filesystem::copy(std::string(SKD_FIXTURES) + "/models/workbench", tiny);
        folder.write("tiny/tokenizer_config.json", R"({"bos_token": "<|im_start|>"})");
    }
    CliResult call(std::vector<std::string> arguments) { return runCli(arguments, folder.path()); }
    Json json(std::vector<std::string> arguments) {
        arguments.push_back("--json");
        const CliResult result = call(arguments);
        EXPECT_EQ(result.exitCode, 0) << result.err;
        return result.json();
    }
    const TemporaryFolder folder;
    std::string tiny;
};

TEST_F(CliEval, AllProtocolsSideBySideWithTheirDefinitions) {
    const Json result =
        json({"eval", tiny, "--protocol", "all", "--max-tokens", "2100", "--dtype", "f32"});
    ASSERT_EQ(result["also"].size(), 5u);
    std::set<std::string> protocols{result["protocol"].get<std::string>()},
        definitions{result["definition"].get<std::string>()};
    for (const Json& report : result["also"]) {
        protocols.insert(report["protocol"].get<std::string>());
        definitions.insert(report["definition"].get<std::string>());
        EXPECT_TRUE(report["ppl"].is_number());
        EXPECT_EQ(report["log_softmax"], "f32");
        EXPECT_EQ(report["scored_text_sha256"].get<std::string>().size(), 64u);
        EXPECT_EQ(report.contains("bits_per_byte"), report["protocol"] == "lm-eval-wikitext");
    }
    EXPECT_EQ(protocols.size(), 6u);
    EXPECT_EQ(definitions.size(), 6u);
    const CliResult table =
        call({"eval", tiny, "--protocol", "all", "--max-tokens", "2100", "--dtype", "f32"});
    for (const std::string& text : protocols)
        EXPECT_NE(table.out.find(text), std::string::npos) << table.out;
    for (const std::string& text : definitions)
        EXPECT_NE(table.out.find(text), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("bits per byte"), std::string::npos);
}

TEST_F(CliEval, CalibrationCanBeLeftOut) {
    EXPECT_TRUE(json({"eval", tiny, "--max-tokens", "600"})["calibration"]["ece"].is_number());
    EXPECT_FALSE(
        json({"eval", tiny, "--max-tokens", "600", "--no-quality"}).contains("calibration"));
}

TEST_F(CliEval, AgainstItselfThereIsNoDifference) {
    const Json result =
        json({"eval", tiny, "--against", tiny, "--max-tokens", "600", "--dtype", "f32"});
    EXPECT_EQ(result["kl"], 0.0);
    EXPECT_EQ(result["top1_agreement"], 1.0);
    EXPECT_EQ(result["ppl_difference"], 0.0);
    EXPECT_EQ(result["dense_weights_sha256"], result["weights_sha256"]);
    const std::string text =
        call({"eval", tiny, "--against", tiny, "--max-tokens", "600", "--dtype", "f32"}).out;
    EXPECT_NE(text.find("calibration.ece "), std::string::npos) << text;
    EXPECT_NE(text.find("15 entries, with --json"), std::string::npos) << text;
    EXPECT_EQ(text.find_first_of("{["), std::string::npos) << "a figure a line: " << text;
    EXPECT_EQ(call({"eval", tiny, "--against", tiny, "--protocol", "all"}).exitCode, 2);
    EXPECT_EQ(
        call({"eval", tiny, "--against", std::string(SKD_FIXTURES) + "/models/nothing"}).exitCode,
        2);
}

TEST_F(CliEval, ConsistencyIsFixedByItsSeed) {
    const std::vector<std::string> ask{"consistency", tiny, "--prompt", "The capital of France is",
                                       "--answers",   "4",  "--tokens", "6",
                                       "--seed",      "3"};
    const Json first = json(ask), second = json(ask);
    EXPECT_EQ(first["texts"], second["texts"]);
    EXPECT_EQ(first["texts"].size(), 4u);
    EXPECT_GT(first["distinct"].get<int>(), 1);
    EXPECT_LT(first["mean_similarity"].get<double>(), 1);
    std::vector<std::string> greedy = ask;
    greedy.insert(greedy.end(), {"--temperature", "0"});
    EXPECT_EQ(json(greedy)["distinct"], 1);
    EXPECT_NE(call(ask).out.find("4 answers"), std::string::npos);
    EXPECT_EQ(call({"consistency", tiny, "--prompt", ""}).exitCode, 2);
}

}  // namespace
}  // namespace skd::test
