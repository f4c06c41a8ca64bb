#pragma once

#include <ATen/ATen.h>

#include "model/config/model_config.h"

namespace skd {

/// cos and sin of the rotation, each [length, rotary_dim / 2], f32, attention scaling included.
struct RotaryTable {
    at::Tensor cos, sin;
    /// Off the CPU: [2, length, head_dim], cos of every dimension (1 of those that are not turned)
    /// and sin with the sign that the other half enters with; cos and sin are views of it.
    at::Tensor wide = {};
};

/// Inverse frequencies for a sequence of `length` tokens, [rotary_dim / 2]
/// (resources/help/formats.md, Rotary embeddings: longrope and dynamic choose by the length of the
/// forward pass, as transformers does).
std::vector<double> inverseFrequencies(const ModelConfig& config, const RopeConfig& rope,
                                       std::int64_t length);
/// Factor on cos and sin; differs from 1 only for longrope and yarn.
double attentionScaling(const ModelConfig& config, const RopeConfig& rope);
/// True when texts of both lengths are turned by the same frequencies.
bool sameRotation(const ModelConfig& config, std::int64_t length, std::int64_t other);
/// The same table with `wide` for heads of `headDim`, on `device`, in one copy.
RotaryTable wideTable(const RotaryTable& table, std::int64_t headDim, at::Device device);
/// Of positions [first, first + length) in a text that ends there.
RotaryTable rotaryTable(const ModelConfig& config, const RopeConfig& rope, std::int64_t length,
                        at::Device device, std::int64_t first = 0);

}  // namespace skd
