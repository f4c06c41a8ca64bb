#include "model/decode_step.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "kernels/gemv_kernels.h"
#include "kernels/layer_kernels.h"
#include "kernels/simd.h"
#include "kernels/thread_team.h"
#include "model/decode_weights.h"
#include "model/rotary.h"

namespace skd {
namespace {

using decode::Layer;
using decode::Map;
using decode::Matrix;
using decode::Weights;

constexpr std::int64_t kLargestBatch = 8;

/// Buffers of one thread.
template <class T>
struct ThreadBuffers {
    T* row;           ///< [batch, widest]: a normalised stream
    float* wide;      ///< [batch, widest]: what a product reads
    float* wideRank;  ///< the same, of the inner vectors of factors
    float* scores;    ///< [heads per kv head, longest]
};

/// W is how weights, keys and values are held, T the type of activations.
template <class W, class T>
class Step {
public:
    Step(const Decoder& model, const at::Tensor& ids, KeyValueCache& cache)
        : m_config(model.config),
          m_batch(ids.size(0)),
          m_offset(traits(m_config.family).offsetNorms ? 1.0f : 0.0f),
          m_activation(traits(m_config.family).geluGate ? kernels::GateActivation::GeluTanh
                                                        : kernels::GateActivation::Silu),
          m_queryWidth(m_config.heads * m_config.headDim),
          m_keyWidth(m_config.keyValueHeads * m_config.headDim),
          m_hidden(model.embed(ids).contiguous()),
          m_weights(model, m_batch, cache) {
        for (const Layer<W, T>& layer : m_weights.layers()) measure(layer);
        makeBuffers();
    }

    at::Tensor run() {
        onTeam([this](const TeamMember& member) {
            ThreadBuffers<T> own = buffersOf(member.index());
            for (const Layer<W, T>& layer : m_weights.layers()) {
                attend(layer, own, member);
                runMlp(layer, own, member);
            }
            predict(own, member);
        });
        return m_logits;
    }

private:
    void measure(const Layer<W, T>& layer) {
        m_inner = std::max(m_inner, layer.gate.rows);
        m_longest = std::max(m_longest, layer.end - layer.begin);
        for (const Map<W>* map : {&layer.query, &layer.key, &layer.value, &layer.output,
                                  &layer.gate, &layer.up, &layer.down}) {
            m_rank = std::max(m_rank, map->inner.rows);
            if (map->order != nullptr) m_rest = std::max(m_rest, map->outer.rows);
        }
    }

    void makeBuffers() {
        m_widest = std::max({m_config.hiddenSize, m_queryWidth, m_inner});
        const auto options = m_hidden.options();
        const std::int64_t perGroup = m_config.heads / m_config.keyValueHeads,
                           threads = at::get_num_threads();
        m_shared = at::empty({m_batch * (3 * m_queryWidth + 2 * m_keyWidth + m_config.hiddenSize +
                                         3 * m_inner + 3 * m_rank + 3 * m_rest)},
                             options);
        T* next = elements<T>(m_shared);
        const auto take = [&next, this](std::int64_t width) {
            return std::exchange(next, next + m_batch * width);
        };
        m_query = take(m_queryWidth);
        m_rotated = take(m_queryWidth);
        m_heads = take(m_queryWidth);
        m_key = take(m_keyWidth);
        m_value = take(m_keyWidth);
        m_output = take(m_config.hiddenSize);
        for (T** buffer : {&m_gate, &m_up, &m_gated}) *buffer = take(m_inner);
        for (T*& buffer : m_ranks) buffer = take(m_rank);
        for (T*& buffer : m_rests) buffer = take(m_rest);
        m_rows = at::empty({threads, m_batch * m_widest}, options);
        m_wide = at::empty({threads, m_batch * (m_widest + m_rank) + perGroup * m_longest},
                           options.dtype(at::kFloat));
        m_logits = at::empty({m_batch, m_weights.head().rows}, options.dtype(at::kFloat));
    }

    [[nodiscard]] ThreadBuffers<T> buffersOf(int thread) const {
        auto* wide = elements<float>(m_wide) + thread * m_wide.size(1);
        return {elements<T>(m_rows) + thread * m_rows.size(1), wide, wide + m_batch * m_widest,
                wide + m_batch * (m_widest + m_rank)};
    }

    // Every function below runs on all threads of the team at once.

