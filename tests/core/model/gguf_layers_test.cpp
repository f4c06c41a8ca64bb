#include <gtest/gtest.h>

#include "base/text.h"
#include "core/model/tiny_model.h"
#include "formats/gguf_file.h"
#include "model/files/gguf_output.h"
#include "model/files/model_loader.h"
#include "prune/structure/channels.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// GGUF files whose layers have widths of their own.
class GgufLayers : public testing::Test {
protected:
    static Decoder uneven() {
        Decoder model = tinyDecoder(4, {.layers = 3});
        keepChannels(model.layers[0], at::arange(0, 32));
        keepChannels(model.layers[2], at::arange(1, 48, 3));
        return model;
    }
    /// The file with one of its fields changed; general.architecture and what follows it.
    fs::path written(const Decoder& model, const std::vector<GgufField>& changed = {}) {
        const auto stock = stockModel(model, MlpWidths::AsTheyAre);
        EXPECT_TRUE(stock) << stock.error().message;
        auto fields = ggufConfigFields(stock->config);
        EXPECT_TRUE(fields) << fields.error().message;
        for (const GgufField& change : changed)
            for (GgufField& field : *fields)
                if (field.key == change.key) field.value = change.value;
        const fs::path path = folder / "m.gguf";
        EXPECT_TRUE(writeGgufModel(path, *stock, GgufMix::F32, *fields));
        return path;
    }
    /// Why a file with this value is not read.
    std::string refusal(const char* key, GgufFieldValue value) {
        const auto model =
            loadModel(written(uneven(), {{strCat("deci.", key), std::move(value)}}), {});
        EXPECT_FALSE(model);
        return model ? "" : model.error().message;
    }
    const TemporaryFolder folder;
    const at::Tensor ids = (at::arange(24) * 37 + 11).remainder(64).unsqueeze(0);
};

TEST_F(GgufLayers, WidthsAreWrittenAndReadByLayer) {
    const Decoder model = uneven();
    const fs::path path = written(model);
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->architecture(), "deci");
    const GgufMetadata& keys = file->metadata();
    EXPECT_EQ(*keys.integers("deci.feed_forward_length"), (std::vector<std::int64_t>{32, 48, 16}));
    EXPECT_EQ(*keys.integers("deci.attention.head_count"), (std::vector<std::int64_t>{4, 4, 4}));
    EXPECT_EQ(*keys.integers("deci.attention.head_count_kv"), (std::vector<std::int64_t>{2, 2, 2}));
    EXPECT_EQ(file->find("blk.2.ffn_down.weight")->shape, (std::vector<std::int64_t>{32, 16}));
    const auto again = loadModel(path, {at::kFloat, at::kCPU});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->decoder.config.family, Family::Llama);
    EXPECT_TRUE(at::equal(again->decoder.logits(ids), model.logits(ids)));
}

TEST_F(GgufLayers, EqualWidthsStayThePlainArchitecture) {
    Decoder model = tinyDecoder(4, {.layers = 3});
    for (DecoderLayer& layer : model.layers) keepChannels(layer, at::arange(0, 40));
    model.dropLayers({1});
    const fs::path path = written(model);
    const auto file = GgufFile::open(path);
    EXPECT_EQ(file->architecture(), "llama");
    EXPECT_EQ(*file->metadata().integer("llama.feed_forward_length"), 40);
    EXPECT_EQ(*file->metadata().integer("llama.block_count"), 2);
    EXPECT_TRUE(
        at::equal(loadModel(path, {at::kFloat, at::kCPU})->decoder.logits(ids), model.logits(ids)));
}

TEST_F(GgufLayers, OtherFamiliesAreRefusedByName) {
    for (const Family family : {Family::Qwen2, Family::Qwen3, Family::Phi3, Family::Gemma3}) {
        ModelConfig config = uneven().config;
        config.family = family;
        config.layers = {{32}, {48}, {16}};
        const auto fields = ggufConfigFields(config);
        ASSERT_FALSE(fields);
        EXPECT_EQ(fields.error().code, ErrorCode::Unsupported);
        for (const char* part : {traits(family).name, "--format hf"})
            EXPECT_NE(fields.error().message.find(part), std::string::npos)
                << fields.error().message;
    }
    ModelConfig mistral = uneven().config;
    mistral.family = Family::Mistral;
    mistral.layers = {{32}, {48}};
    EXPECT_EQ(std::get<std::string>(ggufConfigFields(mistral)->front().value), "deci");
}

TEST_F(GgufLayers, WrongArraysAreNamed) {
    using Numbers = std::vector<std::int32_t>;
    const struct {
        const char* key;
        GgufFieldValue value;
        const char* said;
    } cases[] = {
        {"feed_forward_length", Numbers{32, 48}, "feed_forward_length has 2 entries"},
        {"feed_forward_length", Numbers{}, "has 0 entries, but block_count is 3"},
        {"feed_forward_length", Numbers{32, 0, 16}, "is 0 in layer 1"},
        {"feed_forward_length", Numbers{32, -48, 16}, "is -48 in layer 1"},
        {"feed_forward_length", Numbers{32, 48, 2147483647}, "intermediate_size is 2147483647"},
        {"feed_forward_length", Numbers{32, 48, 32}, "model.layers.2.mlp"},
        {"feed_forward_length", std::vector<float>{32, 48, 16}, "an array of f32"},
        {"feed_forward_length", std::vector<std::string>{"a", "b", "c"}, "an array of string"},
        {"feed_forward_length", std::string("wide"), "of type string"},
        {"feed_forward_length", std::uint32_t{48}, "but the config needs"},
        {"attention.head_count", Numbers{4, 2, 4}, "layers of different heads"},
        {"attention.head_count", Numbers{0, 4, 4}, "layers without attention"},
        {"attention.head_count_kv", Numbers{2, 2, 2, 2}, "head_count_kv has 4 entries"},
        {"attention.head_count_kv", Numbers{2, 2, 1}, "head_count_kv is 1 in layer 2"},
        {"block_count", std::uint32_t{0}, "block_count is 0"},
    };
    for (const auto& one : cases) {
        const std::string said = refusal(one.key, one.value);
        EXPECT_NE(said.find(one.said), std::string::npos) << one.key << ": " << said;
    }
}

}  // namespace
}  // namespace skd::test
