#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/cli_runner.h"
#include "spec/run_spec.h"

namespace skd::test {
namespace {

std::string helpOf(const std::string& command) {
    const TemporaryFolder folder;
    const CliResult result = runCli({command, "--help"}, folder.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return result.out;
}

/// The line of `help` that begins with `start`, blanks aside.
std::string lineOf(const std::string& help, const std::string& start) {
    for (const std::string_view line : splitLines(help))
        if (trimmed(line).starts_with(start)) return std::string(line);
    return "";
}

TEST(CliHelp, RunListsWhatEachFieldAccepts) {
    const std::string help = helpOf("run");
    for (const FieldDescription& field : describeRunSpec()) {
        const std::string line = lineOf(help, field.path + " = ");
        EXPECT_NE(line, "") << field.path;
        for (const std::string& choice : field.choices)
            EXPECT_NE(line.find(choice), std::string::npos) << line << " lacks " << choice;
    }
    EXPECT_NE(lineOf(help, "prune.ranks = ").find("energy | "), std::string::npos);
    EXPECT_NE(lineOf(help, "prune.target = ").find("[0 to "), std::string::npos)
        << lineOf(help, "prune.target = ");
    EXPECT_NE(lineOf(help, "corpus.shares = "), "");
    EXPECT_NE(lineOf(help, "corpus.shares.N.weight = "), "") << "fields of a list's elements";
    EXPECT_NE(lineOf(helpOf("study"), "variants.N.name = "), "");
}

TEST(CliHelp, OptionsShowTheirDefaults) {
    EXPECT_NE(lineOf(helpOf("consistency"), "--answers").find('8'), std::string::npos);
    EXPECT_NE(lineOf(helpOf("consistency"), "--temperature").find("0.8"), std::string::npos);
    EXPECT_NE(lineOf(helpOf("report"), "--format").find("md"), std::string::npos);
    EXPECT_NE(helpOf("runs").find("list"), std::string::npos);
    EXPECT_NE(lineOf(helpOf("eval"), "--workspace").find("workspace.sqlite"), std::string::npos);
    EXPECT_EQ(lineOf(helpOf("run"), "--resume").find('0'), std::string::npos)
        << "what is not given has no default";
}

}  // namespace
}  // namespace skd::test
