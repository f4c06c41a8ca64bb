#include <gtest/gtest.h>

#include "base/json.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

TEST(CliSpeed, ListsRowsWithoutMeasuring) {
    const TemporaryFolder folder;
    const CliResult listed = runCli({"bench", "--list", "--json"}, folder.path());
    ASSERT_EQ(listed.exitCode, 0) << listed.err;
    EXPECT_GE(memberOf(listed.json(), "rows").size(), 30u);
    EXPECT_EQ(memberOf(listed.json(), "scaling").size(), 7u);
    EXPECT_NE(runCli({"bench", "--list"}, folder.path()).out.find("kd-step-4x256"),
              std::string::npos);
}

TEST(CliSpeed, MeasuresTheRowsThatAreAskedFor) {
    const TemporaryFolder folder;
    const std::vector<std::string> call{"bench",    "--quick", "--rounds", "1",
                                        "--dtype",  "f32",     "--model",  kModel,
                                        "--filter", "ppl-512", "--filter", "adamw"};
    std::vector<std::string> asJson = call;
    asJson.emplace_back("--json");
    const CliResult measured = runCli(asJson, folder.path());
    ASSERT_EQ(measured.exitCode, 0) << measured.err;
    ASSERT_EQ(memberOf(measured.json(), "rows").size(), 2u);
    for (const Json& row : memberOf(measured.json(), "rows"))
        EXPECT_GT(valueOr(memberOf(row, "share"), 0.0), 0);
    const CliResult table = runCli(call, folder.path());
    ASSERT_EQ(table.exitCode, 0) << table.err;
    for (const char* word : {"ppl-512", "adamw", "of bound", "LibTorch", "load"})
        EXPECT_NE(table.out.find(word), std::string::npos) << word;
}

TEST(CliSpeed, ScalingHasAChart) {
    const TemporaryFolder folder;
    const std::string plot = (folder / "scaling.svg").string();
    const CliResult scaled = runCli({"bench", "--scaling", "--quick", "--rounds", "1", "--dtype",
                                     "f32", "--filter", "layers", "--plot", plot, "--json"},
                                    folder.path());
    ASSERT_EQ(scaled.exitCode, 0) << scaled.err;
    ASSERT_EQ(memberOf(scaled.json(), "series").size(), 1u);
    EXPECT_NE(readBytes(plot).find("<svg"), std::string::npos);
}

TEST(CliSpeed, ProfilesAStep) {
    const TemporaryFolder folder;
    const std::vector<std::string> call{"profile", "--step",   kModel, "--batch", "1",  "--length",
                                        "16",      "--rounds", "1",    "--dtype", "f32"};
    const CliResult table = runCli(call, folder.path());
    ASSERT_EQ(table.exitCode, 0) << table.err;
    for (const char* word : {"backward.mlp_down", "adamw", "teacher_rows", "GFLOP/s"})
        EXPECT_NE(table.out.find(word), std::string::npos) << word;
    std::vector<std::string> twice = call, kept = call;
    twice.push_back(kModel);
    kept.emplace_back("--keep");
    EXPECT_EQ(runCli(twice, folder.path()).exitCode, 2);
    EXPECT_EQ(runCli(kept, folder.path()).exitCode, 2);
}

TEST(CliSpeed, WrongInputIsSaid) {
    const TemporaryFolder folder;
    const CliResult unknown = runCli({"bench", "--filter", "no-such-row"}, folder.path());
    EXPECT_EQ(unknown.exitCode, 2);
    EXPECT_NE(unknown.err.find("first-carve-cold"), std::string::npos) << unknown.err;
    EXPECT_EQ(runCli({"bench", "--rounds", "0"}, folder.path()).exitCode, 2);
    EXPECT_EQ(runCli({"bench", "--plot", "x.svg"}, folder.path()).exitCode, 2);
    EXPECT_EQ(runCli({"bench", "turns", "--ids", "no-such-file"}, folder.path()).exitCode, 2);
}

}  // namespace
}  // namespace skd::test
