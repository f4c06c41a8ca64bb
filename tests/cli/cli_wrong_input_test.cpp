#include <gtest/gtest.h>

#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

const std::string kTiny = std::string(SKD_FIXTURES) + "/models/qwen3";

/// One clear sentence on stderr, the error as JSON on stdout, exit 2.
void expectRefusal(const CliResult& result, const std::string& phrase) {
    EXPECT_EQ(result.exitCode, 2) << result.err;
    EXPECT_NE(result.err.find(phrase), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_NE(result.json()["error"]["message"].get<std::string>().find(phrase), std::string::npos)
        << result.out;
}

TEST(CliWrongInput, MissingModel) {
    const TemporaryFolder folder;
    expectRefusal(runCli({"inspect", "no-such-model", "--json"}, folder.path()),
                  "there is no model \"no-such-model\"");
}

TEST(CliWrongInput, TruncatedSafetensors) {
    const TemporaryFolder folder;
    std::filesystem::copy(kTiny, folder / "model");
    std::filesystem::resize_file(folder / "model/model.safetensors", 3000);
    const CliResult result =
        runCli({"inspect", (folder / "model").string(), "--json"}, folder.path());
    expectRefusal(result, "model.safetensors");
}

TEST(CliWrongInput, UnknownArchitecture) {
    const TemporaryFolder folder;
    folder.write("model/config.json", R"({"model_type": "rwkv"})");
    expectRefusal(runCli({"inspect", (folder / "model").string(), "--json"}, folder.path()),
                  "\"rwkv\" is not supported");
}

TEST(CliWrongInput, SpecTypoNamesTheNearestField) {
    const TemporaryFolder folder;
    folder.write("spec.json", R"({"prune": {"targit": 0.2}})");
    const CliResult result =
        runCli({"run", (folder / "spec.json").string(), "--json"}, folder.path());
    expectRefusal(result, "targit");
    EXPECT_NE(result.err.find("target"), std::string::npos);
}

TEST(CliWrongInput, SpecOutOfRangeAndBadOverride) {
    const TemporaryFolder folder;
    expectRefusal(runCli({"run", "--set", "prune.target=1.5", "--json"}, folder.path()),
                  "prune.target");
    expectRefusal(runCli({"run", "--set", "prune.tarjet=0.5", "--json"}, folder.path()), "target");
    expectRefusal(runCli({"run", "--set", "distill.temperature=2.5", "--json"}, folder.path()),
                  "1.5");
}

/// A run continues with its own spec, so that nothing beside --resume is ignored without a word.
TEST(CliWrongInput, ArgumentsBesideResumeAreRefused) {
    const TemporaryFolder folder;
    const std::string spec = folder.write("spec.json", "{}").string();
    const std::vector<std::vector<std::string>> extras{
        {"--set", "distill.steps=300"}, {"--set", "distill.nonsense=1"}, {spec}, {"no-such.json"}};
    for (const std::vector<std::string>& extra : extras) {
        std::vector<std::string> arguments{"run", "--json", "--resume", "1"};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        const CliResult result = runCli(arguments, folder.path());
        expectRefusal(result, extra.back());
        expectRefusal(result, "--set model.path=run:1@STEP");
    }
}

TEST(CliWrongInput, NumbersBeyondTheirRangeAreAnsweredInASentence) {
    const TemporaryFolder folder;
    for (const char* threads : {"-1", "1025", "4294967296", "1e9", "99999999999999999999", "two"}) {
        const CliResult result = runCli({"eval", kTiny, "--threads", threads}, folder.path());
        EXPECT_EQ(result.exitCode, 2) << threads;
        EXPECT_NE(result.err.find("--threads"), std::string::npos) << result.err;
        EXPECT_LT(result.err.size(), 200u) << result.err;
    }
    const CliResult result = runCli({"eval", kTiny, "--max-tokens", "-1"}, folder.path());
    EXPECT_EQ(result.exitCode, 2);
    EXPECT_NE(result.err.find("give a whole number of 0 or more, not -1"), std::string::npos)
        << result.err;
}

TEST(CliWrongInput, WeightsThatAreNotFiniteAreADamagedModel) {
    const TemporaryFolder folder;
    std::filesystem::copy(kTiny, folder / "model");
    std::string bytes = readBytes(folder / "model/model.safetensors");
    bytes.replace(bytes.size() - 4, 4, 4, '\xff');  // NaN in f32 and in bf16
    folder.write("model/model.safetensors", bytes);
    expectRefusal(runCli({"inspect", (folder / "model").string(), "--json"}, folder.path()),
                  "not finite");
}

TEST(CliWrongInput, UnknownOptionAndCommand) {
    const TemporaryFolder folder;
    EXPECT_EQ(runCli({"eval"}, folder.path()).exitCode, 2);
    EXPECT_EQ(runCli({"frobnicate"}, folder.path()).exitCode, 2);
    const CliResult usage = runCli({"eval", "--json"}, folder.path());
    EXPECT_EQ(usage.exitCode, 2);
    EXPECT_EQ(usage.json()["error"]["code"], "invalid_input") << usage.out;
    EXPECT_NE(usage.out.find("MODEL is required"), std::string::npos) << usage.out;
    EXPECT_EQ(runCli({"--version"}, folder.path()).exitCode, 0);
}

TEST(CliWrongInput, UnknownInstructionSet) {
    const TemporaryFolder folder;
    const CliResult result = runCli({"--version"}, folder.path(), {"SKD_ISA=sse9"});
    EXPECT_EQ(result.exitCode, 2);
    EXPECT_EQ(result.err, "SKD_ISA=sse9 is not known; it must be baseline, avx2 or avx512\n");
}

TEST(CliWrongInput, WorkspaceThatIsNoDatabase) {
    const TemporaryFolder folder;
    folder.write("notes.sqlite",
                 "this is not a database, it is a text that is long enough to look at");
    const CliResult result =
        runCli({"runs", "list", "--workspace", (folder / "notes.sqlite").string(), "--json"},
               folder.path());
    EXPECT_EQ(result.exitCode, 2) << result.err;
    EXPECT_NE(result.err.find("notes.sqlite"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace skd::test