    void widen(const T* from, std::int64_t width, float* to) const {
        for (std::int64_t i = 0; i < m_batch * width; ++i) to[i] = toFloat(from[i]);
    }

    /// The normalised stream, for a product to read.
    void normalise(const T* stream, const T* weight, ThreadBuffers<T>& own) const {
        const std::int64_t width = m_config.hiddenSize;
        kernels::rmsNorm(stream, weight, own.row, nullptr, m_batch, width,
                         static_cast<float>(m_config.normEpsilon), m_offset);
        widen(own.row, width, own.wide);
    }

    template <class Output>
    void multiply(const Matrix<W>& matrix, const W* bias, const float* x, Output* y,
                  const TeamMember& member) const {
        const auto [begin, end] = member.share(matrix.rows, 4);
        kernels::rowProduct(kernels::RowProduct<W, Output>{matrix.data, matrix.columns, x, m_batch,
                                                           bias, y, matrix.rows},
                            begin, end);
    }

    struct Task {
        const Map<W>& map;
        T* target;  ///< [batch, rows]
    };
    /// Several maps of own.wide; each thread fills its rows of each target.
    void apply(std::initializer_list<Task> tasks, ThreadBuffers<T>& own, const TeamMember& member) {
        bool factored = false;
        std::size_t index = 0;
        std::array<const T*, 3> inners{};  // gate and up that are one matrix have one between them
        const W* before = nullptr;
        for (const Task& task : tasks) {
            const Matrix<W>& inner = task.map.inner;
            const bool known = inner.data != nullptr && inner.data == before;
            inners[index] = known ? inners[index - 1] : m_ranks[index];
            if (task.map.isFactored() && !known) {
                multiply(inner, nullptr, own.wide, m_ranks[index], member);
                factored = true;
            }
            before = inner.data;
            ++index;
        }
        if (factored) member.meet();
        index = 0;
        for (const Task& task : tasks) {
            const T* inner = inners[index];
            T* rest = m_rests[index++];
            if (task.map.isFactored()) widen(inner, task.map.inner.rows, own.wideRank);
            if (task.map.order != nullptr) {
                completeBlock(task, inner, rest, own, member);
                continue;
            }
            multiply(task.map.outer, task.map.bias, task.map.isFactored() ? own.wideRank : own.wide,
                     task.target, member);
        }
    }

    /// The thread's rows of an identity block: those of `inner` as they are, the others of the
    /// outer product.
    void completeBlock(const Task& task, const T* inner, T* rest, const ThreadBuffers<T>& own,
                       const TeamMember& member) const {
        const Map<W>& map = task.map;
        const std::int64_t rank = map.inner.rows, others = map.outer.rows;
        const auto [begin, end] = member.share(map.rows, 4);
        const auto [first, last] = map.outerRows(begin, end);
        kernels::rowProduct(kernels::RowProduct<W, T>{map.outer.data, rank, own.wideRank, m_batch,
                                                      nullptr, rest, others},
                            first, last);
        for (std::int64_t b = 0; b < m_batch; ++b)
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t place = map.order[i];
                const T value =
                    place < rank ? inner[b * rank + place] : rest[b * others + place - rank];
                T& target = task.target[b * map.rows + i];
                if (map.bias == nullptr)
                    target = value;
                else
                    store(target, toFloat(value) + toFloat(map.bias[i]));
            }
    }

    /// stream += map(own.wide), normalised first where the family does so.
    void addOutput(const Map<W>& map, const T* norm, ThreadBuffers<T>& own,
                   const TeamMember& member) {
        apply({{map, m_output}}, own, member);
        const std::int64_t width = m_config.hiddenSize;
        const T* output = m_output;
        if (norm != nullptr) {
            member.meet();
            kernels::rmsNorm(m_output, norm, own.row, nullptr, m_batch, width,
                             static_cast<float>(m_config.normEpsilon), m_offset);
            output = own.row;
        }
        T* stream = elements<T>(m_hidden);
        const auto [begin, end] = member.share(width, 4);
        for (std::int64_t b = 0; b < m_batch; ++b)
            for (std::int64_t i = b * width + begin; i < b * width + end; ++i)
                store(stream[i], toFloat(stream[i]) + toFloat(output[i]));
        member.meet();
    }

