#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace skd {

/// Billions of multiplications and additions a second in x [rows, in] W^T [in, out], W held in bf16.
struct ComputeRate {
    std::int64_t rows = 0, in = 0, out = 0;
    double bf16 = 0;  ///< activations and arithmetic in bf16
    double f32 = 0;   ///< in f32, the weights widened as they are read
};

/// How fast this machine multiplies matrices in the two types of arithmetic.
struct ComputeProbe {
    std::string processor, libtorch, instructions;  ///< of which it holds
    int threads = 0;
    std::vector<ComputeRate> rates;

    /// Whether bf16 takes less time than f32 over all shapes together.
    [[nodiscard]] bool prefersBf16() const;
    /// Of all shapes together, in bf16 or in f32.
    [[nodiscard]] double gflops(bool bf16) const;
    [[nodiscard]] Json toJson() const;
    /// Nothing where the JSON is of something else.
    static std::optional<ComputeProbe> fromJson(const Json& json);
};

/// Measures now, on the CPU with LibTorch's number of threads: the best of at least 0.2 s a shape and type.
ComputeProbe measureCompute();

/// The probe of this processor, instruction set and LibTorch that `folder` keeps; measured, and kept
/// there, where it has none. A folder that cannot be written costs the measurement each time.
ComputeProbe computeProbe(const std::filesystem::path& folder);
/// Measures now and keeps the result in `folder`.
ComputeProbe renewComputeProbe(const std::filesystem::path& folder);

}  // namespace skd
