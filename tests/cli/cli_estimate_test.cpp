#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

CliResult estimateWith(std::vector<std::string> arguments) {
    const TemporaryFolder folder;
    arguments.insert(arguments.begin(), {"estimate", "--set", "model.path=" + kModel});
    return runCli(arguments, folder.path());
}

}  // namespace

TEST(CliEstimate, SaysPartsAndAcceleratorsInBothForms) {
    const Json json = estimateWith({"--json"}).json();
    std::int64_t sum = 0;
    for (const auto& part : json["parts"].items()) sum += part.value().get<std::int64_t>();
    EXPECT_EQ(json["bytes"], sum);
    EXPECT_GT(json["parts"]["weights"], 0);
    ASSERT_EQ(json["accelerators"].size(), 4u);
    EXPECT_EQ(json["accelerators"][0]["gibibytes"], 12);
    EXPECT_EQ(json["accelerators"][0]["fits"], true);
    const CliResult table = estimateWith({});
    EXPECT_EQ(table.exitCode, 0) << table.err;
    for (const char* word : {"moments", "activations", "total", "12 GB", "80 GB", "yes"})
        EXPECT_NE(table.out.find(word), std::string::npos) << word;
}

TEST(CliEstimate, NamesWhatToChangeWhereItDoesNotFit) {
    const CliResult result =
        estimateWith({"--set", "distill.batch=60000", "--set", "corpus.sequence_length=4096"});
    EXPECT_EQ(result.exitCode, 0) << result.err;
    EXPECT_NE(result.out.find("distill.checkpoint_activations=true"), std::string::npos);
    EXPECT_NE(result.out.find("distill.micro_batch="), std::string::npos);
}

TEST(CliEstimate, AnUnknownModelIsAnError) {
    const TemporaryFolder folder;
    const CliResult result = runCli({"estimate", "--set", "model.path=nowhere"}, folder.path());
    EXPECT_NE(result.exitCode, 0);
    EXPECT_NE(result.err.find("nowhere"), std::string::npos);
}

}  // namespace skd::test
