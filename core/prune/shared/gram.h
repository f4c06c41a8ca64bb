#pragma once

#include <ATen/ATen.h>

#include <limits>
#include <vector>

#include "base/result.h"
#include "events/run_context.h"
#include "model/decoder.h"

namespace skd {

/// Mean of x x^T over calibration tokens at the inputs of one layer's matrices, f64 on the CPU; or
/// of |x|, vectors then. Matrices that read the same input (query, key and value; gate and up)
/// share one.
struct LayerGram {
    at::Tensor input;      ///< [hidden, hidden], input of gate and up
    at::Tensor inner;      ///< [intermediate, intermediate], input of down
    at::Tensor attention;  ///< [hidden, hidden], input of query, key and value
    at::Tensor heads;      ///< [heads * dim, heads * dim], input of output

    [[nodiscard]] const at::Tensor& of(MatrixKind kind) const;
};

struct CalibrationSet {
    std::vector<at::Tensor> sequences;  ///< each [length] int64, without padding
    bool skipFirstPosition = false;     ///< skip the attention sink

    [[nodiscard]] std::int64_t tokens() const;
};

/// Layers [begin, end).
struct LayerRange {
    std::size_t begin = 0, end = std::numeric_limits<std::size_t>::max();
};

enum class InputStatistic { Gram, MeanAbsolute };
struct GramOptions {
    MatrixSelection selection;  ///< whose inputs
    InputStatistic statistic = InputStatistic::Gram;
    LayerRange layers;  ///< others stay undefined
};

/// Adds the lower block triangle of rows^T rows [n, n] to `sum`: 5/8 of the work of all of it where
/// n is large.
void addLowerGram(at::Tensor& sum, const at::Tensor& rows);
/// The symmetric matrix whose lower triangle `lower` holds.
at::Tensor mirrored(const at::Tensor& lower);

/// Runs the sequences through the model and accumulates Gram matrices. Empty when cancelled.
Result<std::vector<LayerGram>> collectGrams(const Decoder& model, const CalibrationSet& set,
                                            const RunContext& context,
                                            const GramOptions& options = {});

}  // namespace skd
