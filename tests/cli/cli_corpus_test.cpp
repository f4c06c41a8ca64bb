#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/hash.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

const std::string kTokenizer = std::string(SKD_FIXTURES) + "/gpt2";

std::string rows(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i)
        lines += "{\"question\": \"What is " + std::to_string(i) + " + 1?\", \"answer\": \"<<" +
                 std::to_string(i) + "+1=" + std::to_string(i + 1) + ">>" + std::to_string(i + 1) +
                 "\"}\n";
    return lines;
}

struct Workplace {
    TemporaryFolder folder;
    std::string out = (folder / "mix").string();
    std::vector<std::string> build;

    Workplace() {
        folder.write("train.jsonl", rows(200));
        folder.write("src/a.py", "print('a')\n");
        folder.write("src/b.cpp", "int b;\n");
        build = {"corpus",
                 "build",
                 out,
                 "--share",
                 "gsm8k=" + (folder / "train.jsonl").string() + ",strip,weight=3",
                 "--share",
                 "code=" + (folder / "src").string() + ",extensions=.py",
                 "--tokenizer",
                 kTokenizer,
                 "--samples",
                 "8",
                 "--sequence-length",
                 "32",
                 "--json"};
    }
    [[nodiscard]] CliResult run(const std::vector<std::string>& arguments) const {
        return runCli(arguments, folder.path());
    }
};

}  // namespace

TEST(CliCorpus, BuildShowAndSample) {
    const Workplace place;
    const CliResult built = place.run(place.build);
    ASSERT_EQ(built.exitCode, 0) << built.err;
    const Json manifest = built.json();
    EXPECT_EQ(manifest["shares"][0]["documents"], 200);
    EXPECT_EQ(manifest["shares"][0]["strip_annotations"], true);
    EXPECT_EQ(manifest["shares"][0]["sha256"], sha256File(place.out + "/gsm8k.jsonl").value());
    EXPECT_EQ(manifest["shares"][1]["documents"], 1);
    EXPECT_EQ(manifest["shares"][1]["repeats"], 1);
    const CliResult shown = place.run({"corpus", "show", place.out, "--json"});
    ASSERT_EQ(shown.exitCode, 0) << shown.err;
    EXPECT_EQ(shown.json()["spec"]["folder"], place.out);
    EXPECT_EQ(shown.json()["spec"]["samples"], 8);
    const CliResult sample = place.run({"corpus", "sample", place.out, "-n", "2", "--tokenizer",
                                        kTokenizer, "--packing", "documents", "--json"});
    ASSERT_EQ(sample.exitCode, 0) << sample.err;
    ASSERT_EQ(sample.json()["samples"].size(), 2u);
    const Json drawn = sample.json();
    for (const Json& item : drawn["samples"]) {
        EXPECT_EQ(item["tokens"].get<int>() + item["padding"].get<int>(), 32);
        EXPECT_TRUE(item["text"].get<std::string>().ends_with("<|endoftext|>"));
    }
    const CliResult table = place.run({"corpus", "show", place.out});
    EXPECT_NE(table.out.find("2 asked means 1 repeats"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("all files match the manifest"), std::string::npos);
}

TEST(CliCorpus, ShowRefusesAFileThatChanged) {
    const Workplace place;
    ASSERT_EQ(place.run(place.build).exitCode, 0);
    place.folder.write("mix/code.jsonl", "{\"text\":\"other\"}\n");
    const CliResult shown = place.run({"corpus", "show", place.out, "--json"});
    EXPECT_EQ(shown.exitCode, 2);
    EXPECT_EQ(shown.json()["error"]["code"], "corrupt");
    EXPECT_NE(shown.err.find("code.jsonl"), std::string::npos) << shown.err;
}

TEST(CliCorpus, RecipeFileAndReplace) {
    const Workplace place;
    ASSERT_EQ(place.run(place.build).exitCode, 0);
    place.folder.write("recipe.json", R"({"shares": [{"name": "code", "path": ")" +
                                          (place.folder / "src").string() +
                                          R"(", "format": "files"}]})");
    std::vector<std::string> arguments{
        "corpus", "build", place.out, "--recipe", (place.folder / "recipe.json").string(),
        "--json"};
    EXPECT_EQ(place.run(arguments).exitCode, 2);
    arguments.emplace_back("--replace");
    const CliResult replaced = place.run(arguments);
    ASSERT_EQ(replaced.exitCode, 0) << replaced.err;
    EXPECT_EQ(replaced.json()["shares"][0]["documents"], 2);
    EXPECT_FALSE(fs::exists(place.out + "/gsm8k.jsonl"));
    EXPECT_FALSE(fs::exists(place.out + ".partial"));
}

