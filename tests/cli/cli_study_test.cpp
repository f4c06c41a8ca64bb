#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "base/files.h"
#include "base/hash.h"
#include "cli/cli_runner.h"
#include "cli/small_study.h"
#include "support/temporary_folder.h"
#include "support/xml_checker.h"

namespace skd::test {
namespace {

TEST(CliStudy, RunsReportsAndComparesATinyStudy) {
    const TemporaryFolder folder;
    folder.write("study.json", smallStudy());
    const Json plan =
        runCli(with(studyCommand(folder), {"--dry-run", "--json"}), folder.path()).json();
    ASSERT_EQ(plan["runs"].size(), 4u);
    EXPECT_GT(plan["expected_seconds"].get<double>(), 0);
    for (const Json& run : plan["runs"]) EXPECT_EQ(run["corpus"]["distinct"], 24);
    EXPECT_FALSE(std::filesystem::exists(folder / "w.sqlite")) << "a dry run leaves nothing";
    const CliResult result = runStudy(folder);
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json ran = result.json();
    for (const Json& run : ran["runs"]) EXPECT_EQ(run["outcome"], "completed");
    const Json again = runStudy(folder).json();
    for (const Json& run : again["runs"]) EXPECT_EQ(run["action"], "reused");
    const std::string workspace = (folder / "w.sqlite").string();
    const CliResult report = runCli(
        {"report", "tiny", "--workspace", workspace, "--out", (folder / "out").string(), "--json"},
        folder.path());
    ASSERT_EQ(report.exitCode, 0) << report.err;
    EXPECT_EQ(xmlProblem(*readFile(folder / "out/report.html")), "");
    EXPECT_NE(readFile(folder / "out/report.md")->find("Tiny study"), std::string::npos);
    const CliResult compared = runCli(
        {"compare", "1", workspace + ":2", "--workspace", workspace, "--json"}, folder.path());
    ASSERT_EQ(compared.exitCode, 0) << compared.err;
    std::vector<std::string> fields;
    const Json comparison = compared.json();
    for (const Json& field : comparison["differences"]) fields.push_back(field["field"]);
    EXPECT_EQ(fields, (std::vector<std::string>{"name", "control", "prune.ranks"}));
}

TEST(CliStudy, ARecoveryIsPlannedByBudgetTargetAndGrid) {
    const TemporaryFolder folder;
    const auto planOf = [&](const std::vector<std::string>& more) {
        return runCli(with({"study", "recovery", "--model", kModel, "--dry-run", "--json"}, more),
                      folder.path())
            .json();
    };
    const Json plan = planOf({"--budget", "1m", "--target", "0.5"});
    ASSERT_EQ(plan["runs"].size(), 14u) << "seven arms, two seeds";
    const Json &teacher = plan["runs"][0], &kd = plan["runs"][2], &corrected = plan["runs"][5],
               &sampled = plan["runs"][6];
    EXPECT_EQ(teacher["variant"], "dense + CE");
    for (const Json& run : plan["runs"]) {
        EXPECT_EQ(run["spec"]["distill"]["budget"], 1'000'000);
        EXPECT_EQ(run["spec"]["prune"]["target"], 0.5);
        EXPECT_EQ(run["spec"]["distill"]["learning_rate"], "rule");
        EXPECT_GT(run["expected_steps"].get<std::int64_t>(), 0);
        EXPECT_EQ(run["corpus"]["samples"], 3907) << "one million by 256, rounded up";
    }
    EXPECT_EQ(corrected["needs"], Json::array({0}));
    EXPECT_EQ(sampled["teacher_bytes_per_token"], kd["teacher_bytes_per_token"]);
    EXPECT_GT(kd["teacher_bytes_per_token"].get<double>(), 100);
    EXPECT_EQ(teacher["teacher_bytes_per_token"], 0);
    const Json grid = planOf({"--budget", "1.5k", "--seeds", "7", "--grid", "1e-4,rule"});
    ASSERT_EQ(grid["runs"].size(), 14u) << "seven arms, two rates";
    EXPECT_EQ(grid["runs"][0]["spec"]["distill"]["budget"], 1500);
    EXPECT_EQ(grid["runs"][0]["spec"]["distill"]["learning_rate"], 1e-4);
    EXPECT_EQ(grid["runs"][1]["spec"]["distill"]["learning_rate"], "rule");
    EXPECT_EQ(grid["runs"][11]["needs"], Json::array({1})) << "the teacher of the same rate";
}

TEST(CliStudy, KilledAnywhereAndCalledAgainEndsBitEqual) {
    const TemporaryFolder straight, killed;
    for (const TemporaryFolder* folder : {&straight, &killed})
        folder->write("study.json", smallStudy());
    const auto begin = std::chrono::steady_clock::now();
    const CliResult whole = runStudy(straight);
    ASSERT_EQ(whole.exitCode, 0) << whole.err;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::mt19937 random(20261122);
    // At each call a share of what is left is done before the kill; a few calls see every stage.
    std::uniform_real_distribution<double> share(0.05, 0.4);
    int kills = 0;
    for (; kills < 8; ++kills) {
        const int child = startCli(studyCommand(killed), killed.path());
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds * share(random)));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFEXITED(status)) break;  // it was quicker than the kill
    }
    EXPECT_GE(kills, 2) << "too quick to be killed";
    const CliResult rest = runStudy(killed);
    ASSERT_EQ(rest.exitCode, 0) << rest.err;
    const auto expected = record(straight, whole.json()), found = record(killed, rest.json());
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(found, expected);
    const Json runs =
        runCli({"runs", "list", "--workspace", (killed / "w.sqlite").string(), "--json"},
               killed.path())
            .json()["runs"];
    EXPECT_EQ(runs.size(), 4u) << "no run was begun twice";
}

