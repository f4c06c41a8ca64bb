#include <gtest/gtest.h>

#include "engine/tiny_model.h"
#include "eval/perplexity.h"
#include "model/gguf_weights.h"
#include "model/gguf_writer.h"
#include "model/model_loader.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Every family against transformers on a tiny random model (tests/fixtures/models/make_fixtures.py).
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
    EXPECT_LT(relativeError(model.logits(ids.narrow(0, 0, 12).unsqueeze(0))[0], expected["logits.short"]), 1e-5);
}

TEST_P(DecoderFamily, PerplexityEqualsTransformers) {
    EvalText text;
    for (std::int64_t i = 0; i < expected["ids"].numel(); ++i) text.ids.push_back(static_cast<TokenId>(expected["ids"][i].item<std::int64_t>()));
    const auto report = perplexity(model, text, {Protocol::Paper512, 16, 8, false}, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->scoredTokens, expected["nll"][1].item<double>());
    EXPECT_NEAR(report->nllSum / expected["nll"][0].item<double>(), 1.0, 1e-6);
}

TEST_P(DecoderFamily, GradientsEqualTransformers) {
    model.visitParameters([](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(true); });
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

TEST_P(DecoderFamily, CountsParametersAsTheConfigSays) {
    EXPECT_EQ(model.parameterCount(), model.config.parameterCount());
    EXPECT_EQ(model.mlpParameterCount(), model.config.mlpParameterCount());
}

INSTANTIATE_TEST_SUITE_P(All, DecoderFamily, testing::Values("llama", "llama-tied", "qwen2", "qwen3", "mistral", "phi3"));

TEST(ModelLoader, ShardsHoldTheSameModel) {
    const auto whole = loadModel(modelFixture("qwen3"), {at::kFloat, at::kCPU});
    const auto shards = loadModel(modelFixture("qwen3-shards"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(whole && shards);
    const at::Tensor ids = at::arange(20).unsqueeze(0);
    EXPECT_TRUE(at::equal(whole->decoder.logits(ids), shards->decoder.logits(ids)));
}

/// A tiny llama written as GGUF F32 gives bit-equal logits: the q/k permutation is undone on load.
TEST(ModelLoader, GgufOfLlamaGivesTheSameLogits) {
    const auto source = loadModel(modelFixture("llama-tied"), {at::kFloat, at::kCPU});
    ASSERT_TRUE(source);
    Decoder model = source->decoder;
    const TemporaryFolder folder;
    std::vector<GgufField> fields{{"general.architecture", std::string("llama")},
                                  {"llama.context_length", std::uint32_t{128}},
                                  {"llama.embedding_length", std::uint32_t{32}},
                                  {"llama.block_count", std::uint32_t{2}},
                                  {"llama.feed_forward_length", std::uint32_t{48}},
                                  {"llama.attention.head_count", std::uint32_t{4}},
                                  {"llama.attention.head_count_kv", std::uint32_t{1}},
                                  {"llama.attention.layer_norm_rms_epsilon", static_cast<float>(model.config.normEpsilon)},
                                  {"llama.rope.freq_base", 100000.0f}};
    std::vector<at::Tensor> held;
    std::vector<TensorOut> tensors;
    model.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        at::Tensor stored = tensor;
        if (name.find("q_proj") != std::string::npos) stored = permuteRotary(tensor, 4);
        if (name.find("k_proj") != std::string::npos) stored = permuteRotary(tensor, 1);
        held.push_back(stored.contiguous());
        tensors.push_back({ggufTensorName(name), GgmlType::F32, stored.sizes().vec(),
                           {static_cast<const std::byte*>(held.back().data_ptr()), held.back().nbytes()}, nullptr});
    });
    const auto path = folder.path() / "tiny.gguf";
    ASSERT_TRUE(writeGguf(path, fields, tensors));
    const auto loaded = loadModel(path, {at::kFloat, at::kCPU});
    ASSERT_TRUE(loaded) << loaded.error().message;
    const at::Tensor ids = at::arange(30).unsqueeze(0);
    EXPECT_TRUE(at::equal(loaded->decoder.logits(ids), model.logits(ids)));
}

TEST(ModelLoader, UnpermuteUndoesPermute) {
    const at::Tensor weight = at::randn({24, 5});
    EXPECT_TRUE(at::equal(unpermuteRotary(permuteRotary(weight, 3), 3), weight));
    EXPECT_FALSE(at::equal(permuteRotary(weight, 3), weight));
}

TEST(ModelLoader, NamesWhatDoesNotFit) {
    const TemporaryFolder folder;
    const auto copyWith = [&](const char* from, const char* to) {
        std::filesystem::copy(modelFixture("qwen3"), folder.path(), std::filesystem::copy_options::overwrite_existing | std::filesystem::copy_options::recursive);
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
