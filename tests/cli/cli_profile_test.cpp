#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "cli/cli_runner.h"
#include "store/measurement_codec.h"
#include "store/run_store.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

TEST(CliProfile, JsonAddsUp) {
    const TemporaryFolder folder;
    const CliResult result = runCli(
        {"profile", kModel, kModel, "--batch", "2", "--length", "32", "--rounds", "3", "--json"},
        folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json json = result.json();
    EXPECT_EQ(json["rounds"], 3);
    ASSERT_EQ(json["models"].size(), 2u);
    for (const Json& model : json["models"]) {
        double modules = 0, buckets = 0;
        for (const Json& module : model["modules"]) modules += module["seconds"].get<double>();
        for (const auto& [name, seconds] : model["paper_buckets"].items())
            buckets += seconds.get<double>();
        EXPECT_GT(modules, 0);
        EXPECT_NEAR(buckets, modules, 1e-9);
        EXPECT_EQ(model["comparison"]["mlp_flops"], 1.0);
    }
}

TEST(CliProfile, KeepsMeasurementsInTheWorkspace) {
    const TemporaryFolder folder;
    const std::string workspace = (folder / "w.sqlite").string();
    const CliResult profiled =
        runCli({"profile", kModel, "--batch", "1", "--length", "16", "--rounds", "1", "--keep",
                "--workspace", workspace, "--json"},
               folder.path());
    ASSERT_EQ(profiled.exitCode, 0) << profiled.err;
    const CliResult timed =
        runCli({"benchmark", kModel, "--batch", "1", "--prompt", "8", "--generate", "4", "--rounds",
                "1", "--keep", "--workspace", workspace, "--json"},
               folder.path());
    ASSERT_EQ(timed.exitCode, 0) << timed.err;
    const auto store = RunStore::open(workspace);
    ASSERT_TRUE(store) << store.error().message;
    const auto profiles = (*store)->measurements("profile"),
               benchmarks = (*store)->measurements("benchmark");
    ASSERT_TRUE(profiles && profiles->size() == 1);
    ASSERT_TRUE(benchmarks && benchmarks->size() == 1);
    const auto kept = readProfile(profiles->front().document);
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_FALSE(kept->models.at(0).timeline.empty());
    EXPECT_EQ(kept->models[0].wall.median, profiled.json()["models"][0]["wall"]["median"]);
    EXPECT_EQ(benchmarks->front().document, timed.json());
}

TEST(CliProfile, KeepsOnlyTheTimelinesThatAreAskedFor) {
    const TemporaryFolder folder;
    const std::string workspace = (folder / "w.sqlite").string();
    const auto keptWith = [&](const std::string& timelines) {
        return runCli({"profile", kModel, kModel, "--batch", "1", "--length", "16", "--rounds", "1",
                       "--keep", "--timelines", timelines, "--workspace", workspace},
                      folder.path())
            .exitCode;
    };
    for (const char* timelines : {"first", "none"}) ASSERT_EQ(keptWith(timelines), 0) << timelines;
    EXPECT_EQ(keptWith("some"), 2);
    const auto store = RunStore::open(workspace);
    ASSERT_TRUE(store) << store.error().message;
    const auto profiles = (*store)->measurements("profile");
    ASSERT_TRUE(profiles && profiles->size() == 2);
    int withTimeline = 0;
    for (const MeasurementRow& row : *profiles) {
        const auto kept = readProfile(row.document);
        ASSERT_TRUE(kept) << kept.error().message;
        ASSERT_EQ(kept->models.size(), 2u);
        EXPECT_TRUE(kept->models[1].timeline.empty());
        EXPECT_FALSE(kept->models[1].modules.empty()) << "figures stay";
        withTimeline += !kept->models[0].timeline.empty();
    }
    EXPECT_EQ(withTimeline, 1) << "of first, not of none";
}

TEST(CliProfile, TablesForPeopleAndATrace) {
    const TemporaryFolder folder;
    const std::string trace = (folder / "trace.json").string();
    const std::vector<std::string> call{"profile", kModel,     kModel, "--batch", "1",   "--length",
                                        "16",      "--rounds", "1",    "--dtype", "bf16"};
    std::vector<std::string> traced = call, paper = call;
    traced.insert(traced.end(), {"--trace", trace});
    const CliResult result = runCli(traced, folder.path());
    ASSERT_EQ(result.exitCode, 0) << result.err;
    for (const char* text : {"mlp_down", "GFLOP/s", "aten::", "speed-up", "ceiling"})
        EXPECT_NE(result.out.find(text), std::string::npos) << result.out;
    const auto events = parseJson(*readFile(trace));
    ASSERT_TRUE(events) << events.error().message;
    EXPECT_GT((*events)["traceEvents"].size(), 50u);
    paper.insert(paper.end(), {"--buckets", "paper"});
    EXPECT_NE(runCli(paper, folder.path()).out.find("FFN/GEMM ms"), std::string::npos);
}

TEST(CliProfile, WrongInputIsSaid) {
    const TemporaryFolder folder;
    EXPECT_EQ(runCli({"profile"}, folder.path()).exitCode, 2);
    EXPECT_EQ(runCli({"profile", kModel, "--buckets", "none"}, folder.path()).exitCode, 2);
    EXPECT_EQ(runCli({"profile", kModel, "--length", "100000"}, folder.path()).exitCode, 2);
    EXPECT_EQ(runCli({"profile", kModel, "--rounds", "0"}, folder.path()).exitCode, 2);
}

}  // namespace
}  // namespace skd::test
