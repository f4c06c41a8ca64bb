#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/files.h"
#include "base/hash.h"
#include "cli/cli_runner.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// A whole run on the fixture model in a second or two.
std::string smallSpec(int steps) {
    return R"({"name": "tiny", "seed": 7, "model": {"path": ")" + kModel +
           R"(", "dtype": "bf16", "threads": 1},
 "corpus": {"sequence_length": 48, "samples": 40, "shares": )" +
           smallSharesText() + R"(},
 "prune": {"target": 0.3, "rank_multiple": 4, "calibration_tokens": 480, "probe_tokens": 96},
 "distill": {"steps": )" +
           std::to_string(steps) +
           R"(, "batch": 2, "warmup": 2, "learning_rate": 0.002, "eval_every": 4,
        "checkpoint_every": 3,
  "stop_on_rise": false, "stop_on_plateau": false},
 "eval": {"max_tokens": 600, "live_tokens": 300, "context": 64}})";
}

std::vector<std::string> runArguments(const TemporaryFolder& folder) {
    return {"run", (folder / "spec.json").string(), "--workspace", (folder / "w.sqlite").string(),
            "--json"};
}

/// SHA-256 of the model run 1 ended with.
std::string modelHash(const TemporaryFolder& folder) {
    return sha256File(folder / "w.sqlite.files/runs/1/model.safetensors").value_or("none");
}

TEST(CliRun, PrunesDistilsAndKeepsEverything) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(12));
    const CliResult result = runCli(runArguments(folder), folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json summary = result.json();
    EXPECT_EQ(summary["run_id"], 1);
    for (const char* key : {"dense_ppl", "post_prune_ppl", "post_kd_ppl"})
        EXPECT_GT(summary[key].get<double>(), 1) << key;
    EXPECT_LT(summary["post_kd_ppl"], summary["post_prune_ppl"]);
    EXPECT_GE(summary["mlp_removed"].get<double>(), 0.3);
    EXPECT_GT(summary["mlp_removed"].get<double>(), summary["parameters_removed"].get<double>());
    const Json record = show(folder, "1");
    EXPECT_EQ(record["status"], "completed");
    EXPECT_EQ(record["spec"]["prune"]["target"], 0.3);
    EXPECT_EQ(record["ranks"].size(), 6u);
    EXPECT_EQ(record["metrics"]["kd.ce"].size(), 12u);
    EXPECT_EQ(record["metrics"]["ppl.live"].size(), 4u) << "after steps 0, 4, 8, 12";
    for (const char* key : {"libtorch", "threads", "model_sha256", "tokenizer_sha256",
                            "text_sha256", "selection_sha256"})
        EXPECT_TRUE(record["environment"].contains(key)) << key;
}

TEST(CliRun, SmallCommandsTakeARunsModel) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(6));
    const CliResult run = runCli(runArguments(folder), folder.path());
    ASSERT_EQ(run.exitCode, 0) << run.err;
    const std::string workspace = (folder / "w.sqlite").string();
    const auto ask = [&](std::vector<std::string> arguments) {
        for (const char* more : {"--workspace", workspace.c_str(), "--json"})
            arguments.emplace_back(more);
        const CliResult result = runCli(arguments, folder.path());
        EXPECT_EQ(result.exitCode, 0) << result.err;
        return result.json();
    };
    const Json about = ask({"inspect", "run:1"});
    EXPECT_GT(about["factored_matrices"], 0);
    EXPECT_EQ(about["parameters"], run.json()["parameters"]);
    const auto perplexityOf = [&](const char* model) {
        return ask({"eval", model, "--max-tokens", "600", "--context", "64", "--threads", "1",
                    "--dtype", "bf16"})["ppl"];
    };
    EXPECT_EQ(perplexityOf("run:1"), run.json()["post_kd_ppl"]);
    EXPECT_EQ(perplexityOf("run:1@0"), run.json()["post_prune_ppl"]);
    EXPECT_EQ(ask({"spectrum", "run:1"})["matrices"].size(), 6u);
}

