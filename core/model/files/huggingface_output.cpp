#include "model/files/huggingface_output.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "formats/refusals.h"
#include "formats/safetensors_writer.h"
#include "model/elastic.h"
#include "model/files/tensor_encoding.h"
#include "model/rotary.h"
#include "results/matrix_form.h"

namespace skd {
namespace {

tl::unexpected<Error> inexpressible(Family family, const std::string& what) {
    return unsupported(what, ", which ", traits(family).transformersClass,
                       " of transformers cannot express");
}

/// 1e-5 for a value that was kept as an f32, as GGUF files do: the shortest number that is the same
/// f32.
double plainNumber(double value) {
    const auto single = static_cast<float>(value);
    if (static_cast<double>(single) != value) return value;
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, single).ptr;
    double shortest = value;
    std::from_chars(text, end, shortest);
    return shortest;
}

/// Mistral is llama with a window; a GGUF file calls both llama.
Family familyOf(const ModelConfig& config) {
    const bool windowed =
        std::any_of(config.layers.begin(), config.layers.end(),
                    [](const LayerConfig& layer) { return layer.slidingWindow > 0; });
    const bool biased = config.qkvBias || config.outputBias || config.mlpBias;
    return config.family == Family::Llama && windowed && !biased ? Family::Mistral : config.family;
}

Status putBiases(const ModelConfig& config, Family family, Json& json) {
    const FamilyTraits& row = traits(family);
    const bool sameEverywhere = config.qkvBias == config.outputBias;
    if (row.attentionBiasKey && !sameEverywhere)
        return inexpressible(family, "it has biases in some matrices of attention only");
    if (!row.attentionBiasKey && (config.outputBias || config.qkvBias != row.qkvBiasAlways))
        return inexpressible(family, "its attention has other biases than its family");
    if (!row.mlpBiasKey && config.mlpBias) return inexpressible(family, "its MLPs have biases");
    if (row.attentionBiasKey) json["attention_bias"] = config.qkvBias;
    if (row.mlpBiasKey) json["mlp_bias"] = config.mlpBias;
    return {};
}

/// Null for a rotation without scaling.
Result<Json> scalingOf(const RopeConfig& rope, Family family) {
    Json scaling;
    switch (rope.type) {
        case RopeType::Default:
            break;
        case RopeType::Linear:
        case RopeType::Dynamic:
            scaling = {{"rope_type", enumName(rope.type)}, {"factor", rope.factor}};
            break;
        case RopeType::Llama3:
            scaling = {{"rope_type", "llama3"},
                       {"factor", rope.factor},
                       {"low_freq_factor", rope.lowFrequencyFactor},
                       {"high_freq_factor", rope.highFrequencyFactor},
                       {"original_max_position_embeddings", rope.originalMaxPositions}};
            break;
        case RopeType::LongRope:
            if (family != Family::Phi3) return inexpressible(family, "its rotation is longrope");
            scaling = {{"type", "longrope"},
                       {"rope_type", "longrope"},
                       {"long_factor", rope.longFactor},
                       {"short_factor", rope.shortFactor}};
            if (rope.attentionFactor > 0) scaling["attention_factor"] = rope.attentionFactor;
            break;
        case RopeType::Yarn:
            scaling = {{"rope_type", "yarn"},
                       {"factor", rope.factor},
                       {"original_max_position_embeddings", rope.originalMaxPositions},
                       {"beta_fast", rope.betaFast},
                       {"beta_slow", rope.betaSlow}};
            if (rope.attentionFactor > 0) scaling["attention_factor"] = rope.attentionFactor;
    }
    return scaling;
}

Status putRotation(const ModelConfig& config, Family family, Json& json) {
    RopeConfig rope = config.rope;
    if (!rope.frequencyDivisors.empty()) {
        const auto known = llama3Rotation(config);
        if (!known)
            return inexpressible(family, "its GGUF file scales the rotation by a table of its own");
        rope = *known;
    }
    json["rope_theta"] = plainNumber(rope.theta);
    SKD_TRY(json["rope_scaling"], scalingOf(rope, family));
    if (family == Family::Phi3) {
        json["partial_rotary_factor"] = rope.partialFactor;
        if (rope.originalMaxPositions > 0)
            json["original_max_position_embeddings"] = rope.originalMaxPositions;
    } else if (rope.partialFactor != 1)
        return inexpressible(family, "it rotates a part of each head only");
    if (!config.slidingRope) return {};
    if (config.slidingRope->type != RopeType::Default)
        return inexpressible(family, "the rotation of its layers with a window is scaled");
    json["rope_local_base_freq"] = config.slidingRope->theta;
    return {};
}

Status putWindows(const ModelConfig& config, Family family, Json& json) {
    std::int64_t window = 0;
    bool everywhere = true;
    Json types = Json::array();
    for (const LayerConfig& layer : config.layers) {
        if (window > 0 && layer.slidingWindow > 0 && layer.slidingWindow != window)
            return inexpressible(family, "its layers have windows of different sizes");
        window = std::max(window, layer.slidingWindow);
        everywhere = everywhere && layer.slidingWindow > 0;
        types.push_back(layer.slidingWindow > 0 ? "sliding_attention" : "full_attention");
    }
    const FamilyTraits& row = traits(family);
    if (row.fullLayerEvery > 0) {
        json["sliding_window"] = window > 0 ? window : row.defaultSlidingWindow;
        json["layer_types"] = types;
    } else if (row.slidingNeedsSwitch) {
        json["use_sliding_window"] = window > 0;
        json["sliding_window"] = window > 0 ? Json(window) : Json();
        json["max_window_layers"] =
            everywhere && window > 0 ? 0 : static_cast<std::int64_t>(config.layers.size());
        if (window > 0) json["layer_types"] = types;
    } else if (window > 0 && !everywhere)
        return inexpressible(family, "only some of its layers have a window");
    else if (window > 0 && family == Family::Llama)
        return inexpressible(family, "its attention has a window");
    else if (family != Family::Llama)
        json["sliding_window"] = window > 0 ? Json(window) : Json();
    return {};
}

void putSizes(const ModelConfig& config, Family family, Json& json) {
    json["vocab_size"] = config.vocabularySize;
    json["hidden_size"] = config.hiddenSize;
    json["intermediate_size"] =
        std::ranges::max(config.layers, {}, &LayerConfig::intermediateSize).intermediateSize;
    json["num_hidden_layers"] = config.layers.size();
    json["num_attention_heads"] = config.heads;
    json["num_key_value_heads"] = config.keyValueHeads;
    json["head_dim"] = config.headDim;
    json["max_position_embeddings"] = config.maxPositions;
    json["rms_norm_eps"] = plainNumber(config.normEpsilon);
    json["tie_word_embeddings"] = config.tiedHead;
    if (!traits(family).geluGate) {
        json["hidden_act"] = "silu";
        return;
    }
    json["hidden_activation"] = "gelu_pytorch_tanh";
    json["query_pre_attn_scalar"] = config.queryScalar > 0 ? config.queryScalar : config.headDim;
    json["attn_logit_softcapping"] = json["final_logit_softcapping"] = nullptr;
}

}  // namespace

