#include "model/files/decoder_file.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "core/model/tiny_model.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "model/config/model_config.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::tinyDecoder;

/// One matrix of every form, a narrowed stream in layer 0, a fused layer 1 and a dropped layer 2.
Decoder everyForm() {
    Decoder model = tinyDecoder(11, test::TinyShape{.layers = 3});
    model.dropLayers({1});
    Mlp& mlp = model.layers[0].mlp;
    mlp.gate.replace(LowRankWeight{at::randn({48, 5}), at::randn({5, 32})});
    const at::Tensor mask = at::rand({48, 32}) > 0.4;
    mlp.up.replace(MaskedWeight{mlp.up.weight() * mask, mask});
    const std::int64_t width = 24;
    model.inputProjection = at::randn({width, 32}) * 0.2;
    model.outputProjection = at::randn({32, width}) * 0.2;
    for (DecoderLayer& layer : model.layers) {
        layer.config.inputWidth = layer.config.middleWidth = width;
        layer.inputNorm = layer.postAttentionNorm = at::ones({width});
        for (Linear* linear :
             {&layer.attention.query, &layer.attention.key, &layer.attention.value})
            linear->replace(DenseWeight{linear->weight().narrow(1, 0, width).contiguous()});
        layer.attention.output.replace(
            DenseWeight{layer.attention.output.weight().narrow(0, 0, width).contiguous()});
        layer.mlp.down.replace(
            DenseWeight{layer.mlp.down.weight().narrow(0, 0, width).contiguous()});
    }
    mlp.gate.replace(LowRankWeight{at::randn({48, 5}), at::randn({5, width})});
    const at::Tensor narrow = mask.narrow(1, 0, width).contiguous();
    mlp.up.replace(MaskedWeight{at::randn({48, width}) * narrow, narrow});
    for (Linear* linear : {&model.layers[1].mlp.gate, &model.layers[1].mlp.up})
        linear->replace(DenseWeight{linear->weight().narrow(1, 0, width).contiguous()});
    model.layers[1].attentionShortcut = at::randn({width, width}) * 0.2;
    return model;
}

at::Tensor logitsOf(const Decoder& model) {
    const c10::NoGradGuard noGradient;
    return model.logits(at::arange(20).unsqueeze(0));
}

/// Two rotations, a query scale of its own and four norms a layer.
TEST(DecoderFile, GemmaComesBackBitEqual) {
    const test::TemporaryFolder folder;
    const auto source = loadModel(test::modelFixture("gemma3"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(source);
    ASSERT_TRUE(writeDecoder(folder.path() / "m.safetensors", source->decoder, {}));
    const auto read = readDecoder(folder.path() / "m.safetensors", {at::kFloat, at::kCPU});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(at::equal(logitsOf(read->model.decoder), logitsOf(source->decoder)));
}

TEST(DecoderFile, EveryFormComesBackBitEqual) {
    const test::TemporaryFolder folder;
    for (const bool fused : {false, true}) {
        Decoder model = everyForm();
        if (fused) {
            model.layers[0].mlp.gate.replace(DenseWeight{model.layers[0].mlp.gate.weight()});
            model.layers[0].mlp.up.replace(DenseWeight{model.layers[0].mlp.up.weight()});
            ASSERT_TRUE(model.fuseGateUp());
        }
        ASSERT_TRUE(writeDecoder(folder.path() / "m.safetensors", model, {{"parent", 7}}));
        const auto read = readDecoder(folder.path() / "m.safetensors", {at::kFloat, at::kCPU});
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(at::equal(logitsOf(read->model.decoder), logitsOf(model)));
        EXPECT_EQ(read->model.decoder.parameterCount(), model.parameterCount());
        EXPECT_EQ(read->about["parent"], 7);
        EXPECT_EQ(read->model.decoder.layers[1].config.source, 2);
        EXPECT_EQ(read->model.decoder.layers[1].attention.query.name(),
                  "model.layers.1.self_attn.q_proj");
        EXPECT_EQ(read->model.decoder.layers[0].mlp.gateUp.isDefined(), fused);
    }
}

TEST(DecoderFile, EveryFlipIsNoticedAndADamagedModelRefused) {
    const test::TemporaryFolder folder;
    const auto path = folder / "m.safetensors";
    ASSERT_TRUE(writeDecoder(path, everyForm(), {{"step", 7}}));
    const std::string sound = test::readBytes(path);
    for (std::size_t i = 0; i < 200; ++i) {
        const std::size_t at = i * (sound.size() - 1) / 199;
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (i % 8)));
        folder.write("m.safetensors", flipped);
        EXPECT_FALSE(readDecoder(path, {at::kFloat, at::kCPU})) << "byte " << at;
        folder.write("m.safetensors", sound.substr(0, at));
        EXPECT_FALSE(readDecoder(path, {at::kFloat, at::kCPU})) << "cut at byte " << at;
    }
    std::string last = sound;
    last.back() = static_cast<char>(last.back() ^ 1);
    folder.write("m.safetensors", last);
    const auto refused = readDecoder(path, {at::kFloat, at::kCPU});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
    EXPECT_NE(refused.error().message.find("Restore it from a copy"), std::string::npos);
    EXPECT_EQ(readDecoderAbout(path)->at("step"), 7) << "the header is proven by itself";
    std::string step = sound;
    step[step.find("step") + 1] = 'x';
    folder.write("m.safetensors", step);
    EXPECT_EQ(readDecoderAbout(path).error().code, ErrorCode::Corrupt);
}

