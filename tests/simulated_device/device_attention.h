#pragma once

namespace torch {
class Library;
}

namespace skd::simulated {

/// scaled_dot_product_attention on the device: chooses as LibTorch's CUDA build does between flash
/// attention (f16, bf16; grouped heads), memory-efficient attention (f32 or a mask; as many key
/// heads as queries) and the composite of products and a softmax. The first two are one launch,
/// named as there, and allocate the result and one f32 a row.
void registerAttention(torch::Library& library);

}  // namespace skd::simulated
