#pragma once

#include <ATen/ATen.h>

namespace skd {

/// out [m, n] f32 = a [m, k] b [k, n], or out += a b, without gradient. b may be held in bf16: it
/// is widened block by block, never whole. a, b and out may be views, out with columns side by
/// side. The same bits for any number of threads. ATen multiplies, in b's type, what is not on the
/// CPU with a and the result in f32, b in f32 or bf16.
void gemmInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulates = false);

/// a [m, k] b [k, n] -> [m, n] in a's type, without gradient.
at::Tensor gemm(const at::Tensor& a, const at::Tensor& b);

}  // namespace skd