TEST(CliRun, SameSpecGivesTheSameBits) {
    const TemporaryFolder a, b;
    for (const TemporaryFolder* folder : {&a, &b}) {
        folder->write("spec.json", smallSpec(6));
        ASSERT_EQ(runCli(runArguments(*folder), folder->path()).exitCode, 0);
    }
    EXPECT_EQ(modelHash(a), modelHash(b));
    EXPECT_NE(modelHash(a), "none");
    EXPECT_EQ(show(a, "1")["metrics"]["ppl.live"], show(b, "1")["metrics"]["ppl.live"]);
}

/// Starts the command line and kills it with SIGKILL once its newest checkpoint is at `step` or
/// later.
void killAt(const TemporaryFolder& folder, int step) {
    const int child = startCli(
        {"run", (folder / "spec.json").string(), "--workspace", (folder / "w.sqlite").string()},
        folder.path());
    const auto manifest = folder / ("w.sqlite.files/runs/1/checkpoints-1/step-" +
                                    std::to_string(step) + "/manifest.json");
    for (int i = 0; i < 3000 && !std::filesystem::exists(manifest); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(std::filesystem::exists(manifest));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

TEST(CliRun, KilledAndResumedEndsBitEqual) {
    const TemporaryFolder straight, killed;
    for (const TemporaryFolder* folder : {&straight, &killed})
        folder->write("spec.json", smallSpec(60));
    const CliResult whole = runCli(runArguments(straight), straight.path());
    ASSERT_EQ(whole.exitCode, 0) << whole.err;
    killAt(killed, 6);
    const Json rows =
        runCli({"runs", "list", "--workspace", (killed / "w.sqlite").string(), "--json"},
               killed.path())
            .json();
    EXPECT_EQ(rows["runs"][0]["status"], "interrupted") << "said before anything writes";
    const CliResult resumed =
        runCli({"run", "--resume", "1", "--workspace", (killed / "w.sqlite").string(), "--json"},
               killed.path());
    ASSERT_EQ(resumed.exitCode, 0) << resumed.err;
    EXPECT_EQ(resumed.json()["post_kd_ppl"], whole.json()["post_kd_ppl"]);
    EXPECT_EQ(modelHash(killed), modelHash(straight));
    EXPECT_NE(modelHash(killed), "none");
    const Json a = show(killed, "1"), b = show(straight, "1");
    for (const char* metric : {"ppl.live", "kd.ce", "kd.kl", "kd.lr", "kd.grad_norm"})
        EXPECT_EQ(a["metrics"][metric], b["metrics"][metric]) << metric;
    EXPECT_EQ(a["answers"], b["answers"]);
    EXPECT_EQ(a["status"], "completed");
}

/// A run that `signal` meets has saved a checkpoint, is cancelled and has ended with 130.
void expectSavedAt(int signal) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(4000));
    const int child = startCli(
        {"run", (folder / "spec.json").string(), "--workspace", (folder / "w.sqlite").string()},
        folder.path());
    const auto manifest = folder / "w.sqlite.files/runs/1/checkpoints-1/step-3/manifest.json";
    for (int i = 0; i < 3000 && !std::filesystem::exists(manifest); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 130);
    EXPECT_EQ(show(folder, "1")["status"], "cancelled");
}

TEST(CliRun, InterruptSavesACheckpointAndExits130) {
    expectSavedAt(SIGINT);
}

TEST(CliRun, TheEndOfTheTerminalSavesACheckpointToo) {
    expectSavedAt(SIGHUP);
}

TEST(CliRun, ShowPrintsWhatTheModelsAnswered) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(0));
    ASSERT_EQ(runCli(runArguments(folder), folder.path()).exitCode, 0);
    const CliResult shown =
        runCli({"runs", "show", "1", "--workspace", (folder / "w.sqlite").string()}, folder.path());
    EXPECT_EQ(shown.exitCode, 0) << shown.err;
    const Json answers = show(folder, "1")["answers"];
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[1]["stage"], "cut");
    for (const char* part :
         {"\nanswers, dense:\n", "\nanswers, cut:\n", "  What is the capital of France?\n    → "})
        EXPECT_NE(shown.out.find(part), std::string::npos) << part << shown.out;
}

