#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Minutes long, and it installs lm-eval 0.4 with pip: behind the label bench. SKD_LM_EVAL_PYTHON
/// names a Python that has it already (with torch, transformers and gguf); SKD_LM_EVAL_PAGES the
/// number of pages, of 62.
class BenchLmEval : public testing::Test {
protected:
    static std::string environment(const char* name, const std::string& otherwise) {
        const char* value = std::getenv(name);
        return value != nullptr && *value != '\0' ? value : otherwise;
    }
    /// A virtual environment in the build folder, kept from run to run.
    static std::string python() {
        const std::string given = environment("SKD_LM_EVAL_PYTHON", "");
        if (!given.empty()) return given;
        const std::filesystem::path venv =
            std::filesystem::path(SKD_CLI).parent_path().parent_path() / "lm-eval";
        if (!std::filesystem::exists(venv / "complete")) {
            const std::string install =
                strCat("python3 -m venv '", venv.string(), "' && '", venv.string(),
                       "/bin/pip' install -q 'lm-eval>=0.4.9,<0.5' 'transformers>=5' torch "
                       "accelerate gguf && touch '",
                       venv.string(), "/complete'");
            EXPECT_EQ(std::system(install.c_str()), 0) << install;
        }
        return (venv / "bin/python").string();
    }
    const TemporaryFolder folder;
};

TEST_F(BenchLmEval, WordsBytesAndBitsAgree) {
    const std::string model = SKD_SOURCE_DIR "/.deps/models/SmolLM2-135M-Instruct.gguf",
                      text = SKD_SOURCE_DIR "/resources/text/wikitext-2-test.raw";
    const std::string out = (folder / "harness.json").string(),
                      pages = environment("SKD_LM_EVAL_PAGES", "2");
    const std::string run =
        strCat("cd '", folder.path().string(), "' && '", python(),
               "' " SKD_SOURCE_DIR "/tests/bench/lm_eval_reference.py '", model, "' '", text,
               "' --pages ", pages, " > '", out, "' 2> harness.err");
    ASSERT_EQ(std::system(run.c_str()), 0) << *readFile(folder / "harness.err");
    const auto harness = parseJson(*readFile(out));
    ASSERT_TRUE(harness) << harness.error().message;
    const Json& expected = *harness;
    // The first pages have 1,407 and 5,349 tokens; whole pages are taken while they fit.
    const std::string limit = pages == "2" ? "7000" : environment("SKD_LM_EVAL_TOKENS", "0");
    const CliResult result =
        runCli({"eval", model, "--protocol", "lm-eval-wikitext", "--max-tokens", limit, "--dtype",
                "f32", "--no-quality", "--json"},
               folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json ours = result.json();
    EXPECT_EQ(ours["pages"], expected["pages"]);
    EXPECT_EQ(ours["context"], expected["max_length"]);
    for (const char* measure : {"word_perplexity", "byte_perplexity", "bits_per_byte"}) {
        const double ratio = ours[measure].get<double>() / expected[measure].get<double>();
        EXPECT_NEAR(ratio, 1, 1e-4) << measure;
        RecordProperty(measure, formatNumber(ratio, 10));
    }
}

}  // namespace
}  // namespace skd::test
