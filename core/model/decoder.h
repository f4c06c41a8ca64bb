#pragma once

#include <ATen/ATen.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "model/config/model_config.h"
#include "model/linear.h"
#include "model/rotary.h"
#include "results/analysis.h"

namespace skd {

class KeyValueCache;

struct Attention {
    Linear query, key, value, output;
    at::Tensor queryNorm, keyNorm;  ///< [head_dim], undefined where the family has none
};
struct Mlp {
    Linear gate, up, down;
    /// gate and up as one matrix [2 intermediate, hidden]; then gate and up are empty
    Linear gateUp;
};
struct DecoderLayer {
    LayerConfig config;
    /// Before attention [input width] and of the MLP [middle width].
    at::Tensor inputNorm, postAttentionNorm;
    Attention attention;
    Mlp mlp;
    /// Maps of the residual stream past attention [middle width, input width] and past the MLP
    /// [output width, middle width]; undefined = identity (SliceGPT, arXiv 2401.15024).
    at::Tensor attentionShortcut, mlpShortcut;
    /// [hidden], undefined where the family has none.
    at::Tensor attentionOutputNorm, mlpOutputNorm;
};

/// A place for a matrix in a layer.
struct LayerMatrix {
    MatrixKind kind;
    const char* name;  ///< behind "model.layers.N."
    Linear* linear;
};
/// The places of a layer in the order in which everything walks them, empty ones as well.
std::array<LayerMatrix, 8> matricesOf(DecoderLayer& layer);

/// A decoder-only transformer: embedding, layers, final norm, head. One class for all families; the
/// config says which parts are there. Copying copies handles; clone() copies weights.
class Decoder {
public:
    Decoder() = default;
    explicit Decoder(ModelConfig config);

    ModelConfig config;
    at::Tensor embedding;  ///< [vocabulary, hidden]
    std::vector<DecoderLayer> layers;
    at::Tensor finalNorm;  ///< [hidden]
    at::Tensor head;       ///< [vocabulary, hidden]; the embedding itself when tied
    /// Maps into and out of a narrowed residual stream, [first width, hidden] and [hidden, last
    /// width]; undefined = identity.
    at::Tensor inputProjection, outputProjection;
    /// Type of activations and of the arithmetic; empty: the weights'. f32 over bf16 weights is
    /// what a processor without bf16 instructions is fast in.
    std::optional<at::ScalarType> computeDtype;

    [[nodiscard]] at::Device device() const { return embedding.device(); }
    /// How weights are held.
    [[nodiscard]] at::ScalarType dtype() const { return embedding.scalar_type(); }
    [[nodiscard]] at::ScalarType activationDtype() const { return computeDtype.value_or(dtype()); }
    /// "bf16", "f32", or "bf16 in f32": bf16 weights, f32 arithmetic.
    [[nodiscard]] std::string dtypeName() const;
    /// "bf16" or "f32": of the arithmetic.
    [[nodiscard]] std::string arithmeticName() const;

    /// Rows of the embedding: ids [batch, length] int64 -> [batch, length, hidden]
    [[nodiscard]] at::Tensor lookup(const at::Tensor& ids) const;
    /// Rows of the embedding -> hidden states before the first layer, in the activations'
    /// type, scaled where the family does so.
    [[nodiscard]] at::Tensor projectInput(const at::Tensor& rows) const;
    /// lookup and projectInput
    [[nodiscard]] at::Tensor embed(const at::Tensor& ids) const {
        return projectInput(lookup(ids));
    }
    /// Runs layers [begin, end) over hidden states [batch, length, width]; positions start at 0, or
    /// with a cache after what it holds, which grows by them.
    [[nodiscard]] at::Tensor runLayers(at::Tensor hidden, std::size_t begin, std::size_t end,
                                       KeyValueCache* cache = nullptr) const;
    /// Final norm: [.., last width] -> [.., hidden], what the head is applied to.
    [[nodiscard]] at::Tensor normalise(const at::Tensor& hidden) const;
    /// embed, all layers, final norm.
    [[nodiscard]] at::Tensor hiddenStates(const at::Tensor& ids) const;
    /// [batch, length, vocabulary]: for tests and short texts; stages use chunked heads.
    [[nodiscard]] at::Tensor logits(const at::Tensor& ids) const;

    /// Matrices by layer, in it query, key, value, output, gate, up (or gate_up), down.
    [[nodiscard]] std::vector<Linear*> matrices(const MatrixSelection& selection = {});
    [[nodiscard]] std::vector<MatrixInfo> matrixInfos(const MatrixSelection& selection = {}) const;

    /// Joins gate and up of every layer into one matrix, masks included; a no-op where they are one
    /// already. InvalidInput, with nothing changed, where one of a pair is factored: ranks of two
    /// products are no rank of their stack.
    Status fuseGateUp();
    /// The same for the layers with a flag.
    Status fuseGateUp(const std::vector<bool>& chosen);
    /// Removes layers (ascending indices); those that remain are renamed to their new places.
    void dropLayers(const std::vector<std::size_t>& indices);

    /// Every trainable tensor once (a tied head is the embedding), with its Hugging Face name.
    void visitParameters(const Linear::Visitor& visitor);
    /// The tensors outside of matrices, in that order, those that the model lacks (undefined) as
    /// well.
    void visitSlots(const Linear::Visitor& visitor);
    /// What is in use: without zeros of masks and idle components of elastic matrices.
    [[nodiscard]] std::int64_t parameterCount() const;
    /// With the idle components.
    [[nodiscard]] std::int64_t storedParameterCount() const;
    /// Of the selected matrices; neither zeros of masks nor idle components are counted.
    [[nodiscard]] std::int64_t parameterCount(const MatrixSelection& selection) const;
    [[nodiscard]] std::int64_t mlpParameterCount() const {
        return parameterCount(MatrixSelection{});
    }

    [[nodiscard]] Decoder clone() const;
    /// Floating point tensors converted, on `device`; computeDtype stays.
    [[nodiscard]] Decoder to(at::Device device, at::ScalarType dtype) const;

    /// Called while layers run with what a matrix reads or gives, [batch, length, features]. An
    /// input that several matrices share is announced once, as Query's or as Gate's. Empty by
    /// default.
    using Observer =
        std::function<void(std::size_t layer, MatrixKind kind, const at::Tensor& value)>;
    Observer inputObserver, outputObserver;
};

}  // namespace skd
