#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/decoder.h"

namespace skd {

/// A tensor under the name and in the shape in which the family's own implementation stores it.
struct StockTensor {
    std::string name;  ///< Hugging Face name
    std::vector<std::int64_t> shape;
    std::function<at::Tensor()> values;  ///< f32 on the CPU, computed when called
};

/// A decoder as other programs know its family: every matrix whole (factors multiplied out in f32,
/// masks as zeros), fused where the family fuses. Refers to the decoder, which must outlive it.
struct StockModel {
    ModelConfig config;  ///< of the layers as they are now, with the widths of `tensors`
    std::vector<StockTensor> tensors;
};

/// Widths of a stock model's MLPs: all as the widest, narrower ones filled up with channels of
/// zeros, which give nothing; or as they are.
enum class MlpWidths { Widest, AsTheyAre };

/// Unsupported, with the reason, for what the family's own implementation has no place for: a
/// residual stream that a pruner has narrowed, and an elastic model, which is of no one size.
Result<StockModel> stockModel(const Decoder& decoder, MlpWidths widths = MlpWidths::Widest);

/// The largest intermediate size of its layers.
std::int64_t widestMlp(const Decoder& decoder);

/// The config with every layer's as the decoder has it.
ModelConfig currentConfig(const Decoder& decoder);

}  // namespace skd