TEST(DecoderFile, ConfigsOfAllFamiliesComeBack) {
    for (const char* name : {"llama", "qwen2", "qwen3", "mistral", "phi3"}) {
        const auto config = readModelConfig(test::modelFixture(name));
        ASSERT_TRUE(config) << config.error().message;
        const Json json = toJson(*config);
        const auto read = modelConfigFromJson(json);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(dumpJson(toJson(*read)), dumpJson(json)) << name;
        for (const auto& [key, value] : json.items()) {
            Json without = json;
            without.erase(key);
            EXPECT_FALSE(modelConfigFromJson(without)) << key;
            without[key] = Json::array({Json::object()});
            EXPECT_FALSE(modelConfigFromJson(without)) << key;
        }
    }
}

/// The file written anew with one tensor left out, renamed or reshaped.
void rewrite(const std::filesystem::path& from, const std::filesystem::path& to,
             const std::function<void(std::vector<TensorOut>&)>& edit) {
    const auto file = SafetensorsFile::open(from);
    ASSERT_TRUE(file);
    std::vector<TensorOut> tensors;
    for (const TensorView& view : file->tensors())
        tensors.push_back({view.name, view.type, view.shape, view.bytes});
    edit(tensors);
    ASSERT_TRUE(writeSafetensors(to, tensors, file->metadata()));
}

TEST(DecoderFile, MissingForeignAndReshapedTensorsAreNamed) {
    const test::TemporaryFolder folder;
    const auto good = folder.path() / "good.safetensors", bad = folder.path() / "bad.safetensors";
    ASSERT_TRUE(writeDecoder(good, everyForm(), {}));
    std::vector<std::string> names;
    const auto file = SafetensorsFile::open(good);
    ASSERT_TRUE(file);
    for (const TensorView& view : file->tensors()) names.push_back(view.name);
    ASSERT_GT(names.size(), 20u);
    for (std::size_t i = 0; i < names.size(); ++i) {
        rewrite(good, bad, [&](auto& tensors) {
            tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(i));
        });
        const auto read = readDecoder(bad, {at::kFloat, at::kCPU});
        // Without its mask a masked matrix is a dense one, and without a square shortcut the stream
        // runs straight on.
        const bool optional =
            names[i].ends_with(".mask") || names[i].ends_with("attention_shortcut.weight");
        EXPECT_EQ(read.has_value(), optional) << names[i];
        rewrite(good, bad, [&](auto& tensors) {
            if (tensors[i].shape.size() == 2)
                std::swap(tensors[i].shape[0], tensors[i].shape[1]);
            else
                tensors[i].shape = {1, tensors[i].shape[0]};
        });
        const bool square =
            names[i].ends_with("attention_shortcut.weight") || names[i].ends_with("q_proj.weight");
        if (!square) {
            EXPECT_FALSE(readDecoder(bad, {at::kFloat, at::kCPU})) << names[i];
        }
        rewrite(good, bad, [&](auto& tensors) { tensors[i].name += ".other"; });
        const auto renamed = readDecoder(bad, {at::kFloat, at::kCPU});
        ASSERT_FALSE(renamed) << names[i];
        EXPECT_EQ(renamed.error().code, ErrorCode::Corrupt);
    }
}

TEST(DecoderFile, OtherFilesAreRefused) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "m.safetensors";
    const std::vector<float> values(4);
    const TensorOut tensor{"model.norm.weight", DType::F32, {4}, std::as_bytes(std::span(values))};
    ASSERT_TRUE(writeSafetensors(path, std::span(&tensor, 1)));
    const auto foreign = readDecoder(path, {});
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().message.find("does not describe its model"), std::string::npos);
    ASSERT_TRUE(
        writeSafetensors(path, std::span(&tensor, 1), {{"sparsekd", R"({"version": 99})"}}));
    const auto newer = readDecoder(path, {});
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, ErrorCode::Newer);
    EXPECT_FALSE(readDecoder(folder.path() / "none", {}));
}

}  // namespace
}  // namespace skd
