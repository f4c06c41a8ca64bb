// sparsekd tasks.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class CliTasks : public testing::Test {
protected:
    CliResult call(std::vector<std::string> arguments) { return runCli(arguments, folder.path()); }
    const TemporaryFolder folder;
    const std::string tiny = std::string(SKD_FIXTURES) + "/models/workbench";
    const std::string facts = "openbookqa=resource:tasks/facts.jsonl",
                      sums = "arc_easy=resource:tasks/arithmetic.jsonl";
};

TEST_F(CliTasks, TwoModelsAreComparedByDocument) {
    const std::string samples = (folder / "samples.jsonl").string();
    const CliResult result = call({"tasks", tiny, tiny, "--task", facts + "," + sums, "--limit",
                                   "6", "--dtype", "f32", "--samples", samples, "--json"});
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json json = result.json();
    ASSERT_EQ(json["tasks"].size(), 2u);
    for (const Json& task : json["tasks"]) {
        EXPECT_EQ(task["documents"], 6);
        ASSERT_EQ(task["models"].size(), 2u);
        EXPECT_FALSE(task["models"][0].contains("differences"));
        EXPECT_EQ(task["models"][0]["measures"], task["models"][1]["measures"]);
        const Json& difference = task["models"][1]["differences"]["acc"];
        EXPECT_EQ(difference["mean"], 0.0);
        EXPECT_EQ(difference["lost"], 0);
        EXPECT_EQ(difference["p_value"], 1.0);
    }
    const std::string lines = *readFile(samples);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2 * 2 * 6);
    const auto first = parseJson(lines.substr(0, lines.find('\n')));
    ASSERT_TRUE(first);
    EXPECT_EQ((*first)["log_likelihood"].size(), 4u);
    EXPECT_EQ((*first)["choices"].size(), 4u);
}

TEST_F(CliTasks, ATableHasARowPerMeasure) {
    const CliResult result = call({"tasks", tiny, "--task", facts, "--limit", "3"});
    ASSERT_EQ(result.exitCode, 0) << result.err;
    for (const char* word : {"openbookqa", "acc_norm", "acc_bytes", "McNemar"})
        EXPECT_NE(result.out.find(word), std::string::npos) << result.out;
}

TEST_F(CliTasks, ExamplesNeedAFile) {
    const CliResult without = call({"tasks", tiny, "--task", facts, "--few-shot", "2"});
    EXPECT_EQ(without.exitCode, 2);
    EXPECT_NE(without.err.find("no file to draw them from"), std::string::npos) << without.err;
    EXPECT_EQ(call({"tasks", tiny, "--task", facts, "--few-shot", "1", "--examples", facts,
                    "--limit", "2"})
                  .exitCode,
              0);
}

TEST_F(CliTasks, WrongInputIsExitCodeTwo) {
    EXPECT_EQ(call({"tasks", tiny}).exitCode, 2);
    EXPECT_EQ(call({"tasks", tiny, "--task", "hellaswg=a"}).exitCode, 2);
    EXPECT_EQ(call({"tasks", tiny, "--task", "piqa=none.jsonl"}).exitCode, 2);
    EXPECT_EQ(call({"tasks", "none", "--task", facts}).exitCode, 2);
    const CliResult other = call({"tasks", tiny, "--task", "piqa=resource:tasks/facts.jsonl"});
    EXPECT_EQ(other.exitCode, 2);
    EXPECT_NE(other.err.find("facts.jsonl:1"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace skd::test
