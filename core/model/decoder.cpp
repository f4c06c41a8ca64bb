#include "model/decoder.h"

#include <cmath>

#include "base/text.h"
#include "model/key_value_cache.h"
#include "model/layer_ops.h"
#include "model/module_scope.h"

namespace skd {

Decoder::Decoder(ModelConfig c) : config(std::move(c)) {}

std::string Decoder::arithmeticName() const {
    return activationDtype() == at::kBFloat16 ? "bf16" : "f32";
}

std::string Decoder::dtypeName() const {
    const std::string held = dtype() == at::kBFloat16 ? "bf16" : "f32";
    return held == arithmeticName() ? held : held + " in " + arithmeticName();
}

at::Tensor Decoder::lookup(const at::Tensor& ids) const {
    const ModuleScope scope(Module::Embedding);
    return at::embedding(embedding, ids);
}

at::Tensor Decoder::projectInput(const at::Tensor& rows) const {
    const ModuleScope scope(Module::Embedding);
    at::Tensor hidden = rows.to(activationDtype());
    // A tensor, not a number: the factor is rounded to the type of the arithmetic, as the family
    // was trained.
    if (traits(config.family).scaledEmbedding)
        hidden = hidden * at::scalar_tensor(std::sqrt(static_cast<double>(config.hiddenSize)),
                                            hidden.options());
    return inputProjection.defined() ? linearMap(hidden, inputProjection, {}) : hidden;
}

namespace {

at::Tensor norm(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight,
                double epsilon) {
    return rmsNorm(x, weight.to(x.scalar_type()), epsilon,
                   traits(config.family).offsetNorms ? 1.0 : 0.0);
}
at::Tensor norm(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight) {
    return norm(config, x, weight, config.normEpsilon);
}

at::Tensor streamNorm(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight) {
    // The mean of squares of a narrowed stream is over the width it had: x sqrt(h/w) / rms_w with
    // epsilon h/w times as large; sqrt(h/w) lies in the norm's weight.
    return norm(config, x, weight,
                config.normEpsilon * static_cast<double>(config.hiddenSize) /
                    static_cast<double>(x.size(-1)));
}

/// The part of the program that a product belongs to, by the order of MatrixKind.
constexpr std::array kModules{Module::MlpGate,        Module::MlpUp,          Module::MlpDown,
                              Module::MlpGateUp,      Module::AttentionQuery, Module::AttentionKey,
                              Module::AttentionValue, Module::AttentionOutput};
static_assert(kModules.size() == kNames<MatrixKind>.size());

/// The residual stream past a block, and what the block gives.
at::Tensor addToStream(const at::Tensor& stream, const at::Tensor& shortcut,
                       const at::Tensor& block) {
    const ModuleScope scope(Module::Residual);
    return (shortcut.defined() ? linearMap(stream, shortcut, {}) : stream) + block;
}

at::Tensor apply(const Decoder& model, std::size_t layer, MatrixKind kind, const Linear& linear,
                 const at::Tensor& input) {
    at::Tensor output;
    {
        const ModuleScope scope(kModules[static_cast<std::size_t>(kind)]);
        output = linear.forward(input);
    }
    if (model.outputObserver) model.outputObserver(layer, kind, output);
    return output;
}

at::Tensor attend(const Decoder& model, std::size_t index, const at::Tensor& normed,
                  const RotaryTable& rotary, KeyValueCache* cache) {
    const std::int64_t batch = normed.size(0), length = normed.size(1);
    const ModelConfig& config = model.config;
    const DecoderLayer& layer = model.layers[index];
    const Attention& attention = layer.attention;
    if (model.inputObserver) model.inputObserver(index, MatrixKind::Query, normed);
    at::Tensor query = apply(model, index, MatrixKind::Query, attention.query, normed)
                           .view({batch, length, config.heads, config.headDim});
    at::Tensor key = apply(model, index, MatrixKind::Key, attention.key, normed)
                         .view({batch, length, config.keyValueHeads, config.headDim});
    const at::Tensor value = apply(model, index, MatrixKind::Value, attention.value, normed)
                                 .view({batch, length, config.keyValueHeads, config.headDim});
    if (attention.queryNorm.defined()) query = norm(config, query, attention.queryNorm);
    if (attention.keyNorm.defined()) key = norm(config, key, attention.keyNorm);
    const std::int64_t scalar = config.queryScalar > 0 ? config.queryScalar : config.headDim;
    const AttentionOptions options{1.0 / std::sqrt(static_cast<double>(scalar)),
                                   layer.config.slidingWindow};
    KeyValueCache::KeysValues seen{splitHeads(key, rotary), splitHeads(value)};
    if (cache != nullptr) {
        const ModuleScope scope(Module::Copy);
        // Held in the weights' type, which is what decoding reads; computed with in the
        // activations'.
        seen = cache->append(index, seen.keys.to(model.dtype()), seen.values.to(model.dtype()));
        seen = {seen.keys.to(normed.scalar_type()), seen.values.to(normed.scalar_type())};
    }
    const at::Tensor heads =
        causalAttention(splitHeads(query, rotary), seen.keys, seen.values, options);
    if (model.inputObserver) model.inputObserver(index, MatrixKind::Output, heads);
    const at::Tensor output = apply(model, index, MatrixKind::Output, attention.output, heads);
    return layer.attentionOutputNorm.defined() ? norm(config, output, layer.attentionOutputNorm)
                                               : output;
}

at::Tensor runMlp(const Decoder& model, std::size_t index, const at::Tensor& normed) {
    const ModelConfig& config = model.config;
    const DecoderLayer& layer = model.layers[index];
    const Mlp& mlp = layer.mlp;
    if (model.inputObserver) model.inputObserver(index, MatrixKind::Gate, normed);
    at::Tensor gate, up;
    if (mlp.gateUp.isDefined()) {
        const auto halves =
            apply(model, index, MatrixKind::GateUp, mlp.gateUp, normed).chunk(2, -1);
        const ModuleScope scope(Module::Copy);
        gate = normed.is_cpu() ? halves[0].contiguous() : halves[0];
        up = normed.is_cpu() ? halves[1].contiguous() : halves[1];
    } else {
        gate = apply(model, index, MatrixKind::Gate, mlp.gate, normed);
        up = apply(model, index, MatrixKind::Up, mlp.up, normed);
    }
    const at::Tensor inner = gateMul(
        gate, up, traits(config.family).geluGate ? GateActivation::GeluTanh : GateActivation::Silu);
    if (model.inputObserver) model.inputObserver(index, MatrixKind::Down, inner);
    const at::Tensor output = apply(model, index, MatrixKind::Down, mlp.down, inner);
    return layer.mlpOutputNorm.defined() ? norm(config, output, layer.mlpOutputNorm) : output;
}

at::Tensor runLayer(const Decoder& model, std::size_t index, const at::Tensor& hidden,
                    const RotaryTable& rotary, KeyValueCache* cache) {
    const DecoderLayer& layer = model.layers[index];
    const at::Tensor middle = addToStream(
        hidden, layer.attentionShortcut,
        attend(model, index, streamNorm(model.config, hidden, layer.inputNorm), rotary, cache));
    return addToStream(
        middle, layer.mlpShortcut,
        runMlp(model, index, streamNorm(model.config, middle, layer.postAttentionNorm)));
}

}  // namespace

at::Tensor Decoder::runLayers(at::Tensor hidden, std::size_t begin, std::size_t end,
                              KeyValueCache* cache) const {
    const std::int64_t first = cache != nullptr && begin < end ? cache->length(begin) : 0;
    const auto table = [&](const RopeConfig& rope) {
        const ModuleScope scope(Module::Rotary);
        return rotaryTable(config, rope, hidden.size(1), hidden.device(), first);
    };
    const RotaryTable full = table(config.rope),
                      sliding = config.slidingRope ? table(*config.slidingRope) : full;
    for (std::size_t i = begin; i < end; ++i)
        hidden =
            runLayer(*this, i, hidden, layers[i].config.slidingWindow > 0 ? sliding : full, cache);
    return hidden;
}

at::Tensor Decoder::normalise(const at::Tensor& hidden) const {
    if (!outputProjection.defined()) return norm(config, hidden, finalNorm);
    const ModuleScope scope(Module::Residual);
    return norm(config, linearMap(hidden, outputProjection, {}), finalNorm);
}

at::Tensor Decoder::hiddenStates(const at::Tensor& ids) const {
    return normalise(runLayers(embed(ids), 0, layers.size()));
}

at::Tensor Decoder::logits(const at::Tensor& ids) const {
    const at::Tensor states = hiddenStates(ids);
    const ModuleScope scope(Module::Head);
    return linearMap(states, head, {});
}

std::array<LayerMatrix, 8> matricesOf(DecoderLayer& layer) {
    Attention& a = layer.attention;
    Mlp& m = layer.mlp;
    return {{{MatrixKind::Query, "self_attn.q_proj", &a.query},
             {MatrixKind::Key, "self_attn.k_proj", &a.key},
             {MatrixKind::Value, "self_attn.v_proj", &a.value},
             {MatrixKind::Output, "self_attn.o_proj", &a.output},
             {MatrixKind::Gate, "mlp.gate_proj", &m.gate},
             {MatrixKind::Up, "mlp.up_proj", &m.up},
             {MatrixKind::GateUp, "mlp.gate_up_proj", &m.gateUp},
             {MatrixKind::Down, "mlp.down_proj", &m.down}}};
}

namespace {

/// The matrices of a layer that are there.
std::vector<LayerMatrix> matricesOf(DecoderLayer& layer, const MatrixSelection& selection) {
    std::vector<LayerMatrix> all;
    for (const LayerMatrix& place : matricesOf(layer)) {
        const bool attention = place.kind >= MatrixKind::Query;
        if (place.linear->isDefined() && (attention ? selection.attention : selection.mlp))
            all.push_back(place);
    }
    return all;
}

}  // namespace

std::vector<Linear*> Decoder::matrices(const MatrixSelection& selection) {
    std::vector<Linear*> all;
    for (DecoderLayer& layer : layers)
        for (const LayerMatrix& each : matricesOf(layer, selection)) all.push_back(each.linear);
    return all;
}

std::vector<MatrixInfo> Decoder::matrixInfos(const MatrixSelection& selection) const {
    std::vector<MatrixInfo> infos;
    Decoder walk = *this;
    for (std::size_t i = 0; i < walk.layers.size(); ++i)
        for (const auto& [kind, name, linear] : matricesOf(walk.layers[i], selection))
            infos.push_back({linear->name(), LayerIndex(static_cast<std::int32_t>(i)), kind,
                             linear->rows(), linear->columns()});
    return infos;
}

namespace {

/// The mask of a matrix; all true where it has none.
at::Tensor maskOf(const Linear& linear) {
    if (const auto* masked = std::get_if<MaskedWeight>(&linear.form())) return masked->mask;
    return at::ones_like(linear.weight(), at::TensorOptions().dtype(at::kBool));
}

Linear stack(const Linear& gate, const Linear& up) {
    const std::string name = gate.name().substr(0, gate.name().rfind('.')) + ".gate_up_proj";
    const at::Tensor weight = at::cat({gate.weight(), up.weight()});
    const at::Tensor bias =
        gate.bias().defined() ? at::cat({gate.bias(), up.bias()}) : at::Tensor();
    if (gate.isDense() && up.isDense()) return {name, DenseWeight{weight}, bias};
    return {name, MaskedWeight{weight, at::cat({maskOf(gate), maskOf(up)})}, bias};
}

}  // namespace

Status Decoder::fuseGateUp() {
    return fuseGateUp(std::vector<bool>(layers.size(), true));
}

Status Decoder::fuseGateUp(const std::vector<bool>& chosen) {
    for (std::size_t i = 0; i < layers.size(); ++i)
        for (const Linear* linear : {&layers[i].mlp.gate, &layers[i].mlp.up})
            if (chosen[i] && linear->isDefined() && linear->rank() > 0)
                return fail(ErrorCode::InvalidInput,
                            strCat(linear->name(),
                                   " is factored, so gate and up cannot become one matrix; fuse "
                                   "before the first pruning"));
    for (std::size_t i = 0; i < layers.size(); ++i) {
        Mlp& mlp = layers[i].mlp;
        if (!chosen[i] || mlp.gateUp.isDefined()) continue;
        mlp.gateUp = stack(mlp.gate, mlp.up);
        mlp.gate = mlp.up = Linear();
    }
    return {};
}

void Decoder::dropLayers(const std::vector<std::size_t>& indices) {
    for (std::size_t i = 0; i < layers.size(); ++i)
        if (layers[i].config.source < 0) layers[i].config.source = static_cast<std::int64_t>(i);
    for (auto index = indices.rbegin(); index != indices.rend(); ++index)
        layers.erase(layers.begin() + static_cast<std::ptrdiff_t>(*index));
    config.layers.clear();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        config.layers.push_back(layers[i].config);
        for (const LayerMatrix& each : matricesOf(layers[i], kAllMatrices))
            each.linear->rename(strCat("model.layers.", i, ".", each.name));
    }
}