TEST(CliCorpus, WrongInputIsOneSentence) {
    const Workplace place;
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"corpus", "build", place.out, "--json"}, "at least one share"},
        {{"corpus", "build", place.out, "--share", "x", "--json"}, "NAME=PATH"},
        {{"corpus", "build", place.out, "--share", "x=" + (place.folder / "train.jsonl").string(),
          "--packing", "loose", "--json"},
         "packed or documents"},
        {{"corpus", "show", place.folder.path().string(), "--json"}, "has no manifest.json"},
        {{"corpus", "show", "/nowhere", "--json"}, "/nowhere"},
        {{"corpus", "sample", place.out, "--tokenizer", kTokenizer, "--json"}, "manifest.json"}};
    for (const auto& [arguments, message] : cases) {
        const CliResult result = place.run(arguments);
        EXPECT_EQ(result.exitCode, 2) << result.err;
        EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_TRUE(result.json().contains("error")) << result.out;
    }
    EXPECT_FALSE(fs::exists(place.out));
}

/// A file whose name begins so lies in the folder.
bool isBeingWritten(const fs::path& folder, const std::string& prefix) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().filename().string().starts_with(prefix)) return true;
    return false;
}

TEST(CliCorpus, InterruptAndKillLeaveNoFolder) {
    for (const int signal : {SIGINT, SIGKILL}) {
        const Workplace place;
        place.folder.write("train.jsonl", rows(400'000));
        const pid_t child = startCli(place.build, place.folder.path());
        while (!isBeingWritten(place.out + ".partial", "gsm8k.jsonl."))
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        kill(child, signal);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_FALSE(fs::exists(place.out));
        if (signal == SIGINT) {
            ASSERT_TRUE(WIFEXITED(status));
            EXPECT_EQ(WEXITSTATUS(status), 130);
            EXPECT_FALSE(fs::exists(place.out + ".partial"));
        }
        place.folder.write("train.jsonl", rows(200));
        EXPECT_EQ(place.run(place.build).exitCode, 0);
        EXPECT_FALSE(fs::exists(place.out + ".partial"));
    }
}

/// The corpus of a run with a folder is the one that `corpus sample` shows; padded samples train
/// too.
TEST(CliCorpus, ARunTakesTheFolder) {
    const Workplace place;
    ASSERT_EQ(place.run(place.build).exitCode, 0);
    const std::string model = std::string(SKD_FIXTURES) + "/models/workbench";
    place.folder.write("spec.json",
                       R"({"seed": 7, "model": {"path": ")" + model + R"(", "threads": 1},
 "corpus": {"folder": ")" + place.out +
                           R"(", "sequence_length": 48, "samples": 40, "packing": "documents"},
 "prune": {"target": 0.3, "rank_multiple": 4, "calibration_tokens": 480, "probe_tokens": 96},
 "distill": {"steps": 4, "batch": 2, "warmup": 1, "eval_every": 4}, "eval": {"max_tokens": 600,
 "live_tokens": 300, "context": 64}})");
    const std::vector<std::string> run{"run", (place.folder / "spec.json").string(), "--workspace",
                                       (place.folder / "w.sqlite").string(), "--json"};
    const CliResult done = place.run(run);
    ASSERT_EQ(done.exitCode, 0) << done.err;
    const CliResult sample = place.run({"corpus", "sample", place.out, "--tokenizer", model,
                                        "--seed", "7", "--sequence-length", "48", "--samples", "40",
                                        "--packing", "documents", "--json"});
    ASSERT_EQ(sample.exitCode, 0) << sample.err;
    EXPECT_GT(sample.json()["samples"][0]["padding"], 0);
    EXPECT_EQ(done.json()["corpus_sha256"], sample.json()["corpus"]["sha256"]);
    std::vector<std::string> both = run;
    both.insert(both.end(), {"--set", "corpus.shares.0.weight=1"});
    const CliResult wrong = place.run(both);
    EXPECT_EQ(wrong.exitCode, 2);
    EXPECT_NE(wrong.err.find("remove one of the two"), std::string::npos) << wrong.err;
    place.folder.write("mix/code.jsonl", "{\"text\":\"other\"}\n");
    const CliResult changed = place.run(run);
    EXPECT_EQ(changed.exitCode, 2);
    EXPECT_NE(changed.err.find("another SHA-256"), std::string::npos) << changed.err;
}

}  // namespace skd::test
