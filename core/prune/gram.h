#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "base/result.h"
#include "events/run_context.h"
#include "model/decoder.h"

namespace skd {

/// Mean of x x^T over calibration tokens at the inputs of one layer's MLP, f64 on the CPU. Gate and
/// up see the same input.
struct LayerGram {
    at::Tensor input;  ///< [hidden, hidden]
    at::Tensor inner;  ///< [intermediate, intermediate], input of down
};

struct CalibrationSet {
    std::vector<at::Tensor> sequences;  ///< each [length] int64, without padding
    bool skipFirstPosition = false;     ///< leave out the attention sink

    [[nodiscard]] std::int64_t tokens() const;
};

/// Runs the sequences through the model and accumulates Gram matrices. Empty when cancelled.
Result<std::vector<LayerGram>> collectGrams(const Decoder& model, const CalibrationSet& set, const RunContext& context);

}  // namespace skd
