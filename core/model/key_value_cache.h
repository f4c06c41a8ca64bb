#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "model/config/model_config.h"

namespace skd {

/// Keys and values of the tokens that a decoder has read, per layer, so that the next token is one
/// position of work. Copying copies handles that share storage; use repeat for several
/// continuations.
class KeyValueCache {
public:
    /// `capacity`: tokens to make room for at first; buffers grow as needed.
    explicit KeyValueCache(const std::vector<LayerConfig>& layers, std::int64_t capacity = 0);

    /// [batch, kv heads, tokens, head_dim]
    struct KeysValues {
        at::Tensor keys, values;
    };
    /// Keeps keys and values of the next positions of a layer and returns those that they may see,
    /// themselves last: all, or of a layer with a sliding window the last window - 1 before them.
    KeysValues append(std::size_t layer, const at::Tensor& keys, const at::Tensor& values);

    /// Room for the next `tokens` positions, counted as read: positions [begin, end) of the buffers
    /// are what they may see, and the last `tokens` of these are still to be written. `like` has
    /// the shape of keys to append.
    struct Room {
        at::Tensor keys, values;  ///< [batch, kv heads, capacity, head_dim]
        std::int64_t begin = 0, end = 0;
    };
    Room extend(std::size_t layer, const at::Tensor& like);

    /// Positions that a layer has read.
    [[nodiscard]] std::int64_t length(std::size_t layer = 0) const { return m_layers[layer].read; }
    /// Every sequence `times` times, side by side: several continuations of one prompt.
    void repeat(std::int64_t times);
    [[nodiscard]] std::int64_t bytes() const;

private:
    struct Layer {
        std::int64_t window = 0, read = 0;
        std::int64_t begin = 0, end = 0;  ///< part of the buffers that is in use
        at::Tensor keys, values;          ///< [batch, kv heads, capacity, head_dim]
    };
    void makeRoom(Layer& layer, const at::Tensor& like, std::int64_t tokens) const;

    std::vector<Layer> m_layers;
    std::int64_t m_capacity = 0;
};

}  // namespace skd
