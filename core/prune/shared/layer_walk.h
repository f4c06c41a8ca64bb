#pragma once

#include <functional>

#include "prune/shared/gram.h"

namespace skd {

/// Calibration text on its way through a decoder that changes layer by layer: only the residual
/// stream before one layer is held.
class LayerWalk {
public:
    /// InvalidInput where the set holds no token.
    static Result<LayerWalk> begin(const Decoder& model, const CalibrationSet& set);

    /// Rows [tokens, features] that the matrices of a kind (inputOf) read, sequence by sequence.
    using Visit = std::function<void(MatrixKind kind, const at::Tensor& rows)>;
    /// Runs one layer of `model` over the stream and shows what its matrices read. The stream
    /// stays.
    void observe(const Decoder& model, std::size_t layer, const Visit& visit) const;
    /// Moves the stream past one layer of `model`.
    void advance(const Decoder& model, std::size_t layer);

    /// The stream, [1, length, width] per sequence.
    [[nodiscard]] const std::vector<at::Tensor>& states() const { return m_states; }
    /// Applies a map to the stream.
    void transform(const std::function<at::Tensor(const at::Tensor&)>& map);
    /// [1, length, width] -> [tokens, width], without positions that the set omits.
    [[nodiscard]] at::Tensor rowsOf(const at::Tensor& state) const;

private:
    std::vector<at::Tensor> m_states;
    bool m_skipFirst = false;
};

}  // namespace skd
