#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "core/model/tiny_model.h"
#include "model/config/model_config.h"
#include "model/rotary.h"

namespace skd::test {
namespace {

ModelConfig parse(const std::string& text) {
    const auto json = parseJson(text);
    const auto config =
        json ? parseHuggingFaceConfig(*json) : Result<ModelConfig>(fail(json.error()));
    EXPECT_TRUE(config) << (config ? "" : config.error().message);
    return config ? *config : ModelConfig{};
}

constexpr const char* kSmolLm2 =
    R"({"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536,
     "num_hidden_layers": 30,
 "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152,
 "max_position_embeddings": 8192, "rope_theta": 100000,
 "rope_scaling": null, "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "attention_bias": false,
 "torch_dtype": "bfloat16"})";
constexpr const char* kQwen3 =
    R"({"model_type": "qwen3", "hidden_size": 1024, "intermediate_size": 3072,
     "num_hidden_layers": 28,
 "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
 "max_position_embeddings": 40960,
 "rope_theta": 1000000, "rope_scaling": null, "rms_norm_eps": 1e-6, "tie_word_embeddings": true,
 "attention_bias": false,
 "max_window_layers": 28, "sliding_window": null, "use_sliding_window": false})";

std::string phi4Mini() {
    std::string longFactor =
        "1, 1.118320672, 1.250641126, 1.398617824, 1.564103225, 1.74916897, 1.956131817, "
        "2.187582649, 2.446418898, "
        "2.735880826, 3.059592084, 3.421605075, 3.826451687, 4.279200023, 4.785517845, "
        "5.351743533, 5.984965424, 6.693110555, 7.485043894, "
        "8.370679318, 9.36110372, 10.4687158, 11.70738129, 13.09260651, 14.64173252, 16.37415215, "
        "18.31155283, 20.47818807, 22.90118105, "
        "25.61086418, 28.64115884, 32.03, 32.1, 32.13, 32.23, 32.6, 32.61, 32.64, 32.66, 32.7, "
        "32.71, 32.93, 32.97, 33.28, 33.49, 33.5, 44.16, 47.77";
    std::string shortFactor = "1.0";
    for (int i = 1; i < 48; ++i) shortFactor += ", 1.0";
    return R"({"model_type": "phi3", "hidden_size": 3072, "intermediate_size": 8192,
    "num_hidden_layers": 32, "num_attention_heads": 24,
 "num_key_value_heads": 8, "vocab_size": 200064, "max_position_embeddings": 131072,
 "original_max_position_embeddings": 4096,
 "partial_rotary_factor": 0.75, "rope_theta": 10000, "rms_norm_eps": 1e-5,
 "tie_word_embeddings": true, "sliding_window": 262144,
 "rope_scaling": {"type": "longrope", "short_factor": [)" +
           shortFactor + "], \"long_factor\": [" + longFactor + "]}}";
}

TEST(ModelConfig, CountsPublishedParameters) {
    EXPECT_EQ(parse(kSmolLm2).parameterCount(), 134515008);
    EXPECT_EQ(parse(kQwen3).parameterCount(), 596049920);
    EXPECT_EQ(parse(kQwen3).mlpParameterCount(), 264241152);
    EXPECT_EQ(parse(phi4Mini()).parameterCount(), 3836021760);
}

TEST(ModelConfig, ReadsWhatFamiliesLeaveToTheirDefaults) {
    const ModelConfig qwen = parse(kQwen3);
    EXPECT_EQ(qwen.headDim, 128);
    EXPECT_EQ(qwen.layers[27].slidingWindow, 0);
    EXPECT_EQ(parse(kSmolLm2).headDim, 64);
    const ModelConfig phi = parse(phi4Mini());
    EXPECT_EQ(phi.headDim, 128);
    EXPECT_EQ(phi.rotaryDim(), 96);
    EXPECT_EQ(phi.layers[0].slidingWindow, 262144);
    EXPECT_NEAR(attentionScaling(phi, phi.rope), 1.1902380714, 1e-9);
    EXPECT_NEAR(inverseFrequencies(phi, phi.rope, 100)[1], std::pow(10000.0, -2.0 / 96), 1e-12);
    EXPECT_NEAR(inverseFrequencies(phi, phi.rope, 5000)[1],
                std::pow(10000.0, -2.0 / 96) / 1.118320672, 1e-12);
}

TEST(ModelConfig, BothSpellingsOfTransformersAgree) {
    const auto five = parseJson(*readFile(modelFixture("llama") / "config.json"));
    const auto four = parseJson(*readFile(modelFixture("llama-transformers4") / "config.json"));
    const auto a = parseHuggingFaceConfig(*five), b = parseHuggingFaceConfig(*four);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(inverseFrequencies(*a, a->rope, 40), inverseFrequencies(*b, b->rope, 40));
    EXPECT_EQ(a->rope.type, RopeType::Llama3);
    EXPECT_EQ(a->weightsDType, b->weightsDType);
}

/// A wrapper as transformers 4 wrote it for the 4B model: most keys left to the defaults.
constexpr const char* kGemma3Wrapper =
    R"({"model_type": "gemma3", "torch_dtype": "bfloat16", "vision_config": {"hidden_size": 1152},
 "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
 "num_hidden_layers": 34,
 "sliding_window": 1024, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}})";