std::optional<RopeConfig> llama3Rotation(const ModelConfig& config) {
    const std::vector<double>& divisors = config.rope.frequencyDivisors;
    if (divisors.empty() || config.rope.type != RopeType::Default) return {};
    RopeConfig plain = config.rope;
    plain.frequencyDivisors.clear();
    const std::vector<double> unscaled = inverseFrequencies(config, plain, 1);
    for (const std::int64_t original : {8192, 4096, 2048, 16384, 32768}) {
        RopeConfig tried = plain;
        tried.type = RopeType::Llama3;
        tried.factor = *std::max_element(divisors.begin(), divisors.end());
        tried.originalMaxPositions = original;
        const std::vector<double> scaled = inverseFrequencies(config, tried, 1);
        bool same = scaled.size() == divisors.size();
        for (std::size_t i = 0; same && i < scaled.size(); ++i)
            same = std::abs(unscaled[i] / scaled[i] / divisors[i] - 1) < 1e-4;
        if (same) return tried;
    }
    return {};
}

Result<Json> huggingFaceConfig(const ModelConfig& config, DType dtype) {
    const Family family = familyOf(config);
    const FamilyTraits& row = traits(family);
    Json json{{"architectures", Json::array({row.transformersClass})},
              {"model_type", family == Family::Gemma3 ? "gemma3_text" : row.name}};
    putSizes(config, family, json);
    SKD_CHECK(putBiases(config, family, json));
    SKD_CHECK(putRotation(config, family, json));
    SKD_CHECK(putWindows(config, family, json));
    json["torch_dtype"] = torchDtypeName(dtype);
    // transformers assumes token 32000, which need not be in the vocabulary.
    if (family == Family::Phi3) json["pad_token_id"] = nullptr;
    return json;
}

