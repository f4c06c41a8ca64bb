#pragma once

#include <ATen/ATen.h>

namespace skd {

/// input [.., in], weight [out, in], bias [out] or undefined -> [.., out], in the input's type, with
/// gradients of all three. The weights may be held in bf16 where the input is f32: they are widened as
/// they are read.
///
/// On the CPU three ways lead there: up to 8 rows of input where no gradient is wanted go through
/// gemv_kernels.h, where reading the weights is all the work; f32 input otherwise through gemm.h; the rest
/// is at::linear. Where a weight that takes part in autograd has its gradient already, what a further
/// backward pass gives is added into that tensor in place.
at::Tensor linearMap(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace skd
