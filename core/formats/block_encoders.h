#pragma once

#include <cstddef>
#include <span>

namespace skd {

// Encoders of ggml's quantised blocks. `values` holds whole blocks, finite and of at most 65504;
// `out` has room for their bytes. Which codes stand for which values is resources/help/formats.md,
// GGUF; which of them is chosen, ggml-quants.c, quantize_row_*_ref.

/// 32 values each: d is the value of largest magnitude over -8 (Q4_0) or -16 (Q5_0), so that this
/// one is met exactly.
void encodeQ4_0(std::span<const float> values, std::byte* out);
void encodeQ5_0(std::span<const float> values, std::byte* out);
/// The range from the smallest value to the largest in 15 (Q4_1) or 31 (Q5_1) steps.
void encodeQ4_1(std::span<const float> values, std::byte* out);
void encodeQ5_1(std::span<const float> values, std::byte* out);

/// 256 values each, in sub-blocks of 32 (Q4_K, Q5_K) or 16 (Q6_K) with a step of their own. The
/// step, and the minimum where there is one, are those with the least weighted squared error among
/// the least-squares fits to the codes of some twenty steps around the plain one. A value weighs
/// |x| + rms of its sub-block, in Q6_K its square.
void encodeQ4_K(std::span<const float> values, std::byte* out);
void encodeQ5_K(std::span<const float> values, std::byte* out);
void encodeQ6_K(std::span<const float> values, std::byte* out);

}  // namespace skd
