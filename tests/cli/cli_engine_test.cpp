#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "base/files.h"
#include "base/verified_file.h"
#include "cli/cli_runner.h"
#include "cli/small_study.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// The small study, and a student of one of its runs for each seed.
std::string studyWithNeeds() {
    std::string text = smallStudy();
    const std::string variants = R"("variants": [)";
    text.replace(text.find(variants), variants.size(),
                 variants + R"({"name": "student", "overrides": {"teacher.path":
 "variant:dense", "prune.ranks": "uniform"}}, )");
    return text;
}

std::vector<std::string> engineCommand(const TemporaryFolder& folder, const std::string& engine) {
    fs::create_directories(folder / "node");
    return with(studyCommand(folder), {"--engine", engine, "--scratch", (folder / "node").string(),
                                       "--checkpoint-seconds", "0", "--json"});
}

/// What became of the study, run in one process.
const std::map<std::string, std::string>& inOneProcess() {
    static const auto expected = [] {
        const TemporaryFolder folder;
        folder.write("study.json", studyWithNeeds());
        const CliResult result = runStudy(folder);
        EXPECT_EQ(result.exitCode, 0) << result.err;
        return record(folder, result.json());
    }();
    return expected;
}

fs::path studyFolder(const TemporaryFolder& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder / "w.sqlite.files/studies", ignored))
        return entry.path();
    return {};
}

/// The worker of a run in its first attempt that has not ended; 0 = none.
pid_t workerOf(const fs::path& study, std::int64_t index) {
    const fs::path run = study / "runs" / std::to_string(index);
    const auto attempt = readVerifiedJson(run / "attempt.json", {"sparsekd-attempt"});
    std::error_code ignored;
    if (!attempt || fs::exists(run / "exit.json", ignored)) return 0;
    if (valueOr(*attempt, "number", std::int64_t{0}) != 1) return 0;
    return static_cast<pid_t>(valueOr(*attempt, "pid", std::int64_t{0}));
}

int waitForExit(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void pauseFor(double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

const std::vector<std::string> kNothing;

/// Names of what lies below a folder.
std::vector<std::string> contentsOf(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(folder, ignored))
        names.push_back(entry.path().lexically_relative(folder).string());
    return names;
}

TEST(CliEngine, TwoWorkersLeaveWhatOneProcessLeaves) {
    const TemporaryFolder folder;
    folder.write("study.json", studyWithNeeds());
    const CliResult result = runCli(engineCommand(folder, "local:2"), folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    EXPECT_EQ(record(folder, result.json()), inOneProcess());
    EXPECT_EQ(inOneProcess().size(), 6u);
    EXPECT_EQ(contentsOf(folder / "node"), kNothing) << "workers leave nothing";
    EXPECT_EQ(contentsOf(folder / "w.sqlite.files/studies"), kNothing);
    const Json again = runCli(engineCommand(folder, "local:2"), folder.path()).json();
    for (const Json& run : again["runs"]) EXPECT_EQ(run["action"], "reused");
}

TEST(CliEngine, KilledWorkersAreStartedAgainAndEndBitEqual) {
    const TemporaryFolder folder;
    folder.write("study.json", studyWithNeeds());
    std::mt19937 random(20261201);
    std::uniform_real_distribution<double> pause(0.02, 0.8);
    const pid_t coordinator = startCli(engineCommand(folder, "local:2"), folder.path());
    int kills = 0;
    for (std::int64_t index = 0; index < 6; ++index) {
        pid_t worker = 0;
        for (int i = 0; i < 600 && worker == 0; ++i) {
            pauseFor(0.05);
            worker = workerOf(studyFolder(folder), index);
            if (waitpid(coordinator, nullptr, WNOHANG) != 0) break;
        }
        if (worker == 0) break;
        pauseFor(pause(random));
        if (workerOf(studyFolder(folder), index) == worker && ::kill(worker, SIGKILL) == 0) ++kills;
    }
    waitForExit(coordinator);
    EXPECT_GE(kills, 1);
    const CliResult result = runCli(engineCommand(folder, "local:2"), folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    EXPECT_EQ(record(folder, result.json()), inOneProcess());
    EXPECT_EQ(contentsOf(folder / "node"), kNothing);
}

TEST(CliEngine, AStopEndsTheWorkersAndTheSameCommandContinues) {
    const TemporaryFolder folder;
    folder.write("study.json", studyWithNeeds());
    const pid_t first = startCli(engineCommand(folder, "local:2"), folder.path());
    pid_t worker = 0;
    for (int i = 0; i < 600 && worker == 0; ++i) {
        pauseFor(0.05);
        worker = workerOf(studyFolder(folder), 0);
    }
    ASSERT_NE(worker, 0);
    pauseFor(0.7);
    ::kill(first, SIGINT);
    EXPECT_EQ(waitForExit(first), 130);
    EXPECT_NE(::kill(worker, 0), 0) << "it has ended";
    EXPECT_EQ(contentsOf(folder / "node"), kNothing);
    const pid_t second = startCli(engineCommand(folder, "local:2"), folder.path());
    pauseFor(2);
    ::kill(second, SIGKILL);  // its workers end with it
    waitForExit(second);
    const CliResult result = runCli(engineCommand(folder, "local:2"), folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    EXPECT_EQ(record(folder, result.json()), inOneProcess());
    EXPECT_EQ(contentsOf(folder / "node"), kNothing);
}

TEST(CliEngine, WrongInputIsNamed) {
    const TemporaryFolder folder;
    folder.write("study.json", smallStudy());
    const auto wrong = [&](const std::vector<std::string>& more, const char* word) {
        const CliResult result = runCli(with(studyCommand(folder), more), folder.path());
        EXPECT_EQ(result.exitCode, 2) << result.err;
        EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
    };
    wrong({"--engine", "cloud"}, "local:4");
    wrong({"--engine", "local:0"}, "local:4");
    wrong({"--partition", "long"}, "--engine");
    wrong({"--engine", "slurm", "--status"}, "holds no study");
    const CliResult worker =
        runCli({"study-worker", (folder / "nothing").string(), "0"}, folder.path());
    EXPECT_EQ(worker.exitCode, 2);
    EXPECT_NE(worker.err.find("holds no study"), std::string::npos) << worker.err;
}

}  // namespace
}  // namespace skd::test
