#include <array>

#include "base/text.h"
#include "formats/refusals.h"
#include "model/config/model_config.h"

namespace skd {
namespace {

// resources/help/formats.md, Models: one row a family, only what differs from the defaults.
constexpr std::array kFamilies{
    FamilyTraits{.family = Family::Llama,
                 .name = "llama",
                 .transformersClass = "LlamaForCausalLM",
                 .attentionBiasKey = true,
                 .mlpBiasKey = true,
                 .ggufPermuted = true},
    FamilyTraits{.family = Family::Qwen2,
                 .name = "qwen2",
                 .transformersClass = "Qwen2ForCausalLM",
                 .qkvBiasAlways = true,
                 .slidingNeedsSwitch = true,
                 .defaultKeyValueHeads = 32,
                 .defaultSlidingWindow = 4096},
    FamilyTraits{.family = Family::Qwen3,
                 .name = "qwen3",
                 .transformersClass = "Qwen3ForCausalLM",
                 .attentionBiasKey = true,
                 .queryKeyNorm = true,
                 .slidingNeedsSwitch = true,
                 .defaultHeadDim = 128,
                 .defaultKeyValueHeads = 32,
                 .defaultSlidingWindow = 4096},
    FamilyTraits{.family = Family::Mistral,
                 .name = "mistral",
                 .transformersClass = "MistralForCausalLM",
                 .ggufPermuted = true,
                 .defaultKeyValueHeads = 8,
                 .defaultSlidingWindow = 4096},
    FamilyTraits{.family = Family::Phi3,
                 .name = "phi3",
                 .transformersClass = "Phi3ForCausalLM",
                 .fusedTensors = true,
                 .defaultNormEpsilon = 1e-5},
    FamilyTraits{.family = Family::Gemma3,
                 .name = "gemma3",
                 .transformersClass = "Gemma3ForCausalLM",
                 .attentionBiasKey = true,
                 .queryKeyNorm = true,
                 .defaultHeadDim = 256,
                 .defaultKeyValueHeads = 4,
                 .defaultSlidingWindow = 4096,
                 .offsetNorms = true,
                 .outputNorms = true,
                 .scaledEmbedding = true,
                 .geluGate = true,
                 .tiedByDefault = true,
                 .defaultTheta = 1e6,
                 .fullLayerEvery = 6,
                 .defaultSlidingTheta = 1e4,
                 .defaultQueryScalar = 256,
                 .defaultHeads = 8,
                 .defaultVocabulary = 262208,
                 .defaultMaxPositions = 131072},
};

}  // namespace

const FamilyTraits& traits(Family family) {
    for (const FamilyTraits& row : kFamilies)
        if (row.family == family) return row;
    return kFamilies.front();
}

const char* mlpNormName(Family family) {
    return traits(family).outputNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm";
}

Result<Family> familyByName(const std::string& name) {
    for (const FamilyTraits& row : kFamilies)
        if (name == row.name) return row.family;
    return unsupported("the architecture \"", name, "\" is not supported; supported are ",
                       joined(kFamilies, ", ", [](const FamilyTraits& row) { return row.name; }));
}

}  // namespace skd