    void attend(const Layer<W, T>& layer, ThreadBuffers<T>& own, const TeamMember& member) {
        normalise(elements<T>(m_hidden), layer.inputNorm, own);
        apply({{layer.query, m_query}, {layer.key, m_key}, {layer.value, m_value}}, own, member);
        member.meet();
        placeHeads(layer, own, member);
        member.meet();
        attendHeads(layer, own, member);
        member.meet();
        widen(m_heads, m_queryWidth, own.wide);
        addOutput(layer.output, layer.attentionOutputNorm, own, member);
    }

    /// Where the newest position of a sequence and kv head lies in the cache.
    [[nodiscard]] std::int64_t newest(const Layer<W, T>& layer, std::int64_t sequence,
                                      std::int64_t head) const {
        return ((sequence * m_config.keyValueHeads + head) * layer.capacity + layer.end - 1) *
               m_config.headDim;
    }

    /// Normalises heads where the family does so, turns queries and keys, puts keys and values into
    /// the cache.
    void placeHeads(const Layer<W, T>& layer, ThreadBuffers<T>& own, const TeamMember& member) {
        const std::int64_t all = m_config.heads + 2 * m_config.keyValueHeads,
                           dim = m_config.headDim;
        const auto [begin, end] = member.share(m_batch * all);
        for (std::int64_t unit = begin; unit < end; ++unit) {
            const std::int64_t sequence = unit / all, head = unit % all,
                               keyHead = head - m_config.heads,
                               valueHead = keyHead - m_config.keyValueHeads;
            if (keyHead < 0) {
                const std::int64_t at = sequence * m_queryWidth + head * dim;
                rotate(m_query + at, layer.queryNorm, *layer.rotary, m_rotated + at);
            } else if (valueHead < 0) {
                rotate(m_key + sequence * m_keyWidth + keyHead * dim, layer.keyNorm, *layer.rotary,
                       own.row);
                hold(own.row, layer.keys + newest(layer, sequence, keyHead));
            } else {
                hold(m_value + sequence * m_keyWidth + valueHead * dim,
                     layer.values + newest(layer, sequence, valueHead));
            }
        }
    }

    /// A head's numbers as the cache holds them.
    void hold(const T* head, W* place) const {
        for (std::int64_t i = 0; i < m_config.headDim; ++i) store(place[i], toFloat(head[i]));
    }

    void rotate(T* head, const T* norm, const RotaryTable& rotary, T* target) const {
        const std::int64_t dim = m_config.headDim;
        if (norm != nullptr)
            kernels::rmsNorm(head, norm, head, nullptr, 1, dim,
                             static_cast<float>(m_config.normEpsilon), m_offset);
        const kernels::HeadLayout layout{1,
                                         1,
                                         dim,
                                         rotary.cos.size(1),
                                         elements<float>(rotary.cos),
                                         elements<float>(rotary.sin)};
        kernels::moveHeads(static_cast<const T*>(head), target, layout, kernels::HeadMove::Split, 0,
                           1);
    }

    void attendHeads(const Layer<W, T>& layer, ThreadBuffers<T>& own, const TeamMember& member) {
        const std::int64_t dim = m_config.headDim, groups = m_config.keyValueHeads,
                           perGroup = m_config.heads / groups, visible = layer.end - layer.begin;
        const std::int64_t scalar = m_config.queryScalar > 0 ? m_config.queryScalar : dim;
        const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(scalar)));
        const auto [begin, end] = member.share(m_batch * groups);
        for (std::int64_t unit = begin; unit < end; ++unit) {
            const std::int64_t first =
                (unit / groups) * m_queryWidth + (unit % groups) * perGroup * dim;
            const std::int64_t past = (unit * layer.capacity + layer.begin) * dim;
            for (std::int64_t i = 0; i < perGroup * dim; ++i)
                own.wide[i] = toFloat(m_rotated[first + i]);
            kernels::rowProduct(
                kernels::RowProduct<W, float>{layer.keys + past, dim, own.wide, perGroup, nullptr,
                                              own.scores, visible},
                0, visible);
            kernels::softmaxRows(own.scores, perGroup, visible, scale);
            for (std::int64_t h = 0; h < perGroup; ++h)
                kernels::weightedSum(
                    kernels::WeightedSum<W, T>{layer.values + past, dim, own.scores + h * visible,
                                               visible, m_heads + first + h * dim},
                    0, dim);
        }
    }

    void runMlp(const Layer<W, T>& layer, ThreadBuffers<T>& own, const TeamMember& member) {
        const std::int64_t width = layer.gate.rows;
        normalise(elements<T>(m_hidden), layer.postAttentionNorm, own);
        apply({{layer.gate, m_gate}, {layer.up, m_up}}, own, member);
        // The rows of gate and up that this thread has filled.
        const auto [begin, end] = member.share(width, 4);
        for (std::int64_t at = begin; begin < end && at < m_batch * width; at += width)
            kernels::gateMul(m_gate + at, m_up + at, m_gated + at, end - begin, m_activation);
        member.meet();
        widen(m_gated, width, own.wide);
        addOutput(layer.down, layer.mlpOutputNorm, own, member);
    }

    void predict(ThreadBuffers<T>& own, const TeamMember& member) {
        normalise(elements<T>(m_hidden), m_weights.finalNorm(), own);
        multiply(m_weights.head(), nullptr, own.wide, elements<float>(m_logits), member);
    }

    const ModelConfig& m_config;
    std::int64_t m_batch;
    float m_offset;
    kernels::GateActivation m_activation;
    std::int64_t m_queryWidth, m_keyWidth, m_inner = 0, m_rank = 0, m_rest = 0, m_longest = 0,
                                           m_widest = 0;
    at::Tensor m_hidden;  ///< the stream, [batch, 1, hidden]
    Weights<W, T> m_weights;
    at::Tensor m_shared, m_rows, m_wide, m_logits;
    T *m_query = nullptr, *m_rotated = nullptr, *m_heads = nullptr, *m_key = nullptr,
      *m_value = nullptr, *m_output = nullptr, *m_gate = nullptr, *m_up = nullptr,
      *m_gated = nullptr;
    T *m_ranks[3] = {}, *m_rests[3] = {};
};

