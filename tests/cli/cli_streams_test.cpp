#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/files.h"
#include "base/text.h"
#include "cli/cli_runner.h"
#include "store/run_writer.h"

namespace skd::test {
namespace {

const std::string kForged =
    "a\n9\tcompleted\tforged\x1b]0;title\x07\xC2\x9B"
    "31m";

/// A workspace whose only run has a name that would forge a row and steer a terminal.
std::string workspaceOfForgedName(const TemporaryFolder& folder) {
    const auto writer = std::move(*RunWriter::open(folder / "w.sqlite"));
    EXPECT_TRUE(writer->createRun(kForged, Json::object(), ""));
    return (folder / "w.sqlite").string();
}

bool hasControls(const std::string& text) {
    return escapeControls(text) != text;
}

/// Exit code of a shell's `command`, in which $CLI is the program.
int shell(const std::string& command) {
    setenv("CLI", SKD_CLI, 1);
    setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(CliStreams, NamesCannotSteerTheTerminal) {
    const TemporaryFolder folder;
    const std::string workspace = workspaceOfForgedName(folder);
    const CliResult list = runCli({"runs", "list", "--workspace", workspace}, folder.path());
    EXPECT_FALSE(hasControls(list.out)) << list.out;
    EXPECT_EQ(std::count(list.out.begin(), list.out.end(), '\n'), 1) << list.out;
    EXPECT_NE(
        list.out.find("a\\u000a9\\u0009completed\\u0009forged\\u001b]0;title\\u0007\\u009b31m"),
        std::string::npos)
        << list.out;
    EXPECT_FALSE(
        hasControls(runCli({"runs", "show", "1", "--workspace", workspace}, folder.path()).out));
}

TEST(CliStreams, JsonKeepsNamesAsTheyAre) {
    const TemporaryFolder folder;
    const std::string workspace = workspaceOfForgedName(folder);
    const CliResult list =
        runCli({"runs", "list", "--workspace", workspace, "--json"}, folder.path());
    EXPECT_FALSE(hasControls(list.out)) << list.out;
    EXPECT_EQ(list.json()["runs"][0]["name"], kForged);
}

TEST(CliStreams, InfiniteIsSaidAndNotTheSameAsNotMeasured) {
    const TemporaryFolder folder;
    const std::string workspace = (folder / "w.sqlite").string();
    {
        const auto writer = std::move(*RunWriter::open(workspace));
        for (const char* name : {"a", "b"}) {
            const RunId run = *writer->createRun(name, Json::object(), "");
            RunSummary summary;
            summary.densePpl = 36;
            summary.postPrunePpl = std::numeric_limits<double>::infinity();
            EXPECT_TRUE(writer->markStatus(run, RunStatus::Completed, "", summary));
        }
    }
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--workspace", workspace});
        return runCli(arguments, folder.path());
    };
    const CliResult list = run({"runs", "list"});
    EXPECT_NE(list.out.find("36.00 → inf → –"), std::string::npos) << list.out;
    const Json shown = run({"runs", "show", "1", "--json"}).json();
    EXPECT_EQ(shown["post_prune_ppl"], "inf");
    EXPECT_EQ(shown["summary"]["post_prune_ppl"], "inf");
    EXPECT_TRUE(shown["post_kd_ppl"].is_null());
    EXPECT_NE(run({"compare", "1", "2"}).out.find("∞"), std::string::npos);
}

TEST(CliStreams, ErrorsCannotSteerTheTerminal) {
    const TemporaryFolder folder;
    folder.write("model/config.json", R"({"model_type": "\u001b[2Jrwkv\nsparsekd: done"})");
    const CliResult result = runCli({"inspect", (folder / "model").string()}, folder.path());
    EXPECT_EQ(result.exitCode, 2);
    EXPECT_FALSE(hasControls(result.err)) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST(CliStreams, LostOutputIsAFailure) {
    const TemporaryFolder folder;
    const std::string list =
        "\"$CLI\" runs list --workspace '" + workspaceOfForgedName(folder) + "' ";
    const std::string messages = (folder / "messages").string();
    EXPECT_EQ(shell(list + "> '" + messages + "'"), 0);
    for (const char* options : {"", "--json "}) {
        EXPECT_EQ(shell(list + options + "> /dev/full 2> '" + messages + "'"), 1);
        EXPECT_NE(readFile(messages)->find("No space left on device"), std::string::npos);
    }
    EXPECT_EQ(shell("\"$CLI\" --version > /dev/full 2> '" + messages + "'"), 1);
    EXPECT_EQ(shell("\"$CLI\" runs > /dev/full 2> '" + messages + "'"), 2) << "an error stays one";
}

TEST(CliStreams, AFileThatMayNotGrowIsAnErrorNotASignal) {
    const TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 4000; ++i)
        text += "{\"text\": \"document number " + std::to_string(i) + "\"}\n";
    folder.write("documents.jsonl", text);
    const std::string messages = (folder / "messages").string();
    EXPECT_EQ(shell("ulimit -f 16; \"$CLI\" corpus build '" + (folder / "corpus").string() +
                    "' --share 'a=" + (folder / "documents.jsonl").string() + "' > '" + messages +
                    "' 2>&1"),
              1);
    EXPECT_NE(readFile(messages)->find("ulimit -f"), std::string::npos) << *readFile(messages);
}

}  // namespace
}  // namespace skd::test