TEST(CliStudy, AFailedRunDoesNotEndTheStudy) {
    const TemporaryFolder folder;
    std::string text = smallStudy();
    const std::string variant = R"({"name": "dense")";
    text.replace(text.find(variant), variant.size(),
                 R"({"name": "lost", "overrides": {"model.path": "/nowhere/at/all"}}, )" + variant);
    folder.write("study.json", text);
    const CliResult result = runStudy(folder);
    EXPECT_EQ(result.exitCode, 1);
    int completed = 0;
    const Json ran = result.json();
    for (const Json& run : ran["runs"]) completed += run["outcome"] == "completed" ? 1 : 0;
    EXPECT_EQ(completed, 4);
    EXPECT_NE(result.err.find("/nowhere/at/all"), std::string::npos) << result.err;
}

TEST(CliStudy, WrongInputIsNamed) {
    const TemporaryFolder folder;
    folder.write("study.json", smallStudy());
    const auto wrong = [&](const std::vector<std::string>& arguments, const char* word) {
        const CliResult result = runCli(arguments, folder.path());
        EXPECT_EQ(result.exitCode, 2) << result.err;
        EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
    };
    wrong({"study", "table-iiii"}, "did you mean \"table-iii\"");
    wrong({"study"}, "--list");
    wrong(with(studyCommand(folder), {"--set", "prune.tarket=1"}), "prune.target");
    wrong(with(studyCommand(folder), {"--seeds", "1,1"}), "twice");
    wrong(with(studyCommand(folder), {"--scale", "2"}), "scale");
    wrong(with(studyCommand(folder), {"--budget", "many"}), "150k");
    wrong(with(studyCommand(folder), {"--grid", "1e-4,fast"}), "learning_rate");
    wrong({"report", "tiny", "--workspace", (folder / "none.sqlite").string()}, "none.sqlite");
    wrong({"compare", "1", "--workspace", (folder / "none.sqlite").string()}, "two runs");
    EXPECT_EQ(runCli({"study", "--list", "--json"}, folder.path()).json()["studies"].size(), 15u);
}

}  // namespace
}  // namespace skd::test
