#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// Decodes whole blocks of ggml's F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K or Q6_K
/// (ggml-quants.c, dequantize_row_*) or values of safetensors' F64 (rounded), F32, F16, BF16,
/// integers or Bool; any run of whole blocks will do, so that several threads can share a tensor.
/// `out` must hold exactly the blocks' values. All products are exact in f32, hence the result does
/// not depend on the processor. Other types are refused by name.
Status decodeFloats(StorageType type, std::span<const std::byte> bytes, std::span<float> out);

/// Encodes floats as F32, F16, BF16 (both to nearest, ties to even), Q8_0 (ggml-quants.c,
/// quantize_row_q8_0_ref: d = max|x| / 127 per 32 values) or as block_encoders.h says: Q4_0, Q4_1,
/// Q5_0, Q5_1, Q4_K, Q5_K, Q6_K. `bytes` must have exactly the size that `values` take. Other types
/// are refused by name; values that blocks cannot scale (NaN, infinity, above 65504, of Q8_0 above
/// 127 times as much) give a Numeric error.
Status encodeFloats(StorageType type, std::span<const float> values, std::span<std::byte> bytes);

}  // namespace skd
