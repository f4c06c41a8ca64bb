#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// Values of any float type as they are stored in a file of type F32, F16, BF16 or Q8_0: the bytes,
/// as an uint8 tensor on the CPU. Numeric when a value is not finite, or too large for F16 or Q8_0.
Result<at::Tensor> encodeTensor(const at::Tensor& values, StorageType type);

/// A tensor to write as `type`. `values` is called when its turn comes; what is written then lies
/// in `bytes` until the next one's turn.
TensorOut encodedTensor(const std::string& name, StorageType type, std::vector<std::int64_t> shape,
                        std::function<Result<at::Tensor>()> values, at::Tensor& bytes);

/// The bytes of a tensor on the CPU without gaps.
std::span<const std::byte> bytesOf(const at::Tensor& tensor);

}  // namespace skd
