#include <gtest/gtest.h>

#include <cmath>

#include "cli/cli_runner.h"
#include "support/temporary_folder.h"
#include "tokenizer/tokenizer.h"

namespace skd::test {
namespace {

// The sample model that packaging/setup fetches; without it these fail, and say so.
const std::string kText = std::string(SKD_SOURCE_DIR) + "/resources/text/wikitext-2-test.raw";

class SampleModel : public testing::Test {
protected:
    Json call(std::vector<std::string> arguments) {
        arguments.push_back("--json");
        const CliResult result =
            runCli(arguments, folder.path(), {"SPARSEKD_MODELS=" SKD_SOURCE_DIR "/.deps/models"});
        EXPECT_EQ(result.exitCode, 0) << result.err;
        return result.json();
    }
    /// Protocol paper-512-256 on the first tokens of WikiText-2.
    Json evaluate(const std::string& tokens, const std::vector<std::string>& options) {
        std::vector<std::string> arguments{
            "eval",       "SmolLM2-135M-Instruct", "--text",       kText,
            "--protocol", "paper-512-256",         "--max-tokens", tokens};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return call(arguments);
    }
    const TemporaryFolder folder;
};

TEST_F(SampleModel, InspectKnowsItsSizes) {
    const Json json = call({"inspect", "SmolLM2-135M-Instruct"});
    EXPECT_EQ(json["parameters"], 134515008);
    EXPECT_EQ(json["mlp_parameters"], 79626240);
    EXPECT_EQ(json["architecture"], "llama");
    EXPECT_EQ(json["dtype"], "Q4_1");
}

/// 303,415 tokens; the ids are those of llama.cpp on this file and of `tokenizers` with the model's
/// own pre-tokeniser (Digits, then ByteLevel).
TEST_F(SampleModel, TokenisesWikitextAsItsReferences) {
    const Json json = call({"tokenize", "SmolLM2-135M-Instruct", "--text", kText});
    EXPECT_EQ(json["tokens"], 303415);
    EXPECT_EQ(json["ids_sha256"],
              "18e663b61dd00f49796c8a6ae498b7dbe009cac4a2eaf3c67fa7d81baf47d945");
}

/// Ids of short texts with the published tokenizer (as a test of its publisher lists them).
TEST_F(SampleModel, TokenisesShortTextsAsPublished) {
    const std::vector<std::pair<const char*, std::vector<TokenId>>> published{
        {"Hello, we can use", {19556, 28, 392, 416, 722}},
        {"The capital of France is", {504, 3575, 282, 4649, 314}},
        {"Hello world! 123", {19556, 905, 17, 216, 33, 34, 35}},
        {"Café déjà vu.", {51, 1939, 2756, 32564, 90, 16739, 386, 101, 30}},
        {"  multiple   spaces", {216, 2701, 256, 5600}},
        {"\n", {198}}};
    for (const auto& [text, ids] : published) {
        const Json json = call({"tokenize", "SmolLM2-135M-Instruct", "--text",
                                folder.write("short.txt", text).string()});
        EXPECT_EQ(json["tokens"], ids.size()) << text;
        EXPECT_EQ(json["ids_sha256"], idsSha256(ids)) << text;
    }
}

// Perplexities of transformers on the same weights in f32: tests/fixtures/perplexity/reference.py.
// In f32 the instruction sets differ by the order of summation, well below 1e-5; bfloat16 rounds
// every activation to 8 bits.

TEST_F(SampleModel, PerplexityEqualsTransformers) {
    const Json json = evaluate("1024", {"--dtype", "f32"});
    EXPECT_NEAR(json["ppl"].get<double>() / 25.115649, 1.0, 1e-4);
    EXPECT_EQ(json["scored_tokens"], 3 * 511);
}

/// One window: without bfloat16 instructions it is slow.
TEST_F(SampleModel, PerplexityInBfloat16IsClose) {
    EXPECT_NEAR(evaluate("512", {"--dtype", "bf16"})["ppl"].get<double>() / 20.975758, 1.0, 5e-3);
}

TEST_F(SampleModel, PerplexityByDefaultIsClose) {
    EXPECT_NEAR(evaluate("512", {})["ppl"].get<double>() / 20.975758, 1.0, 5e-3);
}

class BenchSampleModel : public SampleModel {};

/// The same over 31 windows: minutes without bfloat16 instructions.
TEST_F(BenchSampleModel, PerplexityEqualsTransformers) {
    const double f32 = evaluate("8192", {"--dtype", "f32"})["ppl"].get<double>();
    EXPECT_NEAR(f32 / 35.974283, 1.0, 1e-4);
    const Json bf16 = evaluate("8192", {"--dtype", "bf16"});
    EXPECT_NEAR(bf16["ppl"].get<double>() / f32, 1.0, 3e-3);
    RecordProperty("bf16_tokens_per_second",
                   std::to_string(bf16["tokens_per_second"].get<double>()));
}

TEST_F(SampleModel, SpectrumNamesBreakEven) {
    const Json json = call({"spectrum", "SmolLM2-135M-Instruct"});
    ASSERT_EQ(json["matrices"].size(), 90u);
    for (const Json& matrix : json["matrices"]) {
        EXPECT_EQ(matrix["break_even"], 419) << "1536 * 576 / 2112 = 418.9";
        EXPECT_EQ(matrix["singular_values"].size(), 576u);
        EXPECT_GT(matrix["rank_at_tau"], 300)
            << "an energy of 0.95 costs more than break-even leaves";
    }
}

}  // namespace
}  // namespace skd::test
