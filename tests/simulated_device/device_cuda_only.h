#pragma once

namespace torch {
class Library;
}

namespace skd::simulated {

/// What only the CUDA build has kernels for: products of 16-bit matrices whose sums are kept in f32
/// (mm.dtype, addmm.dtype), and the backward pass of the fused RMS norm.
void registerCudaOnly(torch::Library& library);

}  // namespace skd::simulated
