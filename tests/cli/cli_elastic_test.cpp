#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "cli/cli_runner.h"
#include "support/small_corpus.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// One small elastic run that all tests of this file read; its figures are in f32. The least rank
/// of a path, 32, leaves the fixture no less than 78 % of a matrix.
class CliElastic : public testing::Test {
protected:
    static void SetUpTestSuite() {
        shared = new TemporaryFolder;
        shared->write("spec.json", R"({"name": "all sizes", "seed": 7, "model": {"path": ")" +
                                       kModel + R"(", "dtype": "f32", "threads": 1},
 "corpus": {"sequence_length": 48, "samples": 24, "shares": )" +
                                       smallSharesText() + R"(},
 "prune": {"ranks": "budget", "form": "identity-block", "rank_multiple": 2,
           "calibration_tokens": 300, "probe_tokens": 90},
 "elastic": {"nodes": [0.1]},
 "distill": {"steps": 4, "batch": 3, "warmup": 1, "learning_rate": 0.003, "eval_every": 2,
             "stop_on_rise": false, "stop_on_plateau": false},
 "eval": {"max_tokens": 300, "live_tokens": 200, "context": 64, "quality": false}})");
        const CliResult run = runCli({"run", (*shared / "spec.json").string(), "--elastic", "5..20",
                                      "--workspace", workspace(), "--json"},
                                     shared->path());
        ASSERT_EQ(run.exitCode, 0) << run.err;
    }
    static void TearDownTestSuite() { delete shared; }
    static std::string workspace() { return (*shared / "w.sqlite").string(); }
    CliResult cli(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--workspace", workspace(), "--json"});
        return runCli(arguments, folder.path());
    }
    Json ask(const std::vector<std::string>& arguments) const {
        const CliResult result = cli(arguments);
        EXPECT_EQ(result.exitCode, 0) << joined(arguments, " ") << ": " << result.err;
        return result.json();
    }
    double ppl(const std::string& model) const {
        return ask({"eval", model, "--max-tokens", "300", "--context", "64", "--dtype", "f32",
                    "--threads", "1", "--no-quality"})
            .value("ppl", 0.0);
    }
    /// Exit 2, and a message that says so.
    void expectRefusal(const std::vector<std::string>& arguments, const std::string& phrase) const {
        const CliResult result = cli(arguments);
        EXPECT_EQ(result.exitCode, 2) << joined(arguments, " ") << ": " << result.err;
        EXPECT_NE(result.err.find(phrase), std::string::npos) << result.err;
    }
    std::string at(const std::string& name) const { return (folder / name).string(); }

    inline static TemporaryFolder* shared = nullptr;
    const TemporaryFolder folder;
};

TEST_F(CliElastic, TheOptionSetsBothEnds) {
    const Json spec = ask({"runs", "show", "1"})["spec"];
    EXPECT_EQ(spec["elastic"]["largest"], 0.05);
    EXPECT_EQ(spec["elastic"]["smallest"], 0.2);
    for (const char* wrong : {"55..15", "15", "15..15", "15..100", "x..y"})
        expectRefusal({"run", (*shared / "spec.json").string(), "--elastic", wrong}, "15..65");
    expectRefusal({"run", "--resume", "1", "--elastic", "5..20"}, "--elastic 5..20");
    const Json plan = ask({"run", (*shared / "spec.json").string(), "--elastic", "5..20", "--set",
                           "elastic.smallest=0.4", "--dry-run"});
    EXPECT_EQ(plan["spec"]["elastic"]["smallest"], 0.4) << "what is set goes before";
}

TEST_F(CliElastic, EveryCommandThatTakesAModelTakesASlice) {
    const std::string slice = "run:1@16%";
    const Json about = ask({"inspect", slice});
    EXPECT_EQ(about["lineage"]["slice"]["asked"], 0.16);
    EXPECT_LT(about["parameters"], ask({"inspect", "run:1@8%"})["parameters"]);
    EXPECT_GT(ppl(slice), 1);
    ask({"eval", slice, "--against", "run:1@5%", "--max-tokens", "200", "--context", "64"});
    ask({"generate", slice, "--prompt", "a", "--tokens", "4", "--against", "run:1@5%"});
    ask({"consistency", slice, "--prompt", "a", "--answers", "2", "--tokens", "4"});
    ask({"benchmark", kModel, slice, "--batch", "1", "--prompt", "8", "--generate", "2", "--rounds",
         "1"});
    ask({"profile", slice, "run:1@8%", "--batch", "1", "--length", "16", "--rounds", "1"});
    ask({"spectrum", slice});
    ask({"estimate", "--set", "model.path=" + slice, "--set", "prune.method=none"});
    for (const std::string format : {"hf", "hf-dense", "gguf"})
        ask({"export", slice, "--format", format, "--dtype", "f32", "--out", at(format)});
    EXPECT_NEAR(ppl(at("hf")) / ppl(slice), 1, 1e-5);
    EXPECT_NEAR(ppl(at("hf-dense")) / ppl(slice), 1, 1e-5);
    const std::string card = *readFile(at("hf") + "/README.md");
    EXPECT_NE(card.find("slice of the run with 10 % removed"), std::string::npos) << card;
}