TEST(CliRun, RunsAreDeletedAndRestored) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(0));
    ASSERT_EQ(runCli(runArguments(folder), folder.path()).exitCode, 0);
    const std::string workspace = folder / "w.sqlite";
    const auto count = [&] {
        return runCli({"runs", "list", "--workspace", workspace, "--json"}, folder.path())
            .json()["runs"]
            .size();
    };
    EXPECT_EQ(count(), 1u);
    EXPECT_EQ(runCli({"runs", "delete", "1", "--workspace", workspace}, folder.path()).exitCode, 0);
    EXPECT_EQ(count(), 0u);
    EXPECT_EQ(runCli({"runs", "restore", "1", "--workspace", workspace}, folder.path()).exitCode,
              0);
    EXPECT_EQ(count(), 1u);
    EXPECT_EQ(runCli({"runs", "show", "9", "--workspace", workspace}, folder.path()).exitCode, 2);
}

TEST(CliRun, DeletedRunsArePurged) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(0));
    ASSERT_EQ(runCli(runArguments(folder), folder.path()).exitCode, 0);
    const std::string workspace = folder / "w.sqlite";
    const auto purge = [&](std::vector<std::string> options) {
        options.insert(options.begin(), {"runs", "purge", "--workspace", workspace});
        return runCli(options, folder.path());
    };
    EXPECT_NE(purge({}).out.find("no deleted runs"), std::string::npos);
    ASSERT_EQ(runCli({"runs", "delete", "1", "--workspace", workspace}, folder.path()).exitCode, 0);
    const Json planned = purge({"--dry-run", "--json"}).json();
    EXPECT_EQ(planned["runs"], Json::array({1}));
    EXPECT_GT(planned["folder_bytes"], 1000);
    const Json done = purge({"--json"}).json();
    EXPECT_GE(done["freed_bytes"], planned["folder_bytes"]);
    EXPECT_FALSE(std::filesystem::exists(folder / "w.sqlite.files/runs/1"));
    EXPECT_EQ(runCli({"runs", "restore", "1", "--workspace", workspace}, folder.path()).exitCode,
              2);
}

TEST(CliRun, ADryRunCountsTheCorpusAndLeavesNothing) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(12));
    std::string rows;
    for (int i = 0; i < 20; ++i) rows += "{\"text\":\"document " + std::to_string(i) + "\"}\n";
    const std::string share = "corpus.shares=[{\"name\":\"mine\",\"path\":\"" +
                              folder.write("mine.jsonl", rows).string() + "\"}]";
    std::vector<std::string> arguments = runArguments(folder);
    arguments.insert(arguments.end(), {"--dry-run", "--set", share});
    const CliResult result = runCli(arguments, folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json plan = result.json();
    const std::int64_t distinct = plan["corpus"]["shares"][0]["available"];
    EXPECT_GT(distinct, 0);
    EXPECT_LT(distinct, 40);
    EXPECT_EQ(plan["corpus"]["distinct"], distinct);
    EXPECT_NE(
        plan["corpus"]["text"].get<std::string>().find(std::to_string(distinct) + " distinct ("),
        std::string::npos);
    EXPECT_GT(plan["expected_seconds"].get<double>(), 0);
    EXPECT_GT(plan["teacher_bytes_per_token"].get<double>(), 0);
    EXPECT_FALSE(std::filesystem::exists(folder / "w.sqlite"));
    arguments.erase(std::find(arguments.begin(), arguments.end(), "--json"));
    const CliResult shown = runCli(arguments, folder.path());
    EXPECT_NE(shown.out.find("mine " + std::to_string(distinct) + " of 40"), std::string::npos)
        << shown.out;
    EXPECT_NE(shown.out.find("held-out validation text"), std::string::npos) << shown.out;
}

TEST(CliRun, TestTextIsRefusedAsTrainingText) {
    const TemporaryFolder folder;
    folder.write("spec.json", smallSpec(2));
    std::vector<std::string> arguments = runArguments(folder);
    arguments.insert(arguments.end(),
                     {"--set", "corpus.shares.1.path=resource:text/wikitext-2-test.raw"});
    const CliResult result = runCli(arguments, folder.path());
    EXPECT_EQ(result.exitCode, 2) << result.err;
    EXPECT_NE(result.err.find("test"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace skd::test
