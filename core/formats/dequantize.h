#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// True when dequantize() knows the type.
bool canDequantize(GgmlType type);

/// Decodes whole blocks of F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K or Q6_K
/// (ggml-quants.c, dequantize_row_*); any run of whole blocks will do, so that several threads can
/// share a tensor. `out` must hold exactly the blocks' values. All products are exact in f32, hence
/// the result does not depend on the processor. Other types are refused by name.
Status dequantize(GgmlType type, std::span<const std::byte> blocks, std::span<float> out);

/// Decodes values of any stored type that has a float meaning: the above, and of safetensors
/// F64 (rounded), F32, F16, BF16, integers and Bool. Others are refused by name.
Status decodeFloats(StorageType type, std::span<const std::byte> bytes, std::span<float> out);

}  // namespace skd
