#include <gtest/gtest.h>

#include <filesystem>

#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// The real Gemma 3 270M against transformers 5.23, which read the same GGUF file (f32, eager
/// attention, the first 1,024 tokens in the paper's windows, log-softmax in f64). A minute long,
/// and packaging/get-model must have fetched the model, so behind the label bench.
class BenchGemma : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(SKD_SOURCE_DIR "/.deps/models/gemma-3-270m.gguf"))
            GTEST_SKIP() << "packaging/get-model gemma3-270m fetches the model";
    }
    double perplexity(const std::string& bos) {
        const CliResult result =
            runCli({"eval", "gemma-3-270m", "--dtype", "f32", "--max-tokens", "1024", "--bos", bos,
                    "--json"},
                   folder.path(), {"SPARSEKD_MODELS=" SKD_SOURCE_DIR "/.deps/models"});
        EXPECT_EQ(result.exitCode, 0) << result.err;
        const Json json = result.json();
        return json.contains("ppl") ? json["ppl"].get<double>() : -1;
    }
    const TemporaryFolder folder;
};

TEST_F(BenchGemma, PerplexityEqualsTransformers) {
    EXPECT_NEAR(perplexity("window") / 19.52277358, 1, 1e-6);
    EXPECT_NEAR(perplexity("none") / 43.20219738, 1, 1e-6);
}

}  // namespace
}  // namespace skd::test
