#include <array>

#include "base/text.h"
#include "model/model_config.h"

namespace skd {
namespace {

// FORMATS.md sections 2.5, 3.1, 3.2 and 3.7, one row a family.
constexpr std::array<FamilyTraits, 6> kFamilies{{
    // clang-format off
    // family          name       class                 qkv    attn   mlp    q/k    fused  switch permut head kv window eps
    {Family::Llama,   "llama",   "LlamaForCausalLM",   false, true,  true,  false, false, false, true,  0,   0, 0,    1e-6},
    {Family::Qwen2,   "qwen2",   "Qwen2ForCausalLM",   true,  false, false, false, false, true,  false, 0,  32, 4096, 1e-6},
    {Family::Qwen3,   "qwen3",   "Qwen3ForCausalLM",   false, true,  false, true,  false, true,  false, 128, 32, 4096, 1e-6},
    {Family::Mistral, "mistral", "MistralForCausalLM", false, false, false, false, false, false, true,  0,   8, 4096, 1e-6},
    {Family::Phi3,    "phi3",    "Phi3ForCausalLM",    false, false, false, false, true,  false, false, 0,   0, 0,    1e-5},
    {Family::Gemma3,  "gemma3",  "Gemma3ForCausalLM",  false, true,  false, true,  false, false, false, 256, 4, 4096, 1e-6,
     // 1 + w, norms after, embedding scale, gelu, tied; theta, full every, sliding theta, query scalar, heads, vocabulary, positions
     true, true, true, true, true, 1e6, 6, 1e4, 256, 8, 262208, 131072},
    // clang-format on
}};

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
    return fail(ErrorCode::Unsupported,
                strCat("the architecture \"", name, "\" is not supported; supported are ",
                       joined(kFamilies, ", ", [](const FamilyTraits& row) { return row.name; })));
}

}  // namespace skd
