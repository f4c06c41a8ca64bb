#include "model/files/gguf_types.h"

#include <gtest/gtest.h>

namespace skd::test {
namespace {

/// A llama of `layers` layers, heads sharing values.
ModelConfig llamaOf(std::size_t layers) {
    ModelConfig config;
    config.family = Family::Llama;
    config.heads = 8;
    config.keyValueHeads = 2;
    config.layers.resize(layers);
    return config;
}

GgmlType typeOf(GgufMix mix, const std::string& name, std::int64_t columns,
                const ModelConfig& config) {
    return ggufTensorType(mix, name, {512, columns}, config);
}

/// llama-quantize, use_more_bits: of 32 layers 0..3, 28..31, and 6, 9, ..., 27.
TEST(GgufTypes, SomeLayersOfAMixGetMoreBits) {
    const ModelConfig config = llamaOf(32);
    for (int i = 0; i < 32; ++i) {
        const bool more = i < 4 || i >= 28 || (i - 4) % 3 == 2;
        const std::string layer = "blk." + std::to_string(i) + ".";
        for (const char* name : {"attn_v.weight", "ffn_down.weight"}) {
            EXPECT_EQ(typeOf(GgufMix::Q4_K_M, layer + name, 512, config),
                      more ? GgmlType::Q6_K : GgmlType::Q4_K)
                << layer << name;
            EXPECT_EQ(typeOf(GgufMix::Q5_K_M, layer + name, 512, config),
                      more ? GgmlType::Q6_K : GgmlType::Q5_K);
            EXPECT_EQ(typeOf(GgufMix::Q4_0, layer + name, 512, config), GgmlType::Q4_0);
        }
        for (const char* name : {"attn_q.weight", "attn_output.weight", "ffn_up.weight"})
            EXPECT_EQ(typeOf(GgufMix::Q4_K_M, layer + name, 512, config), GgmlType::Q4_K);
    }
}

TEST(GgufTypes, TheHeadHasSixBits) {
    ModelConfig config = llamaOf(2);
    for (const GgufMix mix : {GgufMix::Q4_0, GgufMix::Q4_K_M, GgufMix::Q5_K_M, GgufMix::Q6_K})
        EXPECT_EQ(typeOf(mix, "output.weight", 512, config), GgmlType::Q6_K);
    EXPECT_EQ(typeOf(GgufMix::Q4_K_M, "token_embd.weight", 512, config), GgmlType::Q4_K);
    config.tiedHead = true;
    EXPECT_EQ(typeOf(GgufMix::Q4_K_M, "token_embd.weight", 512, config), GgmlType::Q6_K);
    EXPECT_EQ(typeOf(GgufMix::Q8_0, "token_embd.weight", 512, config), GgmlType::Q8_0);
    EXPECT_EQ(typeOf(GgufMix::BF16, "token_embd.weight", 512, config), GgmlType::BF16);
}

TEST(GgufTypes, RowsThatDoNotFillBlocksHaveOthers) {
    const ModelConfig config = llamaOf(16);
    const std::string plain = "blk.3.attn_q.weight", more = "blk.0.ffn_down.weight";
    EXPECT_EQ(typeOf(GgufMix::Q4_K_M, plain, 576, config), GgmlType::Q5_0);
    EXPECT_EQ(typeOf(GgufMix::Q5_K_M, plain, 576, config), GgmlType::Q5_1);
    EXPECT_EQ(typeOf(GgufMix::Q6_K, plain, 576, config), GgmlType::Q8_0);
    EXPECT_EQ(typeOf(GgufMix::Q4_K_M, more, 576, config), GgmlType::Q8_0);
    EXPECT_EQ(typeOf(GgufMix::Q4_0, plain, 576, config), GgmlType::Q4_0);
    for (const GgufMix mix :
         {GgufMix::Q8_0, GgufMix::Q4_0, GgufMix::Q4_K_M, GgufMix::Q5_K_M, GgufMix::Q6_K})
        EXPECT_EQ(typeOf(mix, plain, 577, config), GgmlType::F16);
    EXPECT_EQ(typeOf(GgufMix::F32, plain, 577, config), GgmlType::F32);
    EXPECT_EQ(ggufTensorType(GgufMix::Q4_K_M, "blk.0.attn_norm.weight", {512}, config),
              GgmlType::F32);
}

/// llama-quantize, LLM_TYPE_70B.
TEST(GgufTypes, SharedValuesOfEightyLayersHaveFiveBits) {
    ModelConfig config = llamaOf(80);
    const std::string value = "blk.11.attn_v.weight";  // a layer without more bits
    EXPECT_EQ(typeOf(GgufMix::Q4_K_M, value, 512, config), GgmlType::Q5_K);
    EXPECT_EQ(typeOf(GgufMix::Q4_K_M, "blk.11.ffn_down.weight", 512, config), GgmlType::Q4_K);
    config.keyValueHeads = config.heads;
    EXPECT_EQ(typeOf(GgufMix::Q4_K_M, value, 512, config), GgmlType::Q4_K);
}

}  // namespace
}  // namespace skd::test
