#include "model/config/config_warnings.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "formats/gguf_file.h"
#include "formats/gguf_writer.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

struct WarnedConfig {
    ModelConfig model;
    std::vector<std::string> warnings;

    [[nodiscard]] bool warns(const std::string& phrase) const {
        return joined(warnings, "\n").find(phrase) != std::string::npos;
    }
};

WarnedConfig warnedConfig(const std::string& family, const std::string& more) {
    const auto json = parseJson(
        R"({"vocab_size": 64, "hidden_size": 48, "intermediate_size": 96,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 12, "max_position_embeddings": 128, "model_type": ")" +
        family + "\"" + more + "}");
    EXPECT_TRUE(json) << (json ? "" : json.error().message);
    const auto model = parseHuggingFaceConfig(*json);
    EXPECT_TRUE(model) << (model ? "" : model.error().message);
    return model ? WarnedConfig{*model, configWarnings(*json, *model)} : WarnedConfig{};
}

TEST(ConfigWarnings, KeysThatChangeTheMathematicsAreNamed) {
    const WarnedConfig granite =
        warnedConfig("llama", R"(, "attention_multiplier": 0.0078125, "residual_multiplier": 0.22,
                                 "is_causal": false)");
    EXPECT_EQ(granite.warnings.size(), 3u);
    EXPECT_TRUE(granite.warns("attention_multiplier is 0.0078125, which llama does not read"));
    EXPECT_TRUE(granite.warns("residual_multiplier is 0.22"));
    EXPECT_TRUE(granite.warns("is_causal is false"));
    EXPECT_TRUE(warnedConfig("qwen2", R"(, "attention_bias": true)").warns("attention_bias"));
    EXPECT_TRUE(warnedConfig("llama", R"(, "attention_bias": true)").warnings.empty());
}

/// Written out though they do nothing.
TEST(ConfigWarnings, NeutralValuesAreNot) {
    EXPECT_EQ(warnedConfig("mistral", R"(, "attention_bias": false, "logit_scale": 1,
        "attention_multiplier": null, "use_qk_norm": false, "is_causal": true,
        "rope_theta": 10000.0, "rope_scaling": null, "sliding_window": null,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000})")
                  .warnings,
              std::vector<std::string>());
}

TEST(ConfigWarnings, TheOneOfTwoRopeKeysThatCountsIsSaid) {
    const WarnedConfig both = warnedConfig("llama", R"(, "rope_scaling": {"type": "linear",
        "factor": 4}, "rope_parameters": {"rope_type": "default", "rope_theta": 10000})");
    EXPECT_TRUE(both.warns("rope_scaling stands beside rope_parameters"));
    const WarnedConfig theta = warnedConfig("llama", R"(, "rope_theta": 500000,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000})");
    EXPECT_TRUE(theta.warns("rope_theta is 500000, but 10000 in rope_parameters"));
    EXPECT_EQ(theta.model.rope.theta, 10000);
    EXPECT_TRUE(warnedConfig("llama", R"(, "rope_scaling": {"type": "linear", "factor": 4,
        "alpha": 2})")
                    .warns("rope_scaling.alpha is not read"));
}

/// As transformers: llama has no window, and mistral the same one in every layer.
TEST(ConfigWarnings, WindowsThatTheReferenceDoesNotHaveAreNotComputed) {
    const WarnedConfig llama = warnedConfig("llama", R"(, "sliding_window": 16)");
    EXPECT_EQ(llama.model.layers[0].slidingWindow, 0);
    EXPECT_TRUE(llama.warns("sliding_window is 16, which llama does not read"));
    const WarnedConfig mistral = warnedConfig("mistral", R"(, "sliding_window": 16,
        "layer_types": ["sliding_attention", "full_attention"])");
    EXPECT_EQ(mistral.model.layers[1].slidingWindow, 16);
    EXPECT_TRUE(mistral.warns("layer_types has \"full_attention\" for layer 1"));
    const WarnedConfig qwen = warnedConfig("qwen3", R"(, "sliding_window": 16,
        "use_sliding_window": true, "layer_types": ["sliding_attention", "full_attention"])");
    EXPECT_EQ(qwen.model.layers[0].slidingWindow, 16);
    EXPECT_EQ(qwen.model.layers[1].slidingWindow, 0);
    EXPECT_TRUE(qwen.warnings.empty()) << joined(qwen.warnings, "\n");
}

TEST(ConfigWarnings, KeysOfGgufFilesToo) {
    const TemporaryFolder folder;
    const std::vector<GgufField> fields{{"general.architecture", std::string("llama")},
                                        {"llama.logit_scale", 0.5f},
                                        {"llama.residual_scale", 1.0f},
                                        {"llama.expert_count", std::uint32_t{0}},
                                        {"llama.attention.causal", false},
                                        {"llama.rope.scaling.type", std::string("none")},
                                        {"llama.rope.scaling.factor", 4.0f}};
    ASSERT_TRUE(writeGguf(folder / "w.gguf", fields, {}));
    const auto file = GgufFile::open(folder / "w.gguf");
    ASSERT_TRUE(file) << file.error().message;
    const WarnedConfig warned{ModelConfig{}, configWarnings(*file, ModelConfig{})};
    EXPECT_EQ(warned.warnings.size(), 3u) << joined(warned.warnings, "\n");
    EXPECT_TRUE(warned.warns("llama.logit_scale is 0.5, which llama does not read"));
    EXPECT_TRUE(warned.warns("llama.attention.causal is 0"));
    EXPECT_TRUE(warned.warns("rope.scaling.type is none"));
}

}  // namespace
}  // namespace skd::test
