#include "model/config/config_warnings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "formats/gguf_file.h"

namespace skd {
namespace {

/// A key that other architectures compute with, and the value with which it does nothing, of which
/// some have none (kNever). true and false count as 1 and 0.
struct ForeignKey {
    const char* key;
    double neutral;
};
constexpr double kNever = -1e300;

constexpr std::array kForeignKeys{
    ForeignKey{"attention_multiplier", kNever},
    ForeignKey{"embedding_multiplier", 1},
    ForeignKey{"residual_multiplier", 1},
    ForeignKey{"logits_scaling", 1},
    ForeignKey{"logit_scale", 1},
    ForeignKey{"lm_head_multiplier", 1},
    ForeignKey{"scale_emb", 1},
    ForeignKey{"scale_depth", kNever},
    ForeignKey{"dim_model_base", kNever},
    ForeignKey{"clip_qkv", kNever},
    ForeignKey{"use_qk_norm", 0},
    ForeignKey{"qk_layernorm", 0},
    ForeignKey{"alibi", 0},
    ForeignKey{"rope_interleaved", 0},
    ForeignKey{"rotary_pct", 1},
    ForeignKey{"rotary_dim", kNever},
    ForeignKey{"rope_ratio", 1},
    ForeignKey{"no_rope_layers", kNever},
    ForeignKey{"no_rope_layer_interval", 0},
    ForeignKey{"attn_temperature_tuning", 0},
    ForeignKey{"attention_chunk_size", kNever},
    ForeignKey{"is_causal", 1},
    ForeignKey{"num_experts", 0},
    ForeignKey{"num_local_experts", 0},
};

constexpr std::array kForeignGgufKeys{
    ForeignKey{"attention.scale", kNever},
    ForeignKey{"attention.causal", 1},
    ForeignKey{"attention.clamp_kqv", 0},
    ForeignKey{"attention.max_alibi_bias", 0},
    ForeignKey{"attention.temperature_length", 0},
    ForeignKey{"attention.temperature_scale", 0},
    ForeignKey{"attn_logit_softcapping", 0},
    ForeignKey{"final_logit_softcapping", 0},
    ForeignKey{"logit_scale", 1},
    ForeignKey{"residual_scale", 1},
    ForeignKey{"embedding_scale", 1},
    ForeignKey{"expert_count", 0},
};

constexpr std::array<std::string_view, 17> kRopeKeys{
    "rope_theta",       "rope_type",        "type",
    "factor",           "low_freq_factor",  "high_freq_factor",
    "long_factor",      "short_factor",     "original_max_position_embeddings",
    "attention_factor", "beta_fast",        "beta_slow",
    "mscale",           "mscale_all_dim",   "truncate",
    "full_attention",   "sliding_attention"};

std::string notRead(const std::string& key, const std::string& value, const ModelConfig& model) {
    return strCat(key, " is ", value, ", which ", traits(model.family).name,
                  " does not read; if the model needs it, its figures are wrong");
}

bool isNeutral(const Json& value, double neutral) {
    if (value.is_null()) return true;
    if (value.is_boolean()) return (valueOr(value, false) ? 1 : 0) == neutral;
    return value.is_number() && valueOr(value, 0.0) == neutral;
}

/// Keys of other families of ours, which this one does not read.
std::vector<ForeignKey> keysOfOtherFamilies(const FamilyTraits& family) {
    std::vector<ForeignKey> keys;
    if (!family.attentionBiasKey) keys.push_back({"attention_bias", 0});
    if (!family.mlpBiasKey) keys.push_back({"mlp_bias", 0});
    if (!family.slidingNeedsSwitch) keys.push_back({"use_sliding_window", 0});
    if (family.defaultQueryScalar <= 0) keys.push_back({"query_pre_attn_scalar", kNever});
    if (family.defaultSlidingTheta <= 0) keys.push_back({"rope_local_base_freq", kNever});
    return keys;
}

void addForeignKeys(const Json& config, const ModelConfig& model,
                    std::vector<std::string>& warnings) {
    std::vector<ForeignKey> keys = keysOfOtherFamilies(traits(model.family));
    keys.insert(keys.end(), kForeignKeys.begin(), kForeignKeys.end());
    for (const auto& [key, neutral] : keys)
        if (config.contains(key) && !isNeutral(config[key], neutral))
            warnings.push_back(notRead(key, config[key].dump().substr(0, 40), model));
}

/// Windows that the layers of the model do not have.
void addWindows(const Json& config, const ModelConfig& model, std::vector<std::string>& warnings) {
    const bool windowed = std::ranges::any_of(
        model.layers, [](const LayerConfig& layer) { return layer.slidingWindow > 0; });
    if (model.family == Family::Llama && config.contains("sliding_window") && !windowed &&
        !isNeutral(memberOf(config, "sliding_window"), 0))
        warnings.push_back(notRead("sliding_window",
                                   memberOf(config, "sliding_window").dump().substr(0, 40), model));
    const Json types = valueOr(config, "layer_types", Json());
    for (std::size_t i = 0; types.is_array() && i < std::min(types.size(), model.layers.size());
         ++i) {
        if ((types[i] == "sliding_attention") == (model.layers[i].slidingWindow > 0)) continue;
        warnings.push_back(strCat("layer_types has ", types[i].dump().substr(0, 40), " for layer ",
                                  i, ", which is computed with ",
                                  model.layers[i].slidingWindow > 0 ? "a window" : "all tokens",
                                  ", as the other keys say"));
        return;
    }
}

void addRopeKeys(const Json& scaling, const std::string& where,
                 std::vector<std::string>& warnings) {
    for (const auto& [key, value] : scaling.items()) {
        if (value.is_object()) addRopeKeys(value, where + "." + key, warnings);
        if (value.is_null() || key == "partial_rotary_factor" ||
            std::ranges::find(kRopeKeys, key) != kRopeKeys.end())
            continue;
        warnings.push_back(strCat(where, ".", key, " is not read"));
    }
}

void addRope(const Json& config, std::vector<std::string>& warnings) {
    const Json given = valueOr(config, "rope_parameters", Json()),
               old = valueOr(config, "rope_scaling", Json()),
               theta = valueOr(config, "rope_theta", Json());
    for (const auto& [scaling, where] :
         {std::pair{&given, "rope_parameters"}, std::pair{&old, "rope_scaling"}})
        if (scaling->is_object()) addRopeKeys(*scaling, where, warnings);
    if (!given.is_object()) return;
    if (old.is_object() && !old.empty() && old != given)
        warnings.emplace_back(
            "rope_scaling stands beside rope_parameters and is used, as transformers does");
    const Json inside = valueOr(given, "rope_theta", Json());
    if (theta.is_number() && inside.is_number() && theta != inside)
        warnings.push_back(strCat("rope_theta is ", theta.dump(), ", but ", inside.dump(),
                                  " in rope_parameters, which is used, as transformers does"));
}

/// A number or a bool; nothing where the key is missing or of another type.
std::optional<double> ggufNumber(const GgufMetadata& keys, const std::string& key) {
    if (const auto flag = keys.boolean(key)) return *flag ? 1 : 0;
    const auto number = keys.number(key);
    return number ? std::optional<double>(*number) : std::nullopt;
}

}  // namespace

std::vector<std::string> configWarnings(const Json& config, const ModelConfig& model) {
    std::vector<std::string> warnings;
    if (!config.is_object()) return warnings;
    const Json part = valueOr(config, "text_config", Json());
    const Json& text = part.is_object() ? part : config;
    addForeignKeys(text, model, warnings);
    addWindows(text, model, warnings);
    addRope(text, warnings);
    return warnings;
}

std::vector<std::string> configWarnings(const GgufFile& file, const ModelConfig& model) {
    std::vector<std::string> warnings;
    const auto architecture = file.architecture();
    if (!architecture) return warnings;
    const std::string prefix = std::string(*architecture) + ".";
    const GgufMetadata& keys = file.metadata();
    for (const auto& [key, neutral] : kForeignGgufKeys) {
        const auto value = ggufNumber(keys, prefix + key);
        if (value && *value != neutral)
            warnings.push_back(notRead(prefix + key, strCat(*value), model));
    }
    const auto type = keys.string(prefix + "rope.scaling.type", "");
    const auto factor = ggufNumber(keys, prefix + "rope.scaling.factor");
    if (type && *type == "none" && factor && *factor != 0 && *factor != 1)
        warnings.push_back(strCat(prefix, "rope.scaling.factor is ", *factor,
                                  ", but rope.scaling.type is none; the rotation is not scaled, as "
                                  "in llama.cpp"));
    return warnings;
}

}  // namespace skd