bool isPlain(const at::Tensor& tensor, const Decoder& model) {
    return !tensor.defined() ||
           (tensor.is_cpu() && tensor.scalar_type() == model.dtype() && tensor.is_contiguous());
}

bool isPlain(const Linear& linear, const Decoder& model) {
    if (!linear.isDefined()) return true;
    if (!isPlain(linear.bias(), model)) return false;
    if (linear.elastic() != nullptr) return false;  // component by component, not row by row
    if (const auto* factors = std::get_if<LowRankWeight>(&linear.form()))
        return isPlain(factors->a, model) && isPlain(factors->b, model);
    if (const auto* block = std::get_if<IdentityBlockWeight>(&linear.form()))
        return isPlain(block->c, model) && isPlain(block->b, model) && block->order.is_cpu() &&
               block->order.is_contiguous();
    return isPlain(linear.weight(), model);
}

}  // namespace

bool canDecodeStep(const Decoder& model, std::int64_t batch) {
    if (batch > kLargestBatch || !model.device().is_cpu() ||
        (model.dtype() != at::kFloat && model.dtype() != at::kBFloat16))
        return false;
    if (model.dtype() == at::kFloat && model.activationDtype() != at::kFloat) return false;
    if (model.inputObserver || model.outputObserver || model.inputProjection.defined() ||
        model.outputProjection.defined() || model.layers.empty())
        return false;
    if (!isPlain(model.head, model) || !isPlain(model.finalNorm, model) ||
        !isPlain(model.embedding, model))
        return false;
    return std::all_of(model.layers.begin(), model.layers.end(), [&](const DecoderLayer& layer) {
        if (layer.attentionShortcut.defined() || layer.mlpShortcut.defined()) return false;
        const Attention& a = layer.attention;
        const Mlp& m = layer.mlp;
        for (const at::Tensor* norm :
             {&layer.inputNorm, &layer.postAttentionNorm, &a.queryNorm, &a.keyNorm,
              &layer.attentionOutputNorm, &layer.mlpOutputNorm})
            if (!isPlain(*norm, model)) return false;
        const std::initializer_list<const Linear*> matrices{&a.query, &a.key, &a.value,  &a.output,
                                                            &m.gate,  &m.up,  &m.gateUp, &m.down};
        return std::all_of(matrices.begin(), matrices.end(),
                           [&](const Linear* linear) { return isPlain(*linear, model); });
    });
}

at::Tensor decodeStep(const Decoder& model, const at::Tensor& ids, KeyValueCache& cache) {
    if (model.dtype() == at::kFloat) return Step<float, float>(model, ids, cache).run();
    if (model.activationDtype() == at::kFloat)
        return Step<std::uint16_t, float>(model, ids, cache).run();
    return Step<std::uint16_t, std::uint16_t>(model, ids, cache).run();
}

}  // namespace skd
