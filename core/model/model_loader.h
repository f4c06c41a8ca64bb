#pragma once

#include <filesystem>

#include "model/decoder.h"

namespace skd {

struct LoadOptions {
    at::ScalarType dtype = at::kBFloat16;
    at::Device device = at::kCPU;
};

struct LoadedModel {
    Decoder decoder;
    std::string storedAs;       ///< dtype of the MLP matrices in the file
    std::string weightsSha256;  ///< of the file, or of all weight files in order
};

/// Loads a Hugging Face folder or a .gguf file; strict both ways: every parameter must be filled and
/// every stored tensor used.
Result<LoadedModel> loadModel(const std::filesystem::path& path, const LoadOptions& options);
/// The architecture alone, without reading weights.
Result<ModelConfig> readModelConfig(const std::filesystem::path& path);

}  // namespace skd
