#pragma once

#include <ATen/ATen.h>

#include <limits>
#include <map>
#include <vector>

#include "base/result.h"
#include "model/decoder.h"

namespace skd {

/// The kind under which a decoder announces what a matrix reads: Query stands for query, key and
/// value, Gate for gate, up and gate_up.
MatrixKind inputOf(MatrixKind kind);

/// Mean of x x^T over calibration tokens at the inputs of one layer's matrices, f64 on the CPU; or
/// of |x|, vectors then. Matrices that read the same input share one.
struct LayerGram {
    std::map<MatrixKind, at::Tensor> means;  ///< [in, in] by inputOf; those that were selected

    /// Of what a matrix reads; undefined where it was not selected.
    [[nodiscard]] at::Tensor of(MatrixKind kind) const;
};

struct CalibrationSet {
    std::vector<at::Tensor> sequences;  ///< each [length] int64, without padding
    bool skipFirstPosition = false;     ///< skip the attention sink

    [[nodiscard]] std::int64_t tokens() const;
};

/// Layers [begin, end).
struct LayerRange {
    std::size_t begin = 0, end = std::numeric_limits<std::size_t>::max();

    [[nodiscard]] bool contains(std::size_t layer) const { return layer >= begin && layer < end; }
};

enum class InputStatistic { Gram, MeanAbsolute };
struct GramOptions {
    MatrixSelection selection;  ///< whose inputs
    InputStatistic statistic = InputStatistic::Gram;
    LayerRange layers;  ///< others stay undefined
};

/// `sum` += `part`, which `sum` may take over where it is undefined.
void addTo(at::Tensor& sum, const at::Tensor& part);
/// Numeric, with `message`, where a value is not finite.
Status checkFinite(const at::Tensor& values, std::string message);
/// The same of what calibration text gave rise to: "`subject` not finite on ...".
Status checkActivations(const at::Tensor& values, const std::string& subject);

/// Adds the lower block triangle of rows^T rows [n, n] to `sum`, which becomes one of `type` where
/// it is undefined: 5/8 of the work of all of it where n is large. Rows of bf16 on the CPU are
/// multiplied in f32, where their products are exact and only the sum over these rows is rounded;
/// all else in the sum's type.
void addLowerGram(at::Tensor& sum, const at::Tensor& rows, at::ScalarType type);
/// The symmetric matrix whose lower triangle `lower` holds.
at::Tensor mirrored(const at::Tensor& lower);

/// Sums over what a decoder announces as inputs of its matrices.
class GramSums {
public:
    GramSums(std::size_t layers, const GramOptions& options, bool skipFirstPosition);

    /// An input [1, length, n]; those that were not selected are ignored.
    void add(std::size_t layer, MatrixKind kind, const at::Tensor& input);
    /// The end of the layers whose inputs are wanted.
    [[nodiscard]] std::size_t end() const;
    /// Leaves the sums empty. Numeric, naming the layer, where one is not finite.
    Result<std::vector<LayerGram>> takeMeans(std::int64_t tokens);

private:
    GramOptions m_options;
    bool m_skipFirstPosition;
    std::vector<LayerGram> m_sums;
};

}  // namespace skd
