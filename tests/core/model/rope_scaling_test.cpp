#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "model/config/model_config.h"
#include "model/files/huggingface_output.h"
#include "model/rotary.h"

namespace skd::test {
namespace {

constexpr const char* kRopeLlama =
    R"({"model_type": "llama", "vocab_size": 64, "hidden_size": 48, "intermediate_size": 96,
 "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12,
 "max_position_embeddings": 128, "rope_theta": 10000.0)";

/// `base`, an object without its closing brace, with more keys.
Result<ModelConfig> configWith(const char* base, const std::string& more) {
    const auto json = parseJson(base + (", " + more) + "}");
    return json ? parseHuggingFaceConfig(*json) : Result<ModelConfig>(fail(json.error()));
}

RopeConfig ropeWith(const std::string& more) {
    const auto config = configWith(kRopeLlama, more);
    EXPECT_TRUE(config) << (config ? "" : config.error().message);
    return config ? config->rope : RopeConfig{};
}

std::string ropeRefusal(const std::string& more) {
    const auto config = configWith(kRopeLlama, more);
    return config ? std::string("accepted") : config.error().message;
}

/// transformers 5 takes the old name where both are there; model cards still tell users to add it.
TEST(RopeScaling, TheOldNameBesideTheNewOneCounts) {
    const RopeConfig rope = ropeWith(
        R"("rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
           "rope_scaling": {"type": "linear", "factor": 4})");
    EXPECT_EQ(rope.type, RopeType::Linear);
    EXPECT_EQ(rope.factor, 4);
    EXPECT_EQ(rope, ropeWith(R"("rope_scaling": {"type": "linear", "factor": 4})"));
    // An empty or missing one of the two says nothing.
    const std::string given = R"("rope_parameters": {"rope_type": "linear", "factor": 4})";
    EXPECT_EQ(ropeWith(given + R"(, "rope_scaling": null)"), rope);
    EXPECT_EQ(ropeWith(given + R"(, "rope_scaling": {})"), rope);
    EXPECT_EQ(ropeWith(given + R"(, "rope_scaling": {"type": "linear", "factor": 4.0})"), rope);
}

TEST(RopeScaling, WhatTheOldNameWouldDropIsRefusedByBothNames) {
    for (const char* given :
         {R"({"rope_theta": 500000.0, "rope_type": "default"})",
          R"({"rope_theta": 10000.0, "rope_type": "linear", "factor": 2})",
          R"({"rope_theta": 10000.0, "rope_type": "default", "partial_rotary_factor": 0.5})"}) {
        const std::string message =
            ropeRefusal(std::string(R"("rope_parameters": )") + given +
                        R"(, "rope_scaling": {"type": "linear", "factor": 4})");
        EXPECT_NE(message.find("rope_parameters {"), std::string::npos) << message;
        EXPECT_NE(message.find("and rope_scaling {"), std::string::npos) << message;
    }
    EXPECT_NE(ropeRefusal(R"("rope_scaling": {"type": "linear", "rope_type": "dynamic",
                             "factor": 4})")
                  .find("rope_type is dynamic, but type, its old name, is linear"),
              std::string::npos);
    EXPECT_NE(ropeRefusal(R"("rope_scaling": {"type": "linear"})").find("factor is missing"),
              std::string::npos);
}

/// transformers adds the old name's keys to the rotation of the layers that see everything.
TEST(RopeScaling, TheOldNameIsOfTheFullLayersOfGemma) {
    const char* gemma =
        R"({"model_type": "gemma3_text", "vocab_size": 64, "hidden_size": 48,
        "intermediate_size": 96, "num_hidden_layers": 6, "sliding_window": 8)";
    const std::string byType =
        R"("rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 2000000.0},
                               "sliding_attention": {"rope_type": "default"}}, )";
    const auto config =
        configWith(gemma, byType + R"("rope_scaling": {"rope_type": "linear", "factor": 8})");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->rope.type, RopeType::Linear);
    EXPECT_EQ(config->rope.factor, 8);
    EXPECT_EQ(config->rope.theta, 2e6);
    ASSERT_TRUE(config->slidingRope);
    EXPECT_EQ(config->slidingRope->type, RopeType::Default);
    EXPECT_EQ(config->slidingRope->theta, 1e4);
    for (const char* old : {R"({"rope_type": "default", "rope_theta": 1000000.0})",
                            R"({"full_attention": {"rope_type": "linear", "factor": 8}})"}) {
        const auto refused = configWith(gemma, byType + R"("rope_scaling": )" + old);
        ASSERT_FALSE(refused) << old;
        EXPECT_NE(refused.error().message.find("contradict each other"), std::string::npos)
            << refused.error().message;
    }
}

