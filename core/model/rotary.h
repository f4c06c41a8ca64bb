#pragma once

#include <ATen/ATen.h>

#include "model/model_config.h"

namespace skd {

/// cos and sin of the rotation, each [length, rotary_dim / 2], f32, attention scaling included.
struct RotaryTable {
    at::Tensor cos, sin;
};

/// Inverse frequencies for a sequence of `length` tokens, [rotary_dim / 2] (FORMATS.md 3.4: longrope
/// and dynamic choose by the length of the forward pass, as transformers does).
std::vector<double> inverseFrequencies(const ModelConfig& config, const RopeConfig& rope, std::int64_t length);
/// Factor on cos and sin; differs from 1 only for longrope.
double attentionScaling(const ModelConfig& config, const RopeConfig& rope);
RotaryTable rotaryTable(const ModelConfig& config, const RopeConfig& rope, std::int64_t length, at::Device device);

}  // namespace skd
