#include <gtest/gtest.h>

#include "base/files.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Greedy generation of the sample model in f32 against transformers
/// (fixtures/generation/make_fixtures.py).
TEST(BenchGenerate, SampleModelWritesWhatTransformersWrites) {
    const TemporaryFolder folder;
    const Json golden = Json::parse(*readFile(SKD_FIXTURES "/generation/smollm2.json"));
    for (const Json& example : golden["cases"]) {
        const std::string prompt = example["prompt"];
        const CliResult result =
            runCli({"generate", golden["model"], "--prompt", prompt, "--tokens",
                    std::to_string(golden["tokens"].get<int>()), "--dtype", "f32", "--ignore-eos",
                    "--json"},
                   folder.path(), {"SPARSEKD_MODELS=" SKD_SOURCE_DIR "/.deps/models"});
        ASSERT_EQ(result.exitCode, 0) << result.err;
        EXPECT_EQ(result.json()["prompt_tokens"], example["prompt_ids"].size()) << prompt;
        EXPECT_EQ(result.json()["answers"][0]["ids"], example["ids"]) << prompt;
    }
}

/// Decoding in bf16 at batch 1 reads its weights at 60 % of the measured bandwidth or more.
TEST(BenchGenerate, DecodingIsBoundByMemory) {
    const TemporaryFolder folder;
    const CliResult result =
        runCli({"benchmark", "SmolLM2-135M-Instruct", "--batch", "1", "--rounds", "7", "--json"},
               folder.path(), {"SPARSEKD_MODELS=" SKD_SOURCE_DIR "/.deps/models"});
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json cell = result.json()["models"][0]["batches"][0];
    RecordProperty("decode_tokens_per_second",
                   std::to_string(cell["decode_tokens_per_second"].get<double>()));
    RecordProperty("bound_share", std::to_string(cell["bound_share"].get<double>()));
    EXPECT_GE(cell["bound_share"].get<double>(), 0.6);
}

}  // namespace
}  // namespace skd::test
