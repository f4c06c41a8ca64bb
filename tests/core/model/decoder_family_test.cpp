#include <gtest/gtest.h>

#include "base/files.h"
#include "core/model/tiny_model.h"
#include "eval/perplexity.h"
#include "formats/gguf_writer.h"
#include "formats/safetensors_writer.h"
#include "model/files/gguf_output.h"
#include "model/files/model_loader.h"
#include "model/files/weight_source.h"
#include "model/random_init.h"
#include "model/rotary.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Every family against transformers on a tiny random model
/// (tests/fixtures/models/make_fixtures.py).
class DecoderFamily : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        auto loaded = loadModel(modelFixture(GetParam()), {at::kFloat, at::kCPU});
        ASSERT_TRUE(loaded) << loaded.error().message;
        model = loaded->decoder;
        expected = loadTensors(modelFixture(GetParam()) / "expected.safetensors");
        ASSERT_FALSE(expected.empty());
    }
    Decoder model;
    std::map<std::string, at::Tensor> expected;
};

TEST_P(DecoderFamily, LogitsEqualTransformers) {
    const at::Tensor ids = expected["ids"];
    EXPECT_LT(relativeError(model.logits(ids.unsqueeze(0))[0], expected["logits"]), 1e-5);
    // Below the original context other rotary factors apply in phi3's longrope.
    EXPECT_LT(
        relativeError(model.logits(ids.narrow(0, 0, 12).unsqueeze(0))[0], expected["logits.short"]),
        1e-5);
}

TEST_P(DecoderFamily, PerplexityEqualsTransformers) {
    EvalText text;
    for (std::int64_t i = 0; i < expected["ids"].numel(); ++i)
        text.ids.push_back(static_cast<TokenId>(expected["ids"][i].item<std::int64_t>()));
    const auto report = perplexity(model, text, {Protocol::Paper512, 16, 8, false}, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->scoredTokens, expected["nll"][1].item<double>());
    EXPECT_NEAR(report->nllSum / expected["nll"][0].item<double>(), 1.0, 1e-6);
}

TEST_P(DecoderFamily, GradientsEqualTransformers) {
    model.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(true); });
    const at::Tensor ids = expected["ids"];
    const at::Tensor logits = model.logits(ids.unsqueeze(0))[0];
    const std::int64_t targets = ids.size(0) - 1;
    at::cross_entropy_loss(logits.narrow(0, 0, targets), ids.narrow(0, 1, targets)).backward();
    int compared = 0;
    model.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        const auto found = expected.find("gradient." + name);
        if (found == expected.end()) return;
        EXPECT_LT(relativeError(tensor.grad(), found->second), 2e-5) << name;
        ++compared;
    });
    EXPECT_EQ(compared, 4);
}

/// Fresh norms multiply by one, whichever way the family stores that.
TEST_P(DecoderFamily, FreshNormsAreOnes) {
    initialiseRandomly(model, 5);
    const at::Tensor hidden = at::randn({3, model.config.hiddenSize});
    EXPECT_LT(
        relativeError(model.normalise(hidden),
                      hidden / (hidden.square().mean(-1, true) + model.config.normEpsilon).sqrt()),
        1e-5);
}

TEST_P(DecoderFamily, CountsParametersAsTheConfigSays) {
    EXPECT_EQ(model.parameterCount(), model.config.parameterCount());
    EXPECT_EQ(model.mlpParameterCount(), model.config.mlpParameterCount());
}

INSTANTIATE_TEST_SUITE_P(All, DecoderFamily,
                         testing::Values("llama", "llama-tied", "qwen2", "qwen3", "mistral", "phi3",
                                         "gemma3"));

