#include "results/run_summary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "core/store/raw_database.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::RawDatabase;
using test::TemporaryFolder;

/// Summaries as the versions that made the demonstration's workspace have written them.
Json recordedSummaries() {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder / "w";
    std::filesystem::copy_file(
        std::filesystem::path(SKD_SOURCE_DIR) / "resources/demo/workspace.sqlite", file);
    return *parseJson("[" + RawDatabase(file)("SELECT summary FROM runs ORDER BY id") + "]");
}

RunSummary parsed(const char* text) {
    return readRunSummary(*parseJson(text));
}

TEST(RunSummary, DocumentsOfEarlierVersionsAreWrittenAsTheyWereRead) {
    const Json documents = recordedSummaries();
    ASSERT_GE(documents.size(), 10u);
    for (const Json& document : documents) {
        const RunSummary summary = readRunSummary(document);
        EXPECT_EQ(dumpJson(toJson(summary)), dumpJson(document));
        EXPECT_GT(valueOrNan(summary.densePpl), 1);
        EXPECT_FALSE(summary.empty());
    }
}

TEST(RunSummary, ReadsTheFiguresOfARecordedRun) {
    const RunSummary summary = readRunSummary(recordedSummaries().front());
    EXPECT_EQ(summary.name, "SparseKD · seed 42");
    EXPECT_EQ(summary.densePpl, 36.002082378377374);
    EXPECT_EQ(summary.finalPpl(), 166.73489564021432);
    EXPECT_EQ(summary.parameters, 82730304);
    EXPECT_EQ(summary.threads, 2);
    const RoundSummary* round = summary.findRound(2);
    ASSERT_NE(round, nullptr);
    EXPECT_EQ(round->target, 0.22);
    EXPECT_EQ(round->firstStep, 37);
    EXPECT_EQ(round->details["rank_rule"], "budget");
    ASSERT_EQ(round->postKdDomains.size(), 4u);
    EXPECT_EQ(round->postKdDomains[1].first, "wikitext");
    EXPECT_EQ(round->postKdDomains[1].second.ppl, 27.631038471658137);
    EXPECT_EQ(summary.findRound(99), nullptr);
}

TEST(RunSummary, InfiniteIsNotTheSameAsNotMeasured) {
    const double infinity = std::numeric_limits<double>::infinity();
    RunSummary summary;
    summary.densePpl = 36;
    summary.postPrunePpl = infinity;
    const std::string text = dumpJson(toJson(summary));
    EXPECT_NE(text.find("\"inf\""), std::string::npos) << text;
    const RunSummary back = parsed(text.c_str());
    EXPECT_EQ(back.densePpl, 36);
    EXPECT_EQ(back.postPrunePpl, infinity);
    EXPECT_EQ(back.postKdPpl, std::nullopt);
    EXPECT_EQ(dumpJson(toJson(back)), text);
    EXPECT_EQ(numberJson(-infinity), "-inf");
    EXPECT_EQ(numberJson(1.5), 1.5);
    EXPECT_TRUE(numberJson(std::nan("")).is_null());
    double whole = 0;
    EXPECT_TRUE(readMember(Json{{"ppl", "inf"}}, whole));
    EXPECT_EQ(whole, infinity);
    EXPECT_FALSE(readMember(Json("infinite"), whole));
}

