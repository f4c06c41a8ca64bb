#include <gtest/gtest.h>

#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Minutes long, so behind the label bench: perplexity of the sample model after removing 15 % of
/// its MLP parameters, before distillation, on the first 8,192 tokens of the WikiText-2 test split.
/// Calibration is on the corpus that ships, never on that text. The whole table of truncations and
/// allocations: skd_prune_table in tests/bench/prune_table.
class BenchPruneQuality : public testing::Test {
protected:
    double afterPruning(const std::vector<std::string>& settings) {
        std::vector<std::string> arguments{"run",
                                           "--workspace",
                                           (folder / "w.sqlite").string(),
                                           "--json",
                                           "--set",
                                           "distill.steps=0",
                                           "--set",
                                           "prune.target=0.15",
                                           "--set",
                                           "schedule.gate=false"};
        for (const std::string& setting : settings)
            arguments.insert(arguments.end(), {"--set", setting});
        const CliResult result =
            runCli(arguments, folder.path(), {"SPARSEKD_MODELS=" SKD_SOURCE_DIR "/.deps/models"});
        EXPECT_EQ(result.exitCode, 0) << result.err;
        const Json json = result.json();
        return json.contains("post_prune_ppl") && json["post_prune_ppl"].is_number()
                   ? json["post_prune_ppl"].get<double>()
                   : -1;
    }
    const TemporaryFolder folder;
};

TEST_F(BenchPruneQuality, DefaultAllocationStaysBelow66) {
    const double perplexity = afterPruning({});
    RecordProperty("post_prune_ppl", std::to_string(perplexity));
    EXPECT_GT(perplexity, 36);
    EXPECT_LE(perplexity, 66);
}

TEST_F(BenchPruneQuality, UniformRanksAreAsBadAsThePrototypeFound) {
    const double whitened = afterPruning({"prune.ranks=uniform", "prune.truncation=whitened"});
    const double plain = afterPruning({"prune.ranks=uniform", "prune.truncation=plain"});
    RecordProperty("whitened", std::to_string(whitened));
    RecordProperty("plain", std::to_string(plain));
    EXPECT_GT(whitened, 194 / 2.0);
    EXPECT_LT(whitened, 194 * 2.0);
    EXPECT_GT(plain, 1e5);
}

}  // namespace
}  // namespace skd::test
