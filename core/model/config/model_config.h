#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/result.h"

namespace skd {

class GgufFile;

enum class Family { Llama, Qwen2, Qwen3, Mistral, Phi3, Gemma3 };

/// Where a family lets biases, norms and fused tensors appear: one row of the architecture table.
struct FamilyTraits {
    Family family = Family::Llama;
    const char* name = "";  ///< model_type in config.json and general.architecture in GGUF
    const char* transformersClass = "";
    bool qkvBiasAlways = false;       ///< q, k and v carry a bias whatever the config says
    bool attentionBiasKey = false;    ///< `attention_bias` decides about q, k, v and o
    bool mlpBiasKey = false;          ///< `mlp_bias` decides about gate, up and down
    bool queryKeyNorm = false;        ///< RMSNorm over head_dim on q and k before the rotation
    bool fusedTensors = false;        ///< qkv_proj and gate_up_proj
    bool slidingNeedsSwitch = false;  ///< window only with use_sliding_window, from
                                      ///< max_window_layers on
    bool ggufPermuted = false;        ///< GGUF stores q and k for interleaved pairs
    std::int64_t defaultHeadDim = 0;  ///< 0 = hidden_size / heads
    std::int64_t defaultKeyValueHeads = 0;  ///< 0 = heads
    std::int64_t defaultSlidingWindow = 0;  ///< used where the key is missing; 0 = none
    double defaultNormEpsilon = 1e-6;
    // What Gemma does otherwise (resources/help/formats.md, Gemma 3).
    bool offsetNorms = false;  ///< norms multiply by 1 + w, and round only then; GGUF stores 1 + w
    bool outputNorms = false;  ///< attention and MLP end with a norm of their own
    bool scaledEmbedding = false;  ///< rows of the embedding times sqrt(hidden_size)
    bool geluGate = false;         ///< gelu_tanh instead of silu
    bool tiedByDefault = false;
    double defaultTheta = 10000;
    /// Every n-th layer sees everything, the others a window; 0 = no such pattern.
    std::int64_t fullLayerEvery = 0;
    double defaultSlidingTheta = 0;  ///< of the layers with a window; 0 = the same as elsewhere
    /// query_pre_attn_scalar where the key is missing; 0 = no such key.
    std::int64_t defaultQueryScalar = 0;
    std::int64_t defaultHeads = 0, defaultVocabulary = 0;  ///< 0 = the key must be there
    std::int64_t defaultMaxPositions = 2048;
};
const FamilyTraits& traits(Family family);
/// Module name of the norm before the MLP: where attention ends with a norm of its own, that
/// one bears the usual name.
const char* mlpNormName(Family family);
/// Unsupported (naming the supported ones) for anything not in the table.
Result<Family> familyByName(const std::string& name);

enum class RopeType { Default, Linear, Dynamic, Llama3, LongRope, Yarn };
template <>
inline constexpr auto kNames<RopeType> = names<RopeType>({
    {RopeType::Default, "default"},
    {RopeType::Linear, "linear"},
    {RopeType::Dynamic, "dynamic"},
    {RopeType::Llama3, "llama3"},
    {RopeType::LongRope, "longrope"},
    {RopeType::Yarn, "yarn"},
});

struct RopeConfig {
    RopeType type = RopeType::Default;
    double theta = 10000;
    double partialFactor = 1;
    double factor = 1;
    double lowFrequencyFactor = 1, highFrequencyFactor = 4;  ///< llama3
    std::int64_t originalMaxPositions = 0;                   ///< llama3, longrope, yarn
    std::vector<double> longFactor, shortFactor;             ///< longrope
    std::vector<double> frequencyDivisors;                   ///< GGUF rope_freqs: inv_freq / v
    double attentionFactor = 0;                              ///< longrope, yarn; 0 = derive
    double betaFast = 32, betaSlow = 1;  ///< yarn: turns within the original length

    bool operator==(const RopeConfig&) const = default;
};
/// What YaRN multiplies cosine and sine with: 0.1 weight ln(factor) + 1, and 1 for factors up to 1
/// (arXiv 2309.00071, equation 22, as transformers' `mscale` weighs it).
double yarnMagnitude(double factor, double weight = 1);

/// What differs from layer to layer.
struct LayerConfig {
    std::int64_t intermediateSize = 0;
    std::int64_t slidingWindow = 0;  ///< 0 = full attention
    std::int64_t source = -1;  ///< number of the layer in the model as stored; -1 = its place here
    /// Widths of the residual stream before the layer and between attention and MLP, where a
    /// pruner has narrowed it; 0 = hidden_size.
    std::int64_t inputWidth = 0, middleWidth = 0;
};

/// Shape of a model; a pruned model is another config with other weights, not another class.
struct ModelConfig {
    Family family = Family::Llama;
    std::int64_t vocabularySize = 0, hiddenSize = 0, heads = 0, keyValueHeads = 0, headDim = 0;
    std::int64_t maxPositions = 0;
    double normEpsilon = 1e-6;
    bool tiedHead = false;
    bool qkvBias = false, outputBias = false, mlpBias = false;
    RopeConfig rope;
    std::optional<RopeConfig> slidingRope;  ///< of layers with a window, where it differs
    std::int64_t queryScalar = 0;           ///< scores are divided by its square root; 0 = head_dim
    std::vector<LayerConfig> layers;
    std::string weightsDType;  ///< as stored, e.g. "bfloat16" or "Q4_1"

    [[nodiscard]] std::int64_t rotaryDim() const {
        return static_cast<std::int64_t>(static_cast<double>(headDim) * rope.partialFactor);
    }
    /// All dense parameters of the shapes above, tied head counted once.
    [[nodiscard]] std::int64_t parameterCount() const;
    [[nodiscard]] std::int64_t mlpParameterCount() const;
};

/// Reads a transformers 4 or 5 config.json; of a Gemma 3 wrapper the text part.
Result<ModelConfig> parseHuggingFaceConfig(const Json& config);
/// Reads the architecture keys of a GGUF file (resources/help/formats.md, GGUF) and checks them
/// against its tensors.
Result<ModelConfig> parseGgufConfig(const GgufFile& file);
/// The query scale of a family that has one is not in the file: llama.cpp takes head_dim, for the
/// 62 blocks of the 27B model hidden / heads.
std::int64_t ggufQueryScalar(const ModelConfig& config);
/// A config as our own model files keep it, every field under its own name.
Json toJson(const ModelConfig& config);
/// The reverse. Corrupt where a field is missing, of another type, or out of bounds.
Result<ModelConfig> modelConfigFromJson(const Json& json);
/// Sanity of sizes: positive, bounded, divisible; error names the key.
Status validate(const ModelConfig& config);

}  // namespace skd