TEST_F(CliElastic, WithoutASizeTheLargestIsTakenAndSaid) {
    const CliResult result = cli({"inspect", "run:1"});
    ASSERT_EQ(result.exitCode, 0) << result.err;
    EXPECT_NE(result.err.find("its largest size is taken, 5 % removed"), std::string::npos)
        << result.err;
    EXPECT_EQ(result.json()["weights_sha256"], ask({"inspect", "run:1@5%"})["weights_sha256"]);
}

/// Recorded by the elastic student itself, and measured of the models that its references are.
TEST_F(CliElastic, TheFrontIsWhatItsModelsScore) {
    const Json recorded = ask({"front", "1"});
    ASSERT_EQ(recorded["points"].size(), 3u);
    for (const Json& point : recorded["points"]) {
        EXPECT_EQ(point["source"], "recorded");
        EXPECT_GT(point["pre_kd_ppl"].get<double>(), 1);
        EXPECT_GT(point["bytes"], point["parameters"]);
        const std::string size = formatNumber(100 * point["removed"].get<double>(), 4);
        EXPECT_NEAR(ppl("run:1@" + size + "%") / point["ppl"].get<double>(), 1, 1e-4) << size;
    }
    const Json front = ask({"front", "1", "--sizes", "5"});
    ASSERT_EQ(front["points"].size(), 6u)
        << "5, 8.75, 10, 12.5, 16.25, 20: both ends are on record";
    int measured = 0;
    for (const Json& point : front["points"])
        if (point["source"] == "measured") {
            ++measured;
            const std::string size = formatNumber(100 * point["removed"].get<double>(), 4);
            EXPECT_NEAR(ppl("run:1@" + size + "%"), point["ppl"].get<double>(), 1e-9) << size;
        }
    EXPECT_EQ(measured, 3);
    const Json shorter = ask({"front", "1", "--sizes", "2", "--tokens", "200"});
    EXPECT_EQ(shorter["points"].size(), 5u) << "other text: nothing is left out";
    const CliResult csv =
        runCli({"front", "1", "--csv", "--workspace", workspace()}, folder.path());
    EXPECT_EQ(csv.exitCode, 0) << csv.err;
    EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 4) << csv.out;
    const CliResult table = runCli({"front", "1", "--workspace", workspace()}, folder.path());
    EXPECT_NE(table.out.find("recorded"), std::string::npos) << table.out;
    expectRefusal({"front", "9"}, "9");
    expectRefusal({"front", "1", "--sizes", "1"}, "--sizes");
}

TEST_F(CliElastic, WhatARunHasRecordedNeedsNoModel) {
    ask({"runs", "export", "1", "--out", at("one.skdruns")});
    const std::string other = at("other.sqlite");
    const auto there = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--workspace", other, "--json"});
        return runCli(arguments, folder.path());
    };
    ASSERT_EQ(there({"runs", "import", at("one.skdruns")}).exitCode, 0);
    const CliResult front = there({"front", "1"});
    ASSERT_EQ(front.exitCode, 0) << front.err;
    Json here = ask({"front", "1"})["points"], points = front.json()["points"];
    for (std::size_t i = 0; i < here.size(); ++i) {
        EXPECT_TRUE(points[i]["bytes"].is_null());
        here[i]["bytes"] = Json();
    }
    EXPECT_EQ(points, here);
    EXPECT_EQ(there({"front", "1", "--sizes", "3"}).exitCode, 2) << "those need its model";
}

