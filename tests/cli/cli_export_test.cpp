#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "cli/cli_runner.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// One small run that all tests of this file read.
class CliExport : public testing::Test {
protected:
    static void SetUpTestSuite() {
        shared = new TemporaryFolder;
        shared->write("spec.json", R"({"name": "tiny, small", "seed": 7, "model": {"path": ")" +
                                       kModel + R"(", "dtype": "f32", "threads": 1},
 "corpus": {"sequence_length": 48, "samples": 20, "shares": )" +
                                       smallSharesText() + R"(},
 "prune": {"target": 0.3, "rank_multiple": 4, "calibration_tokens": 300, "probe_tokens": 90},
 "distill": {"steps": 3, "batch": 2, "warmup": 1, "eval_every": 2, "stop_on_rise": false,
 "stop_on_plateau": false},
 "eval": {"max_tokens": 300, "live_tokens": 200, "context": 64}})");
        const CliResult run =
            runCli({"run", (*shared / "spec.json").string(), "--workspace", workspace(), "--json"},
                   shared->path());
        ASSERT_EQ(run.exitCode, 0) << run.err;
    }
    static void TearDownTestSuite() { delete shared; }
    static std::string workspace() { return (*shared / "w.sqlite").string(); }
    CliResult cli(std::vector<std::string> arguments, bool withWorkspace = true) {
        if (withWorkspace) arguments.insert(arguments.end(), {"--workspace", workspace()});
        arguments.push_back("--json");
        return runCli(arguments, folder.path());
    }
    std::string at(const std::string& name) const { return (folder / name).string(); }
    double ppl(const std::string& model) {
        const CliResult result = cli({"eval", model, "--max-tokens", "200", "--context", "64",
                                      "--dtype", "f32", "--threads", "1"});
        EXPECT_EQ(result.exitCode, 0) << result.err;
        return result.json().value("ppl", 0.0);
    }

    inline static TemporaryFolder* shared = nullptr;
    const TemporaryFolder folder;
};

TEST_F(CliExport, ARunsModelInThreeFormatsScoresAlike) {
    const double before = ppl("run:1");
    EXPECT_GT(before, 1);
    for (const std::string format : {"hf", "hf-dense", "gguf"}) {
        const CliResult result =
            cli({"export", "run:1", "--format", format, "--dtype", "f32", "--out", at(format)});
        ASSERT_EQ(result.exitCode, 0) << result.err;
        const Json record = result.json();
        EXPECT_EQ(record["lineage"]["chain"].size(), 1u);
        const std::string model =
            format == "gguf" ? at(format) + "/" + record["model"].get<std::string>() : at(format);
        EXPECT_NEAR(ppl(model) / before, 1, 1e-5) << format;
        const std::string card = *readFile(at(format) + "/README.md");
        for (const char* part :
             {"tiny, small", "after distillation", "paper-512-256", "Made from workbench"})
            EXPECT_NE(card.find(part), std::string::npos) << part;
        EXPECT_EQ(card.find(SKD_FIXTURES), std::string::npos);
        EXPECT_EQ(readFile(at(format) + "/sparsekd.json")->find(SKD_FIXTURES), std::string::npos);
    }
    const Json pruned = cli({"inspect", at("hf")}).json();
    EXPECT_EQ(pruned["factored_matrices"], cli({"inspect", "run:1"}).json()["factored_matrices"]);
    EXPECT_EQ(cli({"inspect", at("hf-dense")}).json()["factored_matrices"], 0);
    const CliResult again = cli({"export", "run:1", "--format", "gguf", "--out", at("gguf")});
    EXPECT_EQ(again.exitCode, 2);
    EXPECT_NE(again.err.find("--force"), std::string::npos);
    EXPECT_EQ(cli({"export", "run:1", "--format", "onnx", "--out", at("x")}).exitCode, 2);
    EXPECT_EQ(cli({"export", "run:9", "--out", at("x")}).exitCode, 2);
    EXPECT_EQ(cli({"export", "run:1", "--dtype", "q8_0", "--out", at("x")}).exitCode, 2);
    EXPECT_FALSE(fs::exists(at("x")));
}

