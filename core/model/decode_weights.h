#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "kernels/simd.h"
#include "model/decoder.h"
#include "model/elements.h"
#include "model/key_value_cache.h"
#include "model/rotary.h"

/// What one step of decoding reads, as plain pointers. W is how weights, keys and values are held,
/// T the type of activations.
namespace skd::decode {

template <class T>
struct Matrix {
    const T* data = nullptr;
    std::int64_t rows = 0, columns = 0;
};
template <class T>
Matrix<T> matrixOf(const at::Tensor& tensor) {
    return {elements<T>(tensor), tensor.size(0), tensor.size(1)};
}

/// A Linear as it is read: y = outer x + bias, or y = outer (inner x) + bias, or z = inner x and
/// outer z in the places that `order` says, + bias.
template <class T>
struct Map {
    Matrix<T> inner, outer;  ///< inner.data is null where the map is not factored
    const T* bias = nullptr;
    /// [rows] of an identity block: the place of a row in [z; outer z], rising within either part.
    const std::int32_t* order = nullptr;
    std::int64_t rows = 0;  ///< of the output
    [[nodiscard]] bool isFactored() const { return inner.data != nullptr; }

    /// What of `outer` the rows [begin, end) of an identity block need.
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> outerRows(std::int64_t begin,
                                                                  std::int64_t end) const {
        while (begin < end && order[begin] < inner.rows) ++begin;
        while (begin < end && order[end - 1] < inner.rows) --end;
        if (begin >= end) return {0, 0};
        return {order[begin] - inner.rows, order[end - 1] - inner.rows + 1};
    }
};
template <class T>
Map<T> mapOf(const Linear& linear) {
    Map<T> map;
    map.bias = elements<T>(linear.bias());
    if (const auto* factors = std::get_if<LowRankWeight>(&linear.form())) {
        map.inner = matrixOf<T>(factors->b);
        map.outer = matrixOf<T>(factors->a);
    } else if (const auto* block = std::get_if<IdentityBlockWeight>(&linear.form())) {
        map.inner = matrixOf<T>(block->b);
        map.outer = matrixOf<T>(block->c);
        map.order = block->order.const_data_ptr<std::int32_t>();
    } else {
        map.outer = matrixOf<T>(linear.weight());  // a masked weight is zero where it is masked
    }
    map.rows = linear.rows();
    return map;
}

/// Everything of a layer as it is read, so that threads need not ask tensors.
template <class W, class T>
struct Layer {
    const T *inputNorm, *postAttentionNorm, *queryNorm, *keyNorm, *attentionOutputNorm,
        *mlpOutputNorm;
    Map<W> query, key, value, output, gate, up, down;
    W *keys, *values;  ///< of the cache, [batch, kv heads, capacity, head_dim]
    std::int64_t capacity, begin, end;
    const RotaryTable* rotary;
};

/// Every layer, norm and rotary table of a model, and the place of the next position in the cache.
/// Model and cache must outlive it.
template <class W, class T>
class Weights {
public:
    /// Makes room in `cache` for one more position of each of `batch` sequences.
    Weights(const Decoder& model, std::int64_t batch, KeyValueCache& cache)
        : m_config(model.config), m_batch(batch), m_head(matrixOf<W>(model.head)) {
        const std::int64_t position = cache.length();
        m_full = rotaryTable(m_config, m_config.rope, 1, at::kCPU, position);
        m_sliding = m_config.slidingRope
                        ? rotaryTable(m_config, *m_config.slidingRope, 1, at::kCPU, position)
                        : m_full;
        readLayers(model, cache);
        m_finalNorm = normOf(model.finalNorm);
    }
    Weights(const Weights&) = delete;  // layers point to the rotary tables
    Weights& operator=(const Weights&) = delete;

    [[nodiscard]] const std::vector<Layer<W, T>>& layers() const { return m_layers; }
    [[nodiscard]] const T* finalNorm() const { return m_finalNorm; }
    [[nodiscard]] const Matrix<W>& head() const { return m_head; }

private:
    /// The weights of a norm as they are read; null where the family has none.
    const T* normOf(const at::Tensor& weight) {
        if constexpr (std::is_same_v<W, T>) {
            return elements<T>(weight);
        } else {
            if (!weight.defined()) return nullptr;
            std::vector<T>& wide = m_norms.emplace_back();
            const W* values = elements<W>(weight);
            for (std::int64_t i = 0; i < weight.numel(); ++i) wide.push_back(toFloat(values[i]));
            return wide.data();
        }
    }

    void readLayers(const Decoder& model, KeyValueCache& cache) {
        const at::Tensor like =
            at::empty({m_batch, m_config.keyValueHeads, 1, m_config.headDim}, model.head.options());
        m_layers.reserve(model.layers.size());
        for (std::size_t i = 0; i < model.layers.size(); ++i) {
            const DecoderLayer& source = model.layers[i];
            const Attention& a = source.attention;
            const Mlp& mlp = source.mlp;
            const KeyValueCache::Room room = cache.extend(i, like);
            Layer<W, T> layer{normOf(source.inputNorm),
                              normOf(source.postAttentionNorm),
                              normOf(a.queryNorm),
                              normOf(a.keyNorm),
                              normOf(source.attentionOutputNorm),
                              normOf(source.mlpOutputNorm),
                              mapOf<W>(a.query),
                              mapOf<W>(a.key),
                              mapOf<W>(a.value),
                              mapOf<W>(a.output),
                              {},
                              {},
                              mapOf<W>(mlp.down),
                              elements<W>(room.keys),
                              elements<W>(room.values),
                              room.keys.size(2),
                              room.begin,
                              room.end,
                              source.config.slidingWindow > 0 ? &m_sliding : &m_full};
            readGateUp(mlp, layer);
            m_layers.push_back(layer);
        }
    }

    /// gate and up, also where they are one matrix.
    void readGateUp(const Mlp& mlp, Layer<W, T>& layer) const {
        if (!mlp.gateUp.isDefined()) {
            layer.gate = mapOf<W>(mlp.gate);
            layer.up = mapOf<W>(mlp.up);
            return;
        }
        const Map<W> both = mapOf<W>(mlp.gateUp);
        const std::int64_t rows = both.rows / 2;
        layer.gate = layer.up = both;
        layer.gate.rows = layer.up.rows = rows;
        if (both.order != nullptr) {
            layer.up.order += rows;
        } else {
            layer.gate.outer.rows = layer.up.outer.rows = rows;
            layer.up.outer.data += rows * both.outer.columns;
        }
        if (both.bias != nullptr) layer.up.bias += rows;
    }

    const ModelConfig& m_config;
    std::int64_t m_batch;
    Matrix<W> m_head;
    RotaryTable m_full, m_sliding;
    std::vector<Layer<W, T>> m_layers;
    /// Weights of norms in the activations' type, where they are held in another.
    std::vector<std::vector<T>> m_norms;
    const T* m_finalNorm = nullptr;
};

}  // namespace skd::decode
