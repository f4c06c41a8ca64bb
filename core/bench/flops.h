#pragma once

#include "model/decoder.h"

/// FLOPs of matrix products, two per multiply-add: projections, MLP, QK^T and PV of what a query
/// sees, head.
namespace skd::bench {

/// Of a forward pass over [batch, length] tokens without the head, and of the head of so many
/// tokens.
double layerFlops(const Decoder& model, std::int64_t batch, std::int64_t length);
double headFlops(const Decoder& model, std::int64_t tokens);
/// Of layers [begin, end) alone.
double layerFlops(const Decoder& model, std::int64_t length, std::size_t begin, std::size_t end);
/// Of a training step: three times the forward pass with its head.
double stepFlops(const Decoder& model, std::int64_t batch, std::int64_t length);

}  // namespace skd::bench
