#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// Encodes floats as F32, F16, BF16 (both to nearest, ties to even) or Q8_0 (ggml-quants.c,
/// quantize_row_q8_0_ref: d = max|x| / 127 per 32 values). `bytes` must have exactly the size
/// that `values` take. Other types are refused by name; values that Q8_0 cannot scale (NaN,
/// infinity, above 127 times the largest half) give a Numeric error.
Status encodeFloats(StorageType type, std::span<const float> values, std::span<std::byte> bytes);

}  // namespace skd