TEST(ModelLoader, ShardsHoldTheSameModel) {
    const auto whole = loadModel(modelFixture("qwen3"), {at::kFloat, at::kCPU});
    const auto shards = loadModel(modelFixture("qwen3-shards"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(whole && shards);
    const at::Tensor ids = at::arange(20).unsqueeze(0);
    EXPECT_TRUE(at::equal(whole->decoder.logits(ids), shards->decoder.logits(ids)));
}

/// Writes a decoder as GGUF F32, tensors as that format wants them.
void writeAsGguf(const std::filesystem::path& path, Decoder model, std::vector<GgufField> more) {
    const ModelConfig& c = model.config;
    const std::string family = traits(c.family).name;
    const auto number = [&](const char* key, std::int64_t value) {
        return GgufField{family + "." + key, static_cast<std::uint32_t>(value)};
    };
    std::vector<GgufField> fields{
        {"general.architecture", family},
        number("context_length", c.maxPositions),
        number("embedding_length", c.hiddenSize),
        number("block_count", static_cast<std::int64_t>(c.layers.size())),
        number("feed_forward_length", c.layers.front().intermediateSize),
        number("attention.head_count", c.heads),
        number("attention.head_count_kv", c.keyValueHeads),
        number("attention.key_length", c.headDim),
        number("attention.value_length", c.headDim),
        {family + ".attention.layer_norm_rms_epsilon", static_cast<float>(c.normEpsilon)},
        {family + ".rope.freq_base", static_cast<float>(c.rope.theta)}};
    fields.insert(fields.end(), more.begin(), more.end());
    std::vector<at::Tensor> held;
    std::vector<TensorOut> tensors;
    model.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        held.push_back(ggufTensor(name, tensor, c).contiguous());
        tensors.push_back(
            {ggufTensorName(name, c.family),
             GgmlType::F32,
             held.back().sizes().vec(),
             {static_cast<const std::byte*>(held.back().data_ptr()), held.back().nbytes()},
             nullptr});
    });
    ASSERT_TRUE(writeGguf(path, fields, tensors));
}