TEST_F(CliExport, AProgramChoosesTheFormat) {
    const Json record = cli({"export", "run:1", "--for", "vllm", "--out", at("served")}).json();
    EXPECT_EQ(record["format"], "hf");
    EXPECT_NE(record["gain"].get<std::string>().find("kept as they are"), std::string::npos);
    EXPECT_NE(readFile(at("served") + "/README.md")->find("vllm serve . --trust-remote-code"),
              std::string::npos);
    EXPECT_EQ(cli({"export", "run:1", "--for", "ollama", "--out", at("x")}).exitCode, 2);
    EXPECT_EQ(
        cli({"export", "run:1", "--for", "vllm", "--format", "gguf", "--out", at("x")}).exitCode,
        2);
    EXPECT_FALSE(fs::exists(at("x")));
}

TEST_F(CliExport, ARunTravelsWithItsModel) {
    const CliResult out = cli({"runs", "export", "1", "--out", at("one.skdruns"), "--weights"});
    ASSERT_EQ(out.exitCode, 0) << out.err;
    EXPECT_EQ(out.json()["weights"], Json::array({1}));
    const std::string other = at("other.sqlite");
    const CliResult in = runCli(
        {"runs", "import", at("one.skdruns"), "--workspace", other, "--json"}, folder.path());
    ASSERT_EQ(in.exitCode, 0) << in.err;
    EXPECT_EQ(in.json()["imported"][0]["run"], 1);
    Json here = cli({"runs", "show", "1"}).json(),
         there =
             runCli({"runs", "show", "1", "--workspace", other, "--json"}, folder.path()).json();
    EXPECT_EQ(there["environment"]["origin"]["run"], 1);
    there["environment"].erase("origin");
    EXPECT_EQ(there, here);
    EXPECT_EQ(here["answers"][0]["stage"], "dense");
    EXPECT_EQ(here["answers"][0]["answers"].size(), 3u) << "they travel with the run";
    EXPECT_EQ(runCli({"inspect", "run:1", "--workspace", other, "--json"}, folder.path())
                  .json()["weights_sha256"],
              cli({"inspect", "run:1"}).json()["weights_sha256"]);
    const CliResult twice =
        runCli({"runs", "import", at("one.skdruns"), "--workspace", other}, folder.path());
    EXPECT_EQ(twice.exitCode, 2);
    EXPECT_NE(twice.err.find("already"), std::string::npos) << twice.err;
}

TEST_F(CliExport, CurvesLeaveAndComeBack) {
    ASSERT_EQ(cli({"runs", "csv", "1", "--out", at("csv")}).exitCode, 0);
    const Json metrics = cli({"runs", "show", "1"}).json()["metrics"];
    const std::string csv = *readFile(at("csv/metrics.csv"));
    std::size_t values = 0;
    for (const auto& [name, points] : metrics.items()) values += points.size();
    EXPECT_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')), values + 1);
    EXPECT_EQ((*parseJson(*readFile(at("csv/run.json"))))["name"], "tiny, small");
    ASSERT_EQ(cli({"runs", "export", "1", "--format", "tensorboard", "--out", at("tb")}).exitCode,
              0);
    const CliResult in = runCli({"runs", "import", at("tb"), "--format", "tensorboard",
                                 "--workspace", at("t.sqlite"), "--json"},
                                folder.path());
    ASSERT_EQ(in.exitCode, 0) << in.err;
    EXPECT_EQ(in.json()["imported"][0]["values"], values);
    const Json back =
        runCli({"runs", "show", "1", "--workspace", at("t.sqlite"), "--json"}, folder.path())
            .json()["metrics"];
    for (const auto& [name, points] : metrics.items())
        for (std::size_t i = 0; i < points.size(); ++i) {
            EXPECT_EQ(back[name][i][0], points[i][0]);
            EXPECT_EQ(back[name][i][1].get<double>(),
                      static_cast<double>(static_cast<float>(points[i][1].get<double>())))
                << name;
        }
    EXPECT_EQ(runCli({"runs", "import", at("tb"), "--format", "tensorboard", "--workspace",
                      at("t.sqlite")},
                     folder.path())
                  .exitCode,
              2);
    EXPECT_EQ(
        runCli({"runs", "import", at("tb"), "--format", "wandb", "--workspace", at("t.sqlite")},
               folder.path())
            .exitCode,
        2);
}

}  // namespace
}  // namespace skd::test