TEST_F(CliElastic, ASliceIsWrittenAsAModelOfItsOwn) {
    const double wanted = ppl("run:1@14%");
    for (const std::string form : {"identity-block", "factored", "dense"}) {
        const Json record = ask(
            {"slice", "1", "--removed", "14", "--form", form, "--dtype", "f32", "--out", at(form)});
        EXPECT_EQ(record["slice"]["form"], form);
        EXPECT_EQ(record["slice"].contains("largest_entry"), form == "identity-block");
        EXPECT_EQ(record["gain"].get<std::string>().empty(), form == "dense") << record["gain"];
        EXPECT_NEAR(ppl(at(form)) / wanted, 1, 1e-5) << form;
    }
    const CliResult said =
        runCli({"slice", "1", "--removed", "14", "--out", at("said"), "--workspace", workspace()},
               folder.path());
    EXPECT_NE(said.out.find("kept as they are"), std::string::npos) << said.out << said.err;
    const Json ranks = ask({"inspect", "run:1@14%"})["lineage"]["slice"]["ranks"];
    folder.write("ranks.json", dumpJson(ranks));
    ask({"slice", "1", "--ranks", at("ranks.json"), "--dtype", "f32", "--out", at("ranks")});
    EXPECT_NEAR(ppl(at("ranks")) / wanted, 1, 1e-6);
    expectRefusal({"slice", "1", "--out", at("x")}, "--removed");
    expectRefusal({"slice", "1", "--removed", "14", "--ranks", "r", "--out", at("x")}, "--ranks");
    expectRefusal({"slice", "1", "--removed", "40", "--out", at("x")}, "5 to 20 %");
    expectRefusal({"slice", "1", "--removed", "forty", "--out", at("x")}, "forty");
    folder.write("wrong.json", R"({"model.layers.0.mlp.nothing": 4})");
    expectRefusal({"slice", "1", "--ranks", at("wrong.json"), "--out", at("x")}, "wrong.json");
    EXPECT_FALSE(fs::exists(at("x")));
}

/// A run of one size that starts from a slice: trained by itself, with its lineage.
TEST_F(CliElastic, AnyPointIsPolished) {
    const CliResult result = cli({"polish", "1", "--removed", "16", "--tokens", "600"});
    ASSERT_EQ(result.exitCode, 0) << result.err;
    const Json summary = result.json();
    EXPECT_NEAR(summary["target_removed"].get<double>(), 0.16, 0.02);
    EXPECT_EQ(summary["lineage"]["parent_run"], 1);
    EXPECT_EQ(summary["lineage"]["model"], "run:1@16%");
    EXPECT_EQ(summary["kd_steps"], 4) << "600 tokens by 3 x 48 a step";
    const std::string polished = std::to_string(summary["run_id"].get<int>());
    const Json spec = ask({"runs", "show", polished})["spec"];
    EXPECT_EQ(spec["prune"]["method"], "none");
    EXPECT_EQ(spec["elastic"]["smallest"], 0);
    EXPECT_DOUBLE_EQ(spec["distill"]["learning_rate"].get<double>(), 0.001);
    EXPECT_EQ(spec["teacher"]["path"], kModel) << "the dense model, as before";
    EXPECT_GT(ppl("run:" + polished), 1);
    expectRefusal({"inspect", "run:" + polished + "@16%"}, "is not elastic");
    expectRefusal({"front", polished}, "is not elastic");
    expectRefusal({"polish", polished, "--removed", "16"}, "is not elastic");
    expectRefusal({"polish", "1", "--removed", "40"}, "5 to 20");
    expectRefusal({"polish", "1", "--removed", "16", "--tokens", "many"}, "--tokens");
    const Json plan = ask({"polish", "1", "--removed", "16", "--set", "distill.steps=9", "--set",
                           "distill.warmup=2", "--dry-run"});
    EXPECT_EQ(plan["spec"]["distill"]["steps"], 9);
}

TEST_F(CliElastic, ASliceTeaches) {
    const Json taught = ask({"run", (*shared / "spec.json").string(), "--set",
                             "elastic.nodes=[0.15,0.25,0.35,0.51,0.65]", "--set",
                             "teacher.path=run:1@5%", "--set", "distill.batch=2"});
    EXPECT_EQ(taught["lineage"]["teacher"]["kind"], "run");
    EXPECT_EQ(taught["lineage"]["teacher"]["path"], "run:1@5%");
    const std::string run = std::to_string(taught["run_id"].get<int>());
    ask({"compare", "1", run});
    expectRefusal({"run", (*shared / "spec.json").string(), "--set",
                   "elastic.nodes=[0.15,0.25,0.35,0.51,0.65]", "--set", "teacher.path=run:1@40%",
                   "--set", "distill.batch=2"},
                  "5 to 20 %");
}

}  // namespace
}  // namespace skd::test