namespace {

/// Every tensor outside of matrices, defined or not, and every matrix.
void walk(Decoder& model, const Linear::Visitor& onTensor,
          const std::function<void(Linear&)>& onLinear) {
    const ModelConfig& config = model.config;
    const bool tied = config.tiedHead, outputNorms = traits(config.family).outputNorms;
    onTensor("model.embed_tokens.weight", model.embedding);
    if (tied) model.head = model.embedding;
    onTensor("model.entrance.weight", model.inputProjection);
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
        const std::string prefix = strCat("model.layers.", i, ".");
        DecoderLayer& layer = model.layers[i];
        onTensor(prefix + "input_layernorm.weight", layer.inputNorm);
        for (const LayerMatrix& each : matricesOf(layer, {false, true})) onLinear(*each.linear);
        onTensor(prefix + "self_attn.q_norm.weight", layer.attention.queryNorm);
        onTensor(prefix + "self_attn.k_norm.weight", layer.attention.keyNorm);
        onTensor(prefix + "attention_shortcut.weight", layer.attentionShortcut);
        if (outputNorms)
            onTensor(prefix + "post_attention_layernorm.weight", layer.attentionOutputNorm);
        onTensor(prefix + mlpNormName(config.family) + ".weight", layer.postAttentionNorm);
        for (const LayerMatrix& each : matricesOf(layer, {true, false})) onLinear(*each.linear);
        if (outputNorms)
            onTensor(prefix + "post_feedforward_layernorm.weight", layer.mlpOutputNorm);
        onTensor(prefix + "mlp_shortcut.weight", layer.mlpShortcut);
    }
    onTensor("model.exit.weight", model.outputProjection);
    onTensor("model.norm.weight", model.finalNorm);
    if (!tied) onTensor("lm_head.weight", model.head);
}

}  // namespace

