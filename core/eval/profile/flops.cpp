#include "eval/profile/flops.h"

#include <algorithm>

namespace skd {
namespace {

double perToken(const Linear& linear) {
    if (!linear.isDefined()) return 0;
    return 2 * static_cast<double>(linear.multiplyAdds());
}

double perToken(const at::Tensor& map) {
    return map.defined() ? 2 * static_cast<double>(map.numel()) : 0;
}

/// Pairs of a query and a key that it sees in a text: query q sees min(q + 1, window) keys.
double visiblePairs(std::int64_t length, std::int64_t window) {
    const auto full = static_cast<double>(window > 0 ? std::min(window, length) : length);
    return full * (full + 1) / 2 + (static_cast<double>(length) - full) * full;
}

}  // namespace

std::map<Module, double> forwardFlops(const Decoder& model, std::int64_t batch,
                                      std::int64_t length) {
    const double texts = static_cast<double>(batch), tokens = texts * static_cast<double>(length);
    std::map<Module, double> flops;
    const auto add = [&](Module module, double count) {
        if (count > 0) flops[module] += count;
    };
    for (const DecoderLayer& layer : model.layers) {
        const Attention& attention = layer.attention;
        const Mlp& mlp = layer.mlp;
        for (const auto& [module, linear] : std::initializer_list<std::pair<Module, const Linear*>>{
                 {Module::AttentionQuery, &attention.query},
                 {Module::AttentionKey, &attention.key},
                 {Module::AttentionValue, &attention.value},
                 {Module::AttentionOutput, &attention.output},
                 {Module::MlpGate, &mlp.gate},
                 {Module::MlpUp, &mlp.up},
                 {Module::MlpGateUp, &mlp.gateUp},
                 {Module::MlpDown, &mlp.down}})
            add(module, tokens * perToken(*linear));
        // Scores and the weighted sum of values: two products of head_dim per visible pair and
        // head.
        const double pairs = visiblePairs(length, layer.config.slidingWindow);
        add(Module::Attention,
            texts * 4 * static_cast<double>(model.config.heads * model.config.headDim) * pairs);
        add(Module::Residual,
            tokens * (perToken(layer.attentionShortcut) + perToken(layer.mlpShortcut)));
    }
    add(Module::Embedding, tokens * perToken(model.inputProjection));
    add(Module::Residual, tokens * perToken(model.outputProjection));
    add(Module::Head, tokens * perToken(model.head));
    return flops;
}

}  // namespace skd
