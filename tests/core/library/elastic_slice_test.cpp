#include "library/elastic_slice.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/library/elastic_run.h"
#include "core/model/tiny_model.h"
#include "library/inventory.h"
#include "library/model_source.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

at::Tensor logitsOf(const Decoder& model) {
    const c10::NoGradGuard noGradient;
    return model.logits(at::arange(20).unsqueeze(0));
}

/// Run 3 is elastic, run 4 is not.
class ElasticReferences : public testing::Test {
protected:
    ElasticReferences() {
        std::filesystem::create_directories(paths.run(RunId(4)));
        EXPECT_TRUE(writeDecoder(RunFolder(paths.run(RunId(4))).final(), run.dense, {{"step", 0}}));
    }
    OpenModel open(const std::string& reference, const SliceChoice& choice = {}) const {
        auto model = openModel({.path = reference, .dtype = DTypeChoice::F32}, &paths, choice);
        EXPECT_TRUE(model) << (model ? "" : model.error().message);
        return model ? *std::move(model) : OpenModel();
    }
    std::string refusal(const std::string& reference, const SliceChoice& choice = {}) const {
        const auto model = openModel({.path = reference}, &paths, choice);
        EXPECT_FALSE(model) << reference;
        if (model) return "";
        EXPECT_EQ(model.error().code, ErrorCode::InvalidInput) << model.error().message;
        return model.error().message;
    }
    /// Ranks on the path of the elastic matrices, by name.
    MatrixRanks ranksAt(double removed) const {
        const std::vector<std::int64_t> ranks = run.path.ranksAt(run.path.prefixAt(removed));
        const MatrixRanks caps = rankCaps(run.model);
        MatrixRanks named;
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            const PathMatrix& matrix = run.path.matrices()[i];
            if (caps.contains(matrix.name))
                named[matrix.name] =
                    ranks[i] > 0 ? ranks[i] : std::min(matrix.rows, matrix.columns);
        }
        return named;
    }
    std::filesystem::path writeRanks(const MatrixRanks& ranks) const {
        Json json = Json::object();
        for (const auto& [name, rank] : ranks) json[name] = rank;
        return folder.write("ranks.json", dumpJson(json));
    }

    const TemporaryFolder folder;
    const RunPaths paths{folder / "files"};
    const ElasticRun run = writeElasticRun(paths, RunId(3));
};

TEST_F(ElasticReferences, AreTheSlicesAtTheirSize) {
    for (const double removed : {0.1, 0.25, 0.42, 0.6}) {
        const OpenModel model = open(RunReference{RunId(3), {}, removed}.text());
        EXPECT_FALSE(isElastic(model.decoder));
        const auto wanted = sliced(run.model, ranksAt(removed), SliceForm::IdentityBlock);
        ASSERT_TRUE(wanted);
        EXPECT_TRUE(at::equal(logitsOf(model.decoder), logitsOf(wanted->model))) << removed;
        EXPECT_LT(
            relativeError(logitsOf(model.decoder),
                          logitsOf(sliced(run.model, ranksAt(removed), SliceForm::Dense)->model)),
            1e-4);
        ASSERT_TRUE(model.slice);
        EXPECT_EQ(model.slice->asked, removed);
        EXPECT_GE(model.slice->removed, removed - 1e-12);
        EXPECT_EQ(model.about["slice"]["path_sha256"], run.path.sha256());
        EXPECT_EQ(model.about["run"], 3) << "the lineage of the run";
    }
}

TEST_F(ElasticReferences, WithoutASizeAreTheLargestAndSaySo) {
    const OpenModel model = open("run:3"), largest = open("run:3@10%");
    EXPECT_TRUE(at::equal(logitsOf(model.decoder), logitsOf(largest.decoder)));
    EXPECT_EQ(model.identity, largest.identity);
    EXPECT_TRUE(model.about["slice"]["asked"].is_null());
    EXPECT_EQ(model.about["slice"]["largest"], 0.1);
}

TEST_F(ElasticReferences, OfAStepAreOfItsWeights) {
    const OpenModel cut = open("run:3@0@30%"), final = open("run:3@5@30%");
    EXPECT_FALSE(at::equal(logitsOf(cut.decoder), logitsOf(final.decoder)));
    EXPECT_TRUE(at::equal(logitsOf(final.decoder), logitsOf(open("run:3@30%").decoder)));
    const auto none = openModel({.path = "run:3@7@30%"}, &paths);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::NotFound);
}

/// What a slice says of its ranks may be given as ranks of one's own.
TEST_F(ElasticReferences, SayRanksThatGiveThemAgain) {
    for (const double removed : {0.1, 0.42, 0.6}) {
        const OpenModel model = open(RunReference{RunId(3), {}, removed}.text());
        const OpenModel again = open("run:3", {{}, writeRanks(model.slice->ranks)});
        EXPECT_TRUE(at::equal(logitsOf(model.decoder), logitsOf(again.decoder))) << removed;
        EXPECT_EQ(model.identity, again.identity);
        EXPECT_NEAR(again.slice->removed, model.slice->removed, 1e-12);
    }
}