void Decoder::visitParameters(const Linear::Visitor& visitor) {
    const auto defined = [&](const std::string& name, at::Tensor& tensor) {
        if (tensor.defined()) visitor(name, tensor);
    };
    walk(*this, defined, [&](Linear& linear) { linear.visitParameters(visitor); });
}

void Decoder::visitSlots(const Linear::Visitor& visitor) {
    walk(*this, visitor, [](Linear&) {});
}

std::int64_t Decoder::storedParameterCount() const {
    Decoder walk = *this;
    std::int64_t count = 0;
    walk.visitParameters([&](const std::string&, at::Tensor& tensor) { count += tensor.numel(); });
    for (Linear* linear : walk.matrices(kAllMatrices)) count -= linear->maskedZeros();
    return count;
}

std::int64_t Decoder::parameterCount() const {
    Decoder walk = *this;
    std::int64_t count = storedParameterCount();
    for (const Linear* linear : walk.matrices(kAllMatrices)) count -= linear->idleParameters();
    return count;
}

std::int64_t Decoder::parameterCount(const MatrixSelection& selection) const {
    Decoder walk = *this;
    std::int64_t count = 0;
    for (const Linear* linear : walk.matrices(selection)) count += linear->parameterCount();
    return count;
}

Decoder Decoder::to(at::Device device, at::ScalarType dtype) const {
    Decoder copy = *this;
    copy.visitParameters([&](const std::string&, at::Tensor& tensor) {
        tensor = tensor.detach().to(device, dtype);
    });
    for (Linear* linear : copy.matrices(kAllMatrices)) {
        if (const auto* masked = std::get_if<MaskedWeight>(&linear->form()))
            linear->replace(MaskedWeight{masked->weight, masked->mask.to(device)});
        if (const auto* block = std::get_if<IdentityBlockWeight>(&linear->form()))
            linear->replace(
                IdentityBlockWeight{block->c.to(device, dtype), block->b, block->order.to(device)});
    }
    if (copy.config.tiedHead) copy.head = copy.embedding;
    return copy;
}

Decoder Decoder::clone() const {
    Decoder copy = *this;
    copy.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor = tensor.detach().clone(); });
    if (copy.config.tiedHead) copy.head = copy.embedding;
    return copy;
}

}  // namespace skd