TEST(RunSummary, TextsAndSamplesAreWrittenWhereTheyAreKnown) {
    RunSummary summary;
    summary.densePpl = 36;
    for (const char* key : {"evaluation", "selection", "corpus"})
        EXPECT_FALSE(toJson(summary).contains(key)) << key;
    summary.evaluation = TextSummary{"test.raw", "ab", 8192, 0};
    summary.selection = TextSummary{"valid.txt", "cd", 2048, 240};
    summary.corpus = CorpusSummary{50'000, 512, 25'600'000, 1557};
    const RunSummary read = readRunSummary(toJson(summary));
    EXPECT_EQ(toJson(read), toJson(summary));
    EXPECT_EQ(read.selection->unscored, 240);
    EXPECT_EQ(read.corpus->distinct, 1557);
}

TEST(RunSummary, KeepsUnknownKeysTheirOrderAndTheFormOfNumbers) {
    const char* text =
        R"({"later":{"a":[1,2]},"dense_ppl":36,"rounds":[{"mlp_removed":0.5,"new":true},7],)"
        R"("lineage":{"parent_run":3,"x":null},"quality":{"final":{"ece":0.125,"bins":[1]},)"
        R"("comparison":{}}})";
    RunSummary summary = parsed(text);
    EXPECT_EQ(dumpJson(toJson(summary)), text);
    summary.rounds[0].mlpRemoved = 0.25;
    summary.lineage.parentStep = 4;
    EXPECT_EQ(
        dumpJson(toJson(summary)),
        R"({"later":{"a":[1,2]},"dense_ppl":36,"rounds":[{"mlp_removed":0.25,"new":true},7],)"
        R"("lineage":{"parent_run":3,"x":null,"parent_step":4},"quality":{"final":{"ece":0.125,)"
        R"("bins":[1]},"comparison":{}}})");
}

TEST(RunSummary, MissingKeysAndOtherTypesLeaveFiguresUnknown) {
    const char* text =
        R"({"dense_ppl":"36","post_kd_ppl":null,"rounds":{},"threads":2.5,"also":[]})";
    const RunSummary summary = parsed(text);
    EXPECT_FALSE(summary.densePpl || summary.postKdPpl || summary.threads || summary.quality);
    EXPECT_TRUE(summary.rounds.empty() && summary.also.empty() && summary.name.empty());
    EXPECT_TRUE(std::isnan(summary.finalPpl()));
    EXPECT_EQ(dumpJson(toJson(summary)), text);
    EXPECT_EQ(dumpJson(toJson(readRunSummary(Json::array({1})))), "[1]");
    EXPECT_TRUE(readRunSummary(Json::object()).empty());
    EXPECT_TRUE(RunSummary().empty());
    EXPECT_EQ(dumpJson(toJson(RunSummary())), "{}");
}

TEST(RunSummary, ReadsReportsWhereEarlyVersionsKeptThem) {
    const char* text = R"({"dense_ppl":{"ppl":36.5},"also":{"a.b":{"dense":{"word_perplexity":9.5,)"
                       R"("definition":"d"},"final":8.0}}})";
    const RunSummary summary = parsed(text);
    EXPECT_EQ(summary.densePpl, 36.5);
    const ProtocolSummary* also = summary.findAlso("a.b");
    ASSERT_NE(also, nullptr);
    EXPECT_EQ(also->dense, 9.5);
    EXPECT_EQ(also->final, 8.0);
    EXPECT_EQ(also->recordedDefinition(), "d");
    EXPECT_EQ(dumpJson(toJson(summary)), text);
}

TEST(RunSummary, DomainsOfEarlyVersionsAreNumbersAndStaySo) {
    const char* text = R"({"rounds":[{"post_kd_domains":{"c4":2.5,"code":null}}]})";
    RunSummary summary = parsed(text);
    ASSERT_EQ(summary.rounds.at(0).postKdDomains.size(), 2u);
    EXPECT_EQ(summary.rounds[0].postKdDomains[0].second.ppl, 2.5);
    EXPECT_TRUE(summary.rounds[0].postKdDomains[0].second.blocks.empty());
    EXPECT_FALSE(summary.rounds[0].postKdDomains[1].second.ppl);
    EXPECT_EQ(dumpJson(toJson(summary)), text);
}

TEST(RunSummary, LossesByBlockAreReadAsTheyWereWritten) {
    RunSummary summary;
    summary.densePpl = 20.25;
    summary.denseBlocks = {{1.5, 1.0 / 3}, {512, 511}, true, "abc", {}};
    summary.domains.push_back({"c4", 3.0, {}, 2.0, {}, {{0.1, 0.2}, {1, 1}, false, "", {}}, {}});
    const RunSummary read = readRunSummary(*parseJson(dumpJson(toJson(summary))));
    EXPECT_EQ(read.denseBlocks.values, summary.denseBlocks.values) << "to the last bit";
    EXPECT_TRUE(read.denseBlocks.pairsWith(summary.denseBlocks));
    EXPECT_TRUE(read.domains.at(0).denseBlocks.empty());
    EXPECT_EQ(read.domains[0].postKdBlocks.values, (std::vector<double>{0.1, 0.2}));
    EXPECT_EQ(parsed(R"({"dense_blocks":{"values":[1,"x"],"weights":[1,1]}})").denseBlocks.values,
              std::vector<double>());
}

TEST(RunSummary, SizesAreReadAsTheyWereWritten) {
    RunSummary summary;
    summary.name = "n";
    EXPECT_FALSE(toJson(summary).contains("elastic"));
    EXPECT_FALSE(readRunSummary(toJson(summary)).elastic);
    ElasticSummary elastic;
    elastic.largest = 0.15;
    elastic.smallest = 0.65;
    elastic.form = "identity-block";
    elastic.pathSha256 = "abc";
    elastic.selection = 0.35;
    ElasticNode node;
    node.removed = 0.35;
    node.parameters = 7;
    node.postKdPpl = 40.5;
    node.postKdBlocks = {{1, 2}, {3, 4}, false, "text", {}};
    elastic.nodes = {node};
    elastic.draws = {{.removed = 0.15, .draws = 3, .offPath = 1}};
    summary.elastic = elastic;
    const RunSummary read = readRunSummary(toJson(summary));
    ASSERT_TRUE(read.elastic);
    EXPECT_EQ(read.elastic->pathSha256, "abc");
    EXPECT_EQ(read.elastic->findNode(0.35)->postKdPpl, 40.5);
    EXPECT_EQ(read.elastic->findNode(0.35)->postKdBlocks.values, (std::vector<double>{1, 2}));
    EXPECT_EQ(read.elastic->findNode(0.25), nullptr);
    EXPECT_FALSE(read.elastic->nodes[0].preKdPpl);
    EXPECT_EQ(read.elastic->draws.at(0).offPath, 1);
    EXPECT_EQ(dumpJson(toJson(read)), dumpJson(toJson(summary)));
}

TEST(ElasticBin, SizesOnAnEdgeBeginTheirBin) {
    for (std::int64_t number = 0; number < 20; ++number)
        EXPECT_EQ(ElasticBin::numberOf(ElasticBin::beginOf(number)), number);
    EXPECT_EQ(ElasticBin::numberOf(0.15), 3);
    EXPECT_EQ(ElasticBin::numberOf(0.199), 3);
    EXPECT_EQ(ElasticBin::numberOf(0.65), 13);
    EXPECT_EQ(metricAt("ppl.live", 0.35), "ppl.live@35");
    EXPECT_EQ(metricAt("ppl.live", 0.125), "ppl.live@12.5");
}

TEST(BlockSums, PairOnlyWithTheSameBlocksOfTheSameText) {
    const BlockSums one{{1, 2}, {10, 12}, false, "text", {}};
    BlockSums other = one;
    other.values = {5, 6};
    EXPECT_TRUE(one.pairsWith(other));
    for (BlockSums changed : {BlockSums{{1, 2}, {10, 11}, false, "text", {}},
                              BlockSums{{1, 2}, {10, 12}, true, "text", {}},
                              BlockSums{{1, 2}, {10, 12}, false, "other", {}},
                              BlockSums{{1, 2, 3}, {10, 12, 1}, false, "text", {}}})
        EXPECT_FALSE(one.pairsWith(changed));
    EXPECT_FALSE(BlockSums().pairsWith(BlockSums())) << "nothing is no evidence";
    EXPECT_DOUBLE_EQ(one.mean(), 3.0 / 22);
    EXPECT_TRUE(std::isnan(BlockSums().mean()));
}

TEST(RunSummary, ANewOneHasAllItsKeysInTheirOrder) {
    RunSummary summary;
    summary.name = "n";
    summary.mlpRemoved = 0.0;
    summary.postKdPpl = std::nan("");
    summary.rounds.push_back({.round = 1, .details = Json::object()});
    summary.rounds[0].preKdDomains = {{"c4", {.ppl = 2.5}}, {"code", {}}};
    summary.lineage.chain = Json::array();
    EXPECT_EQ(
        dumpJson(toJson(summary)),
        R"({"name":"n","protocol":"","dense_ppl":null,"dense_standard_error":null,)"
        R"("bytes_removed":null,)"
        R"("target_removed":null,"parameters_removed":null,"mlp_removed":0.0,)"
        R"("post_prune_ppl":null,)"
        R"("post_kd_ppl":null,"post_kd_standard_error":null,"parameters":null,"kd_steps":null,)"
        R"("kd_seconds":null,"best_step":null,"corpus_sha256":null,"teacher_sha256":null,)"
        R"("threads":null,)"
        R"("arithmetic":"","rounds":[{"round":1,"target":null,"target_removed":null,)"
        R"("mlp_removed":null,)"
        R"("parameters_removed":null,"bytes_removed":null,"parameters":null,"details":{},)"
        R"("gate_kl":null,)"
        R"("rolled_back":false,"pre_kd_ppl":null,"pre_kd_standard_error":null,"post_kd_ppl":null,)"
        R"("post_kd_standard_error":null,"pre_kd_domains":{"c4":{"ppl":2.5},"code":{"ppl":null}},)"
        R"("post_kd_domains":null,)"
        R"("first_step":0,"steps":0,"best_step":0,"seconds":null,"reason":""}],"domains":[],)"
        R"("also":null,)"
        R"("quality":null,"lineage":{"model":"","parent_run":null,"parent_step":null,)"
        R"("teacher":null,)"
        R"("student":"","control":"","chain":[]}})");
}

}  // namespace
}  // namespace skd
