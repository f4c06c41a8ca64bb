#include "model/key_value_cache.h"

#include <algorithm>

namespace skd {
namespace {

constexpr std::int64_t kSmallest = 64;

at::Tensor moved(const at::Tensor& buffer, const at::Tensor& like, std::int64_t begin,
                 std::int64_t held, std::int64_t capacity) {
    at::Tensor larger =
        at::empty({like.size(0), like.size(1), capacity, like.size(3)}, like.options());
    if (held > 0) larger.narrow(2, 0, held).copy_(buffer.narrow(2, begin, held));
    return larger;
}

}  // namespace

KeyValueCache::KeyValueCache(const std::vector<LayerConfig>& layers, std::int64_t capacity)
    : m_layers(layers.size()), m_capacity(capacity) {
    for (std::size_t i = 0; i < layers.size(); ++i) m_layers[i].window = layers[i].slidingWindow;
}

void KeyValueCache::makeRoom(Layer& layer, const at::Tensor& like, std::int64_t tokens) const {
    const std::int64_t held = layer.end - layer.begin;
    if (layer.keys.defined() && layer.end + tokens <= layer.keys.size(2)) return;
    // Twice what is there, so that moving it costs a constant per token.
    std::int64_t capacity = std::max(2 * held + tokens, kSmallest);
    if (layer.window == 0) capacity = std::max(capacity, m_capacity);
    layer.keys = moved(layer.keys, like, layer.begin, held, capacity);
    layer.values = moved(layer.values, like, layer.begin, held, capacity);
    layer.begin = 0;
    layer.end = held;
}

KeyValueCache::Room KeyValueCache::extend(std::size_t index, const at::Tensor& like) {
    Layer& layer = m_layers[index];
    const std::int64_t tokens = like.size(2);
    if (layer.window > 0) layer.begin = std::max(layer.begin, layer.end - (layer.window - 1));
    makeRoom(layer, like, tokens);
    layer.end += tokens;
    layer.read += tokens;
    return {layer.keys, layer.values, layer.begin, layer.end};
}

KeyValueCache::KeysValues KeyValueCache::append(std::size_t index, const at::Tensor& keys,
                                                const at::Tensor& values) {
    const Room room = extend(index, keys);
    const std::int64_t tokens = keys.size(2), visible = room.end - room.begin;
    room.keys.narrow(2, room.end - tokens, tokens).copy_(keys);
    room.values.narrow(2, room.end - tokens, tokens).copy_(values);
    return {room.keys.narrow(2, room.begin, visible), room.values.narrow(2, room.begin, visible)};
}

void KeyValueCache::repeat(std::int64_t times) {
    for (Layer& layer : m_layers) {
        if (!layer.keys.defined()) continue;
        layer.keys = layer.keys.repeat_interleave(times, 0);
        layer.values = layer.values.repeat_interleave(times, 0);
    }
}

std::int64_t KeyValueCache::bytes() const {
    std::int64_t total = 0;
    for (const Layer& layer : m_layers)
        if (layer.keys.defined())
            total += static_cast<std::int64_t>(layer.keys.nbytes() + layer.values.nbytes());
    return total;
}

}  // namespace skd
