#pragma once

#include <cstdint>

namespace skd {

/// Factors of one AdamW step, the same for all elements of a tensor (Loshchilov & Hutter 2019,
/// algorithm 2): decay = 1 - lr * weight_decay, stepSize = lr / (1 - beta1^t),
/// inverseRoot = 1 / sqrt(1 - beta2^t).
struct AdamWFactors {
    float gradientScale = 1, beta1 = 0.9f, beta2 = 0.999f, decay = 1, stepSize = 0, inverseRoot = 1,
          epsilon = 1e-8f;
};

/// Pointers into a parameter's tensors, all of the same length.
struct AdamWSlice {
    float* master = nullptr;
    float* mean = nullptr;
    float* variance = nullptr;
    /// bfloat16 copy of the master; null where the master is live itself
    std::uint16_t* live = nullptr;

    [[nodiscard]] AdamWSlice from(std::int64_t offset) const {
        return {master + offset, mean + offset, variance + offset,
                live == nullptr ? nullptr : live + offset};
    }
};

/// One pass: moments, decoupled decay, step, copy to bfloat16 (to nearest, ties to even).
void adamwUpdate(const AdamWSlice& slice, const float* gradient, std::int64_t size,
                 const AdamWFactors& factors);
/// The same from a gradient of bfloat16 bits.
void adamwUpdate(const AdamWSlice& slice, const std::uint16_t* gradient, std::int64_t size,
                 const AdamWFactors& factors);

/// Sum of squares in f64: the same bits on every instruction set, and from bfloat16 as from the
/// floats that it stands for.
double sumOfSquares(const float* values, std::int64_t size);
double sumOfSquares(const std::uint16_t* values, std::int64_t size);

}  // namespace skd