/// A tiny llama written as GGUF F32 gives bit-equal logits: the q/k permutation is undone on load.
TEST(ModelLoader, GgufOfLlamaGivesTheSameLogits) {
    const auto source = loadModel(modelFixture("llama-tied"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(source);
    const TemporaryFolder folder;
    writeAsGguf(folder / "tiny.gguf", source->decoder, {});
    const auto loaded = loadModel(folder / "tiny.gguf", {at::kFloat, at::kCPU});
    ASSERT_TRUE(loaded) << loaded.error().message;
    const at::Tensor ids = at::arange(30).unsqueeze(0);
    EXPECT_TRUE(at::equal(loaded->decoder.logits(ids), source->decoder.logits(ids)));
}

/// As llama.cpp reads the keys: no type is linear, scale_linear the old name of the factor.
TEST(ModelLoader, GgufScalesTheRotationAsLlamaCpp) {
    const auto source = loadModel(modelFixture("llama-tied"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(source);
    const TemporaryFolder folder;
    const at::Tensor ids = at::arange(30).unsqueeze(0);
    const auto logits = [&](const std::vector<GgufField>& fields) {
        writeAsGguf(folder / "tiny.gguf", source->decoder, fields);
        const auto loaded = loadModel(folder / "tiny.gguf", {at::kFloat, at::kCPU});
        EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
        return loaded ? loaded->decoder.logits(ids) : at::Tensor();
    };
    const GgufField factor{"llama.rope.scaling.factor", 4.0f};
    const auto type = [](const char* name) {
        return GgufField{"llama.rope.scaling.type", std::string(name)};
    };
    const at::Tensor plain = logits({}), scaled = logits({factor, type("linear")});
    EXPECT_FALSE(at::equal(plain, scaled));
    EXPECT_TRUE(at::equal(logits({factor}), scaled));
    EXPECT_TRUE(at::equal(logits({{"llama.rope.scale_linear", 4.0f}}), scaled));
    EXPECT_TRUE(at::equal(logits({factor, type("none")}), plain));
    EXPECT_TRUE(at::equal(logits({{"llama.rope.scaling.factor", 0.0f}}), plain));
    writeAsGguf(folder / "tiny.gguf", source->decoder,
                {factor, {"llama.rope.scaling.attn_factor", 0.5f}});
    EXPECT_NE(readModelConfig(folder / "tiny.gguf").error().message.find("attn_factor is 0.5"),
              std::string::npos);
    Decoder linear = source->decoder;
    linear.config.rope.type = RopeType::Linear;
    linear.config.rope.factor = 4;
    EXPECT_TRUE(at::equal(linear.logits(ids), scaled));
}

/// Frequencies of 8 dimensions at theta 1e5, 32 positions and factor 4, computed once in numpy.
TEST(ModelLoader, GgufReadsYarn) {
    const auto source = loadModel(modelFixture("llama-tied"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(source);
    const TemporaryFolder folder;
    std::vector<GgufField> fields{{"llama.rope.scaling.type", std::string("yarn")},
                                  {"llama.rope.scaling.factor", 4.0f},
                                  {"llama.rope.scaling.original_context_length", std::uint32_t{32}},
                                  {"llama.rope.scaling.attn_factor", 0.5f}};
    const auto read = [&] {
        writeAsGguf(folder / "tiny.gguf", source->decoder, fields);
        return readModelConfig(folder / "tiny.gguf");
    };
    const auto config = read();
    ASSERT_TRUE(config) << config.error().message;
    const std::vector<double> expected{1.0, 0.014058533129758726, 0.0007905694150420947,
                                       4.445698525097307e-05};
    const std::vector<double> found = inverseFrequencies(*config, config->rope, 9);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i] / expected[i], 1, 1e-12);
    EXPECT_NEAR(attentionScaling(*config, config->rope), 0.5 * 1.138629436111989, 1e-12);
    // The writer's own keys give the same rotation.
    const auto written = ggufConfigFields(*config);
    ASSERT_TRUE(written) << written.error().message;
    fields.clear();
    for (const GgufField& field : *written)
        if (field.key.starts_with("llama.rope.scaling")) fields.push_back(field);
    const auto again = read();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->rope.type, RopeType::Yarn);
    EXPECT_EQ(inverseFrequencies(*again, again->rope, 9), found);
    EXPECT_NEAR(attentionScaling(*again, again->rope), 0.5 * 1.138629436111989, 1e-7);
    fields.push_back({"llama.rope.scaling.yarn_ext_factor", 0.0f});
    EXPECT_NE(read().error().message.find("yarn_ext_factor"), std::string::npos);
}

/// Gemma's GGUF has 1 + w where Hugging Face has w, other names for two norms, one base for full
/// layers, and neither the layer types nor the query scale.
TEST(ModelLoader, GgufOfGemmaGivesTheSameLogits) {
    const auto source = loadModel(modelFixture("gemma3"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(source);
    Decoder model = source->decoder;
    model.config.queryScalar = model.config.headDim;
    const TemporaryFolder folder;
    writeAsGguf(folder / "tiny.gguf", model,
                {{"gemma3.attention.sliding_window", std::uint32_t{7}},
                 {"gemma3.rope.scaling.type", std::string("linear")},
                 {"gemma3.rope.scaling.factor", 2.0f}});
    const auto file = GgufFile::open(folder / "tiny.gguf");
    ASSERT_TRUE(file);
    EXPECT_NE(file->find("blk.6.post_attention_norm.weight"), nullptr);
    EXPECT_NE(file->find("blk.6.post_ffw_norm.weight"), nullptr);
    const auto loaded = loadModel(folder / "tiny.gguf", {at::kFloat, at::kCPU});
    ASSERT_TRUE(loaded) << loaded.error().message;
    const at::Tensor ids = at::arange(30).unsqueeze(0);
    // 1 + w loses the last bits of small w.
    EXPECT_LT(relativeError(loaded->decoder.logits(ids), model.logits(ids)), 1e-5);
    EXPECT_EQ(loaded->decoder.config.layers[5].slidingWindow, 0);
    EXPECT_EQ(loaded->decoder.config.layers[6].slidingWindow, 7);
}

TEST(ModelLoader, GgufOfGemmaRefusesWhatItCannotRun) {
    const auto source = loadModel(modelFixture("gemma3"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(source);
    const TemporaryFolder folder;
    const auto message = [&](const std::vector<GgufField>& fields) {
        writeAsGguf(folder / "tiny.gguf", source->decoder, fields);
        const auto loaded = loadModel(folder / "tiny.gguf", {at::kFloat, at::kCPU});
        return loaded ? std::string("loaded") : loaded.error().message;
    };
    EXPECT_NE(message({}).find("sliding_window is missing"), std::string::npos);
    EXPECT_NE(message({{"gemma3.attention.sliding_window", std::uint32_t{7}},
                       {"gemma3.final_logit_softcapping", 30.0f}})
                  .find("final_logit_softcapping"),
              std::string::npos);
}

/// Checkpoints with a vision tower: both spellings of the language model's names, the rest passed
/// over.
TEST(ModelLoader, ReadsTheTextPartOfAGemmaWrapper) {
    const auto plain = loadModel(modelFixture("gemma3"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(plain);
    const auto text = parseJson(*readFile(modelFixture("gemma3") / "config.json"));
    ASSERT_TRUE(text);
    const Json wrapper{
        {"model_type", "gemma3"}, {"text_config", *text}, {"vision_config", Json::object()}};
    for (const std::string prefix : {"language_model.model.", "model.language_model."}) {
        const TemporaryFolder folder;
        ASSERT_TRUE(writeFileAtomically(folder / "config.json", dumpJson(wrapper)));
        std::map<std::string, at::Tensor> tensors =
            loadTensors(modelFixture("gemma3") / "model.safetensors");
        std::vector<TensorOut> out;
        const auto add = [&](const std::string& name, const at::Tensor& tensor) {
            out.push_back({name,
                           DType::F32,
                           tensor.sizes().vec(),
                           {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()},
                           nullptr});
        };
        for (const auto& [name, tensor] : tensors)
            add(prefix + name.substr(std::string_view("model.").size()), tensor);
        const at::Tensor picture = at::ones({3});
        add("model.vision_tower.post_layernorm.weight", picture);
        add("multi_modal_projector.mm_soft_emb_norm.weight", picture);
        ASSERT_TRUE(writeSafetensors(folder / "model.safetensors", out, {{"format", "pt"}}));
        const auto loaded = loadModel(folder.path(), {at::kFloat, at::kCPU});
        ASSERT_TRUE(loaded) << loaded.error().message;
        const at::Tensor ids = at::arange(30).unsqueeze(0);
        EXPECT_TRUE(at::equal(loaded->decoder.logits(ids), plain->decoder.logits(ids)));
    }
}

TEST(ModelLoader, UnpermuteUndoesPermute) {
    const at::Tensor weight = at::randn({24, 5});
    EXPECT_TRUE(at::equal(unpermuteRotary(permuteRotary(weight, 3), 3), weight));
    EXPECT_FALSE(at::equal(permuteRotary(weight, 3), weight));
}

TEST(ModelLoader, NamesWhatDoesNotFit) {
    const TemporaryFolder folder;
    const auto copyWith = [&](const char* from, const char* to) {
        std::filesystem::copy(modelFixture("qwen3"), folder.path(),
                              std::filesystem::copy_options::overwrite_existing |
                                  std::filesystem::copy_options::recursive);
        std::string config = *readFile(folder.path() / "config.json");
        const auto at = config.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        config.replace(at, std::string(from).size(), to);
        ASSERT_TRUE(writeFileAtomically(folder.path() / "config.json", config));
    };
    const auto message = [&] {
        const auto loaded = loadModel(folder.path(), {at::kFloat, at::kCPU});
        return loaded ? std::string("loaded") : loaded.error().message;
    };
    copyWith("\"intermediate_size\": 48", "\"intermediate_size\": 50");
    EXPECT_NE(message().find("mlp.gate_proj.weight has the shape"), std::string::npos) << message();
    copyWith("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    EXPECT_NE(message().find("layer_types must list"), std::string::npos) << message();
    copyWith("\"model_type\": \"qwen3\"", "\"model_type\": \"mamba\"");
    EXPECT_NE(message().find("\"mamba\" is not supported"), std::string::npos) << message();
    copyWith("\"num_attention_heads\": 4", "\"num_attention_heads\": 0");
    EXPECT_NE(message().find("num_attention_heads is 0"), std::string::npos) << message();
    copyWith("\"rope_theta\": 1000000.0", "\"rope_theta\": 0");
    EXPECT_NE(message().find("rope_theta is 0"), std::string::npos) << message();
    copyWith("qwen3", "qwen3");
    std::filesystem::remove(folder.path() / "model.safetensors");
    EXPECT_NE(message().find("safetensors"), std::string::npos) << message();
}

}  // namespace
}  // namespace skd::test
