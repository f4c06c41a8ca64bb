#include "bench/plain_decoder.h"

#include <c10/core/GradMode.h>

#include <cmath>

#include "model/layer_ops.h"

namespace skd::bench {
namespace {

at::Tensor plainMap(const Linear& linear, const at::Tensor& x) {
    return linear.bias().defined() ? at::linear(x, linear.weight(), linear.bias())
                                   : at::linear(x, linear.weight());
}

constexpr double kPlainRate = 1e-9, kClip = 1.0;

}  // namespace

Result<PlainDecoder> PlainDecoder::of(const Decoder& model) {
    bool narrowed = model.inputProjection.defined() || model.outputProjection.defined();
    for (const DecoderLayer& layer : model.layers)
        narrowed |= layer.attentionShortcut.defined() || layer.mlpShortcut.defined();
    if (narrowed)
        return fail(ErrorCode::Unsupported,
                    "the bench has no reference path for a narrowed residual stream; give a model "
                    "that SliceGPT did not prune");
    Decoder own = model.to(at::kCPU, model.activationDtype());
    own.computeDtype.reset();
    if (own.config.tiedHead) own.head = own.embedding;
    return PlainDecoder(std::move(own));
}

at::Tensor PlainDecoder::norm(const at::Tensor& x, const at::Tensor& weight) const {
    return reference::rmsNorm(x, weight, m_model.config.normEpsilon,
                              traits(m_model.config.family).offsetNorms ? 1.0 : 0.0);
}

at::Tensor PlainDecoder::attend(std::size_t index, const at::Tensor& x, const RotaryTable& rotary,
                                Cache* cache) const {
    const ModelConfig& config = m_model.config;
    const DecoderLayer& layer = m_model.layers[index];
    const Attention& a = layer.attention;
    const std::int64_t batch = x.size(0), length = x.size(1);
    const auto heads = [&](const Linear& linear, std::int64_t count) {
        return plainMap(linear, x).view({batch, length, count, config.headDim});
    };
    at::Tensor query = heads(a.query, config.heads), key = heads(a.key, config.keyValueHeads);
    if (a.queryNorm.defined()) query = norm(query, a.queryNorm);
    if (a.keyNorm.defined()) key = norm(key, a.keyNorm);
    query = reference::splitHeads(query, &rotary);
    key = reference::splitHeads(key, &rotary);
    at::Tensor value = heads(a.value, config.keyValueHeads).transpose(1, 2);
    if (cache != nullptr) {
        auto& [keys, values] = (*cache)[index];
        key = keys = keys.defined() ? at::cat({keys, key}, 2) : key;
        value = values = values.defined() ? at::cat({values, value}, 2) : value;
    }
    const std::int64_t scalar = config.queryScalar > 0 ? config.queryScalar : config.headDim,
                       window = layer.config.slidingWindow;
    const double scale = 1.0 / std::sqrt(static_cast<double>(scalar));
    at::Tensor mixed;
    if (window > 0 && window < key.size(2))
        mixed = reference::causalAttention(query, key, value, {scale, window});
    else
        mixed = at::scaled_dot_product_attention(query, key, value, {}, 0.0, length > 1, scale,
                                                 config.heads != config.keyValueHeads)
                    .transpose(1, 2)
                    .reshape({batch, length, config.heads * config.headDim});
    const at::Tensor output = plainMap(a.output, mixed);
    return layer.attentionOutputNorm.defined() ? norm(output, layer.attentionOutputNorm) : output;
}

at::Tensor PlainDecoder::runMlp(std::size_t index, const at::Tensor& x) const {
    const DecoderLayer& layer = m_model.layers[index];
    const Mlp& mlp = layer.mlp;
    at::Tensor gate, up;
    if (mlp.gateUp.isDefined()) {
        const auto halves = plainMap(mlp.gateUp, x).chunk(2, -1);
        gate = halves[0];
        up = halves[1];
    } else {
        gate = plainMap(mlp.gate, x);
        up = plainMap(mlp.up, x);
    }
    const auto activation =
        traits(m_model.config.family).geluGate ? GateActivation::GeluTanh : GateActivation::Silu;
    const at::Tensor output = plainMap(mlp.down, reference::gateMul(gate, up, activation));
    return layer.mlpOutputNorm.defined() ? norm(output, layer.mlpOutputNorm) : output;
}

at::Tensor PlainDecoder::hiddenStates(const at::Tensor& ids, Cache* cache) const {
    const ModelConfig& config = m_model.config;
    if (cache != nullptr && cache->empty()) cache->resize(m_model.layers.size());
    const std::int64_t read =
        cache != nullptr && cache->front().first.defined() ? cache->front().first.size(2) : 0;
    at::Tensor hidden = m_model.embed(ids);
    const RotaryTable full = rotaryTable(config, config.rope, ids.size(1), at::kCPU, read),
                      sliding = config.slidingRope ? rotaryTable(config, *config.slidingRope,
                                                                 ids.size(1), at::kCPU, read)
                                                   : full;
    for (std::size_t i = 0; i < m_model.layers.size(); ++i) {
        const DecoderLayer& layer = m_model.layers[i];
        const RotaryTable& rotary = layer.config.slidingWindow > 0 ? sliding : full;
        hidden = hidden + attend(i, norm(hidden, layer.inputNorm), rotary, cache);
        hidden = hidden + runMlp(i, norm(hidden, layer.postAttentionNorm));
    }
    return norm(hidden, m_model.finalNorm);
}

at::Tensor PlainDecoder::logits(const at::Tensor& hidden) const {
    return at::linear(hidden, m_model.head);
}

double PlainDecoder::nll(const at::Tensor& ids) const {
    const c10::NoGradGuard noGradient;
    const at::Tensor hidden = hiddenStates(ids.unsqueeze(0))[0];
    const std::int64_t scored = ids.size(0) - 1;
    return at::cross_entropy_loss(logits(hidden.narrow(0, 0, scored)).to(at::kFloat),
                                  ids.narrow(0, 1, scored), {}, at::Reduction::Sum)
        .item<double>();
}

Result<PlainTrainer> PlainTrainer::of(const Decoder& model) {
    Decoder copy = model.clone();
    for (DecoderLayer& layer : copy.layers)
        for (const LayerMatrix& place : matricesOf(layer))
            if (place.linear->isDefined() && !place.linear->isDense())
                return fail(ErrorCode::Unsupported,
                            "the bench trains dense models; give one that is not pruned");
    SKD_TRY(PlainDecoder decoder, PlainDecoder::of(copy));
    return PlainTrainer(std::move(decoder));
}

PlainTrainer::PlainTrainer(PlainDecoder decoder) : m_decoder(std::move(decoder)) {
    m_decoder.model().visitParameters([&](const std::string&, at::Tensor& tensor) {
        tensor = tensor.detach().clone().requires_grad_();
        m_parameters.push_back(tensor);
        m_means.push_back(at::zeros_like(tensor).detach());
        m_squares.push_back(at::zeros_like(tensor).detach());
        m_steps.push_back(at::ones({}, at::kFloat));
    });
    Decoder& model = m_decoder.model();
    if (model.config.tiedHead) model.head = model.embedding;
}

void PlainTrainer::step(const at::Tensor& ids, const at::Tensor& labels,
                        const TeacherRows& teacher) {
    const c10::AutoGradMode withGradient(true);
    const Decoder& model = m_decoder.model();
    const at::Tensor hidden = m_decoder.hiddenStates(ids).flatten(0, 1);
    HeadInput input{hidden.detach(), model.head.detach(), labels, teacher, {}, {}};
    at::Tensor headGradient = at::zeros(model.head.sizes(), at::kFloat);
    const HeadLoss loss = headLossReference(
        input, {.alpha = 0.5, .temperature = 2, .tokens = static_cast<double>(labels.numel())},
        headGradient);
    hidden.backward(loss.hiddenGradient);
    const c10::NoGradGuard noGradient;
    at::Tensor& head = model.head.mutable_grad();
    const at::Tensor ofHead = headGradient.to(model.head.scalar_type());
    head = head.defined() ? head.add_(ofHead) : ofHead;
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : m_parameters) gradients.push_back(parameter.grad());
    std::vector<at::Tensor> norms = at::_foreach_norm(gradients), none;
    const double norm = at::stack(norms).to(at::kFloat).norm().item<double>();
    if (norm > kClip) at::_foreach_mul_(gradients, kClip / norm);
    at::_foreach_add_(m_steps, 1);
    at::_fused_adamw_(m_parameters, gradients, m_means, m_squares, none, m_steps, kPlainRate, 0.9,
                      0.999, 0.01, 1e-8, false, false);
    for (at::Tensor& parameter : m_parameters) parameter.mutable_grad().reset();
}

}  // namespace skd::bench
