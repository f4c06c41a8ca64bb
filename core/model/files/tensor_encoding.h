#pragma once

#include <ATen/ATen.h>

#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// Values of any float type as they are stored in a file of type F32, F16, BF16 or Q8_0: the bytes,
/// as an uint8 tensor on the CPU. Numeric when a value is not finite, or too large for F16 or Q8_0.
Result<at::Tensor> encodeTensor(const at::Tensor& values, StorageType type);

}  // namespace skd