TEST(RopeScaling, UnknownLayerTypesAreRefusedByName) {
    EXPECT_NE(ropeRefusal(R"("layer_types": ["full_attention", "chunked_attention"])")
                  .find("layer_types contains \"chunked_attention\""),
              std::string::npos);
    EXPECT_NE(ropeRefusal(R"("layer_types": ["full_attention", 7])").find("layer_types contains 7"),
              std::string::npos);
    EXPECT_EQ(ropeRefusal(R"("layer_types": ["full_attention", "full_attention"])"), "accepted");
}

constexpr const char* kRopeQwen =
    R"({"model_type": "qwen2", "vocab_size": 64, "hidden_size": 256, "intermediate_size": 96,
 "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
 "max_position_embeddings": 32768, "rope_theta": 1000000.0)";

/// Frequencies of transformers' _compute_yarn_parameters, computed once in numpy (float64) for 128
/// dimensions, theta 1e6, 32768 positions and factor 4: the ramp runs from pair 23 to pair 40.
TEST(RopeScaling, YarnEqualsTheReference) {
    const auto config = configWith(kRopeQwen, R"("rope_scaling": {"type": "yarn", "factor": 4.0,
                       "original_max_position_embeddings": 32768})");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->rope.type, RopeType::Yarn);
    const std::vector<double> frequencies = inverseFrequencies(*config, config->rope, 100);
    ASSERT_EQ(frequencies.size(), 64u);
    for (const auto& [pair, expected] :
         {std::pair{0u, 1.0}, std::pair{23u, 0.006978305848598663},
          std::pair{24u, 0.005375321490790102}, std::pair{30u, 0.0010643609812470017},
          std::pair{35u, 0.0002462584069089387}, std::pair{39u, 6.490394320837028e-05},
          std::pair{40u, 4.445698525097307e-05}, std::pair{63u, 3.102344401879299e-07}})
        EXPECT_NEAR(frequencies[pair] / expected, 1, 1e-12) << pair;
    // At every length, unlike dynamic and longrope.
    EXPECT_EQ(inverseFrequencies(*config, config->rope, 100000), frequencies);
    EXPECT_TRUE(sameRotation(*config, 1, 100000));
    EXPECT_NEAR(attentionScaling(*config, config->rope), 1.138629436111989, 1e-15);
}

TEST(RopeScaling, YarnReadsWhatConfigsSayOtherwise) {
    const auto yarn = [](const std::string& more) {
        const auto config =
            configWith(kRopeQwen, R"("rope_scaling": {"rope_type": "yarn")" + more + "}");
        EXPECT_TRUE(config) << (config ? "" : config.error().message);
        return config ? *config : ModelConfig{};
    };
    const auto scaling = [&](const std::string& more) {
        const ModelConfig config = yarn(more);
        return attentionScaling(config, config.rope);
    };
    EXPECT_EQ(yarn(R"(, "factor": 4)").rope.originalMaxPositions, 32768);
    EXPECT_EQ(yarn(R"(, "original_max_position_embeddings": 8192)").rope.factor, 4);
    EXPECT_EQ(scaling(R"(, "factor": 4, "attention_factor": 0.75)"), 0.75);
    EXPECT_EQ(scaling(R"(, "factor": 1)"), 1);
    // (0.1 * 0.707 ln 40 + 1) / (0.1 ln 40 + 1)
    EXPECT_NEAR(scaling(R"(, "factor": 40, "mscale": 0.707, "mscale_all_dim": 1)"),
                0.9210423553163399, 1e-15);
    const auto refused = [](const std::string& more) {
        const auto config = configWith(
            kRopeQwen, R"("rope_scaling": {"rope_type": "yarn", "factor": 4)" + more + "}");
        return config ? std::string("accepted") : config.error().message;
    };
    EXPECT_NE(refused(R"(, "truncate": false)").find("truncate"), std::string::npos);
    EXPECT_NE(refused(R"(, "beta_fast": 1, "beta_slow": 2)").find("beta_fast"), std::string::npos);
}

TEST(RopeScaling, YarnSurvivesBothDescriptions) {
    const auto config = configWith(
        kRopeQwen, R"("rope_scaling": {"rope_type": "yarn", "factor": 2.5, "beta_fast": 24,
                       "attention_factor": 1.25, "original_max_position_embeddings": 4096})");
    ASSERT_TRUE(config) << config.error().message;
    const auto own = modelConfigFromJson(toJson(*config));
    ASSERT_TRUE(own) << own.error().message;
    EXPECT_EQ(own->rope, config->rope);
    const auto written = huggingFaceConfig(*config, DType::F32);
    ASSERT_TRUE(written) << written.error().message;
    const auto again = parseHuggingFaceConfig(*written);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->rope, config->rope);
    EXPECT_FALSE(toJson(tinyDecoder(1).config)["rope"].contains("beta_fast"));
}

}  // namespace
}  // namespace skd::test