namespace {

/// Widths of the residual stream before a layer, between attention and MLP, and after it.
Json widthsOf(const DecoderLayer& layer) {
    return Json::array(
        {layer.inputNorm.size(0), layer.postAttentionNorm.size(0), layer.mlp.down.rows()});
}

Json layerJson(const DecoderLayer& layer, bool narrowed) {
    return {{"intermediate_size", layer.config.intermediateSize},
            {"fused_gate_up", layer.mlp.gateUp.isDefined()},
            {"widths", widthsOf(layer)},
            {"narrowed", narrowed},
            {"attention_shortcut", layer.attentionShortcut.defined()},
            {"mlp_shortcut", layer.mlpShortcut.defined()},
            {"ranks", Json::object()}};
}

bool isNarrowed(const Decoder& decoder) {
    return decoder.inputProjection.defined() || decoder.outputProjection.defined() ||
           std::any_of(decoder.layers.begin(), decoder.layers.end(), [](const DecoderLayer& layer) {
               return layer.attentionShortcut.defined() || layer.mlpShortcut.defined();
           });
}

}  // namespace

Result<Json> prunedConfig(const Decoder& decoder, DType dtype) {
    SKD_CHECK(checkOneSize(decoder, "an export"));
    const ModelConfig config = currentConfig(decoder);
    SKD_TRY(Json json, huggingFaceConfig(config, dtype));
    const std::string stock = traits(familyOf(config)).transformersClass,
                      name = "SparseKD" + stock.substr(0, stock.find("For"));
    const std::string module = "modeling_sparsekd.";
    json["architectures"] = Json::array({name + "ForCausalLM"});
    json["model_type"] = strCat("sparsekd_", traits(familyOf(config)).name);
    json["auto_map"] = {{"AutoConfig", module + name + "Config"},
                        {"AutoModel", module + name + "Model"},
                        {"AutoModelForCausalLM", module + name + "ForCausalLM"}};
    Json layers = Json::array(), masked = Json::array();
    for (const DecoderLayer& layer : decoder.layers)
        layers.push_back(layerJson(layer, isNarrowed(decoder)));
    Decoder walk = decoder;
    for (std::size_t i = 0; i < walk.layers.size(); ++i)
        for (const LayerMatrix& each : matricesOf(walk.layers[i])) {
            if (each.linear->rank() > 0) layers[i]["ranks"][each.name] = each.linear->rank();
            if (std::holds_alternative<IdentityBlockWeight>(each.linear->form()))
                layers[i]["forms"][each.name] = enumName(MatrixForm::IdentityBlock);
            if (each.linear->maskedZeros() > 0) masked.push_back(each.linear->name());
        }
    json["sparsekd"] = {{"version", 4},
                        {"entrance", decoder.inputProjection.defined()},
                        {"exit", decoder.outputProjection.defined()},
                        {"layers", std::move(layers)}};
    if (!masked.empty()) json["sparsekd"]["masked"] = std::move(masked);
    return json;
}

Status writeStockWeights(const std::filesystem::path& path, const StockModel& model, DType dtype,
                         const std::function<Status()>& proceed) {
    std::vector<TensorOut> tensors;
    at::Tensor current;
    for (const StockTensor& tensor : model.tensors)
        tensors.push_back(encodedTensor(
            tensor.name, dtype, tensor.shape,
            [&tensor, &proceed]() -> Result<at::Tensor> {
                if (proceed) SKD_CHECK(proceed());
                return tensor.values();
            },
            current));
    return writeSafetensors(path, tensors, {{"format", "pt"}});
}

}  // namespace skd
