#pragma once

#include <filesystem>

#include "model/decoder.h"

namespace skd {

struct LoadOptions {
    /// How weights are held; empty: f32 where the file stores f32, else bf16.
    std::optional<at::ScalarType> dtype = at::kBFloat16;
    at::Device device = at::kCPU;
    std::optional<at::ScalarType> computeDtype{};  ///< of the decoder

    /// How weights are held that a file stores as `stored` (spelling of PyTorch or GGML).
    [[nodiscard]] at::ScalarType heldType(const std::string& stored) const;
};

struct LoadedModel {
    Decoder decoder;
    std::string storedAs;       ///< dtype of the MLP matrices in the file
    std::string weightsSha256;  ///< of the file, or of all weight files in order
};

/// Loads a Hugging Face folder or a .gguf file; strict both ways: every parameter must be filled
/// and every stored tensor used.
Result<LoadedModel> loadModel(const std::filesystem::path& path, const LoadOptions& options);
/// The architecture alone, without reading weights.
Result<ModelConfig> readModelConfig(const std::filesystem::path& path);

}  // namespace skd
