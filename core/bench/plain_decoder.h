#pragma once

#include "distill/fused_head.h"
#include "model/decoder.h"

namespace skd::bench {

/// A decoder's passes in LibTorch's own operators, as a straight port of the model has them:
/// at::linear, scaled_dot_product_attention, whole logits in f32, autograd. What rows compare with.
class PlainDecoder {
public:
    /// Keys and values of what has been read, by layer; empty at first.
    using Cache = std::vector<std::pair<at::Tensor, at::Tensor>>;

    /// Shares the weights where they are held in the type of the arithmetic. Unsupported where the
    /// residual stream is narrowed (SliceGPT).
    static Result<PlainDecoder> of(const Decoder& model);

    /// ids [batch, length] -> [batch, length, hidden] after the final norm; with a cache of one
    /// position a call, after what was read.
    [[nodiscard]] at::Tensor hiddenStates(const at::Tensor& ids, Cache* cache = nullptr) const;
    /// [.., hidden] -> [.., vocabulary]
    [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const;
    /// Sum of the negative log-likelihood of each token but the first, nats; ids [length].
    [[nodiscard]] double nll(const at::Tensor& ids) const;

    [[nodiscard]] Decoder& model() { return m_model; }

private:
    explicit PlainDecoder(Decoder model) : m_model(std::move(model)) {}
    [[nodiscard]] at::Tensor attend(std::size_t layer, const at::Tensor& x,
                                    const RotaryTable& rotary, Cache* cache) const;
    [[nodiscard]] at::Tensor runMlp(std::size_t layer, const at::Tensor& x) const;
    [[nodiscard]] at::Tensor norm(const at::Tensor& x, const at::Tensor& weight) const;

    Decoder m_model;
};

/// Distillation in LibTorch's own operators: one batch, autograd, the fused AdamW of ATen on the
/// weights in the type of the arithmetic, gradients clipped at 1.
class PlainTrainer {
public:
    /// Trains copies of the weights.
    static Result<PlainTrainer> of(const Decoder& model);

    /// A step on ids [batch, length] with `labels` [batch * length] and the teacher's rows.
    void step(const at::Tensor& ids, const at::Tensor& labels, const TeacherRows& teacher);

private:
    explicit PlainTrainer(PlainDecoder decoder);

    PlainDecoder m_decoder;
    std::vector<at::Tensor> m_parameters, m_means, m_squares, m_steps;
};

}  // namespace skd::bench
