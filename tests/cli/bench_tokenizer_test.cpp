#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "base/text.h"

namespace skd::test {
namespace {

constexpr int kModelMissing = 77;

/// Real tokeniser files against Hugging Face `tokenizers`; needs python3 with venv, npm and a
/// network, so behind the label bench. Run with `ctest -L bench -R Tokenizer`; what it fetches
/// stays below the build folder.
class BenchTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(BenchTokenizer, AgreesWithTokenizersAndIsNotSlower) {
    const std::string command =
        strCat("exec python3 '", SKD_SOURCE_DIR, "/tests/cli/tokenizer_agreement.py' ", GetParam(),
               " --sparsekd '", SKD_CLI, "' --folder '", SKD_BUILD_DIR, "/tokenizers' --models '",
               SKD_SOURCE_DIR, "/.deps/models'");
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == kModelMissing) GTEST_SKIP() << "the model is not there";
    EXPECT_EQ(WEXITSTATUS(status), 0)
        << "1 = other ids or slower, 2 = the comparison could not be made; its words are above";
}

INSTANTIATE_TEST_SUITE_P(Families, BenchTokenizer,
                         testing::Values("gpt2", "qwen3", "llama3", "o200k", "llama2", "gemma",
                                         "gemma3", "gemma3-gguf", "smollm2-gguf"),
                         [](const auto& given) {
                             std::string name = given.param;
                             for (char& c : name)
                                 if (c == '-') c = '_';
                             return name;
                         });

}  // namespace
}  // namespace skd::test