TEST(ModelConfig, ReadsGemma3) {
    const ModelConfig c = parse(kGemma3Wrapper);
    EXPECT_EQ(c.family, Family::Gemma3);
    EXPECT_EQ(c.weightsDType, "bfloat16");
    EXPECT_TRUE(c.tiedHead);
    // The sum that transformers gives for this config.
    EXPECT_EQ(c.parameterCount(), 3880263168);
    EXPECT_EQ(c.queryScalar, 256);
    EXPECT_EQ(c.maxPositions, 131072);
    for (std::size_t i = 0; i < c.layers.size(); ++i)
        EXPECT_EQ(c.layers[i].slidingWindow, i % 6 == 5 ? 0 : 1024) << i;
    ASSERT_TRUE(c.slidingRope);
    EXPECT_NEAR(inverseFrequencies(c, c.rope, 9)[1], std::pow(1e6, -2.0 / 256) / 8, 1e-12);
    EXPECT_NEAR(inverseFrequencies(c, *c.slidingRope, 9)[1], std::pow(1e4, -2.0 / 256), 1e-12);
}

/// layer_types wins over the pattern, and a pattern over the family's.
TEST(ModelConfig, Gemma3LayerTypesWin) {
    const auto windows = [](const std::string& more) {
        const ModelConfig c = parse(
            R"({"model_type": "gemma3_text", "vocab_size": 9, "hidden_size": 8,
        "intermediate_size": 9,
            "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4,
            "num_hidden_layers": 3, "sliding_window": 7)" +
            more + "}");
        std::vector<std::int64_t> all;
        for (const LayerConfig& layer : c.layers) all.push_back(layer.slidingWindow);
        return all;
    };
    using Windows = std::vector<std::int64_t>;
    EXPECT_EQ(windows(""), (Windows{7, 7, 7}));
    EXPECT_EQ(windows(R"(, "sliding_window_pattern": 2)"), (Windows{7, 0, 7}));
    EXPECT_EQ(windows(
                  R"(, "sliding_window_pattern": 2, "layer_types": ["full_attention",
        "sliding_attention", "full_attention"])"),
              (Windows{0, 7, 0}));
}

TEST(ModelConfig, RefusesWithTheReason) {
    const auto refuse = [](const std::string& text) {
        const auto json = parseJson(text);
        const auto config = parseHuggingFaceConfig(*json);
        return config ? std::string("accepted") : config.error().message;
    };
    EXPECT_NE(refuse(R"({"model_type": "gpt_neox"})").find("supported are llama, qwen2"),
              std::string::npos);
    EXPECT_NE(refuse(R"({"model_type": "qwen3", "text_config": {}})").find("multimodal"),
              std::string::npos);
    const std::string gemma =
        R"({"model_type": "gemma3_text", "vocab_size": 9, "hidden_size": 8,
         "intermediate_size": 9, "num_hidden_layers": 1, )";
    EXPECT_NE(refuse(gemma + R"("final_logit_softcapping": 30.0})")
                  .find("final_logit_softcapping is set"),
              std::string::npos);
    EXPECT_NE(
        refuse(gemma + R"("attn_logit_softcapping": 50.0})").find("attn_logit_softcapping is set"),
        std::string::npos);
    EXPECT_NE(refuse(gemma + R"("hidden_activation": "silu"})").find("hidden_activation \"silu\""),
              std::string::npos);
    EXPECT_NE(refuse(gemma + R"("use_bidirectional_attention": true})")
                  .find("use_bidirectional_attention"),
              std::string::npos);
    EXPECT_NE(refuse(gemma + R"("sliding_window": null})").find("sliding_window"),
              std::string::npos);
    EXPECT_NE(refuse(R"({"model_type": "llama", "vocab_size": 10})").find("hidden_size is missing"),
              std::string::npos);
    EXPECT_NE(
        refuse(R"({"model_type": "llama", "quantization_config": {"bits": 4}})").find("quantised"),
        std::string::npos);
    EXPECT_NE(refuse(R"({"model_type": "llama", "vocab_size": 10, "hidden_size": "big"})")
                  .find("hidden_size must be a whole number"),
              std::string::npos);
    EXPECT_NE(refuse(
                  R"({"model_type": "llama", "vocab_size": 10, "hidden_size": 8,
        "num_attention_heads": 2, "intermediate_size": 9,
        "num_hidden_layers": 1000000000})")
                  .find("num_hidden_layers is 1000000000"),
              std::string::npos);
    EXPECT_NE(refuse(
                  R"({"model_type": "llama", "vocab_size": 10, "hidden_size": 8,
        "num_attention_heads": 3, "num_key_value_heads": 2,
        "head_dim": 4, "intermediate_size": 9, "num_hidden_layers": 1})")
                  .find("no multiple"),
              std::string::npos);
}

}  // namespace
}  // namespace skd::test
