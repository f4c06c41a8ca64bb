#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "base/units.h"
#include "model/linear.h"
#include "model/model_config.h"
#include "model/rotary.h"
#include "base/analysis.h"

namespace skd {

struct Attention {
    Linear query, key, value, output;
    at::Tensor queryNorm, keyNorm;  ///< [head_dim], undefined where the family has none
};
struct Mlp {
    Linear gate, up, down;
};
struct DecoderLayer {
    LayerConfig config;
    at::Tensor inputNorm, postAttentionNorm;  ///< [hidden]
    Attention attention;
    Mlp mlp;
};

/// A decoder-only transformer: embedding, layers, final norm, head. One class for all families; the
/// config says which parts are there. Copying copies handles; clone() copies weights.
class Decoder {
public:
    Decoder() = default;
    explicit Decoder(ModelConfig config);

    ModelConfig config;
    at::Tensor embedding;   ///< [vocabulary, hidden]
    std::vector<DecoderLayer> layers;
    at::Tensor finalNorm;   ///< [hidden]
    at::Tensor head;        ///< [vocabulary, hidden]; the embedding itself when tied

    [[nodiscard]] at::Device device() const { return embedding.device(); }
    [[nodiscard]] at::ScalarType dtype() const { return embedding.scalar_type(); }

    /// ids [batch, length] int64 -> [batch, length, hidden]
    [[nodiscard]] at::Tensor embed(const at::Tensor& ids) const;
    /// Runs layers [begin, end) over hidden states [batch, length, hidden]; positions start at 0.
    [[nodiscard]] at::Tensor runLayers(at::Tensor hidden, std::size_t begin, std::size_t end) const;
    /// Final norm: [.., hidden] -> [.., hidden], what the head is applied to.
    [[nodiscard]] at::Tensor normalise(const at::Tensor& hidden) const;
    /// embed, all layers, final norm.
    [[nodiscard]] at::Tensor hiddenStates(const at::Tensor& ids) const;
    /// [batch, length, vocabulary]: for tests and short texts; stages use chunked heads.
    [[nodiscard]] at::Tensor logits(const at::Tensor& ids) const;

    /// Prunable matrices by layer, then gate, up, down.
    [[nodiscard]] std::vector<Linear*> mlpMatrices();
    [[nodiscard]] std::vector<MatrixInfo> mlpMatrixInfos() const;

    /// Every trainable tensor once (a tied head is the embedding), with its Hugging Face name.
    void visitParameters(const Linear::Visitor& visitor);
    [[nodiscard]] std::int64_t parameterCount() const;
    [[nodiscard]] std::int64_t mlpParameterCount() const;

    [[nodiscard]] Decoder clone() const;
    /// Floating point tensors converted, on `device`.
    [[nodiscard]] Decoder to(at::Device device, at::ScalarType dtype) const;

    /// Called with (matrix index, input [tokens, in]) while layers run; for calibration. Empty by default.
    std::function<void(std::size_t layer, MatrixKind kind, const at::Tensor& input)> inputObserver;

private:
    [[nodiscard]] at::Tensor attend(const DecoderLayer& layer, const at::Tensor& normed, const RotaryTable& rotary) const;
    [[nodiscard]] at::Tensor runMlp(std::size_t index, const at::Tensor& normed) const;
    [[nodiscard]] at::Tensor runLayer(std::size_t index, const at::Tensor& hidden, const RotaryTable& rotary) const;
};

}  // namespace skd