/// What caches are kept by: no two models share it, and the same one always has it.
TEST_F(ElasticReferences, EverySizeFormAndStepIsAModelOfItsOwn) {
    std::set<std::string> keys;
    for (const char* reference : {"run:3@10%", "run:3@20%", "run:3@60%", "run:3@0@20%"})
        EXPECT_TRUE(keys.insert(open(reference).identity.key()).second) << reference;
    for (const SliceForm form : {SliceForm::Factored, SliceForm::Dense})
        EXPECT_TRUE(keys.insert(open("run:3@20%", {form, {}}).identity.key()).second);
    const auto half = openModel({.path = "run:3@20%", .dtype = DTypeChoice::Bf16}, &paths);
    ASSERT_TRUE(half);
    EXPECT_EQ(half->decoder.dtype(), at::kBFloat16);
    EXPECT_TRUE(keys.insert(half->identity.key()).second) << "other bits";
    EXPECT_FALSE(keys.insert(open("run:3@20%").identity.key()).second) << "again";
}

TEST_F(ElasticReferences, ThatHaveNoSuchSizeSayWhichThereAre) {
    for (const char* reference : {"run:3@9.9%", "run:3@60.1%", "run:3@0%", "run:3@0@99%"}) {
        const std::string message = refusal(reference);
        EXPECT_NE(message.find("10 to 60 %"), std::string::npos) << message;
        EXPECT_FALSE(outlineOf(reference, &paths)) << "before any weights are read";
    }
    const std::string message = refusal("run:4@42%");
    EXPECT_NE(message.find("run 4 is not elastic"), std::string::npos) << message;
    EXPECT_NE(message.find("--elastic"), std::string::npos) << "what to do";
    EXPECT_FALSE(outlineOf("run:4@42%", &paths));
    EXPECT_NE(refusal("run:4", {SliceForm::Dense, {}}), "");
    EXPECT_NE(refusal(modelFixture("workbench").string(), {SliceForm::Dense, {}}), "");
}

TEST_F(ElasticReferences, TakeRanksOfTheirOwn) {
    MatrixRanks ranks = ranksAt(0.5);
    for (auto& [name, rank] : ranks)
        if (rank > 4) rank -= 1;
    const OpenModel model = open("run:3", {SliceForm::Factored, writeRanks(ranks)});
    ASSERT_TRUE(model.slice);
    EXPECT_TRUE(model.slice->byRanks);
    EXPECT_EQ(model.slice->ranks, ranks);
    EXPECT_GT(model.slice->removed, 0.5);
    const auto wanted = sliced(run.model, ranks, SliceForm::Factored);
    ASSERT_TRUE(wanted);
    EXPECT_TRUE(at::equal(logitsOf(model.decoder), logitsOf(wanted->model)));
    EXPECT_NE(refusal("run:3@42%", {{}, writeRanks(ranks)}).find("not both"), std::string::npos);
}

TEST_F(ElasticReferences, RefuseRanksThatDoNotFitByName) {
    const MatrixRanks good = ranksAt(0.5);
    const std::string name = good.begin()->first;
    const auto message = [&](MatrixRanks ranks) {
        return refusal("run:3", {{}, writeRanks(ranks)});
    };
    MatrixRanks above = good, below = good, unknown = good, missing = good;
    above[name] = 1000;
    below[name] = 0;
    unknown["model.layers.9.mlp.up_proj"] = 4;
    missing.erase(name);
    for (const MatrixRanks& wrong : {above, below, missing})
        EXPECT_NE(message(wrong).find(name), std::string::npos) << message(wrong);
    EXPECT_NE(message(unknown).find("layers.9"), std::string::npos);
    for (const char* text : {"[1]", "{}", "{\"x\": 1.5}", "{\"x\": \"4\"}", "nonsense"})
        EXPECT_NE(refusal("run:3", {{}, folder.write("wrong.json", text)}).find("wrong.json"),
                  std::string::npos)
            << text;
}

TEST_F(ElasticReferences, AreCountedWithoutReadingWeights) {
    for (const double removed : {0.1, 0.3, 0.6}) {
        const RunReference reference{RunId(3), {}, removed};
        const auto header = runModelHeader(paths, reference);
        ASSERT_TRUE(header) << header.error().message;
        EXPECT_EQ(header->parameters, open(reference.text()).decoder.parameterCount());
        EXPECT_EQ(describeModel(reference.text(), paths).parameters, header->parameters);
    }
    EXPECT_EQ(describeModel("run:3", paths).parameters, open("run:3").decoder.parameterCount());
    EXPECT_NE(describeModel("run:3@70%", paths).problem, "");
    EXPECT_NE(describeModel("run:4@30%", paths).problem, "");
}

TEST_F(ElasticReferences, WithoutTheirPathAreCorrupt) {
    ASSERT_TRUE(writeDecoder(RunFolder(paths.run(RunId(3))).final(), run.model, {{"step", 5}},
                             {{"nodes", Json::array()}}));
    const auto model = openModel({.path = "run:3@30%"}, &paths);
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::Corrupt) << model.error().message;
}

}  // namespace
}  // namespace skd::test
