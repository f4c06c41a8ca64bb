#pragma once

#include <ATen/ATen.h>

namespace skd {

/// at::linear: input [.., in], weight [out, in], bias [out] or undefined -> [.., out]. Up to 8 rows of
/// input on the CPU in f32 or bf16, where no gradient is wanted, go through the kernels of
/// gemv_kernels.h: there reading the weights is all the work, and LibTorch's GEMMs read them slower.
at::Tensor linearMap(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace skd
