#pragma once

#include <filesystem>

#include "model/config/model_config.h"

namespace skd {

/// What the headers of a model's files say; no weights are read.
struct ModelHeader {
    ModelConfig config;
    std::int64_t parameters = 0;  ///< as stored: of a pruned model what pruning has left
    std::int64_t bytes = 0;       ///< of the weight files
    std::string licence;          ///< as its author names it; "" where unknown
    bool pruned = false;          ///< made by this program
};

/// A Hugging Face folder, a .gguf file, or a model file of a run (.safetensors).
Result<ModelHeader> readModelHeader(const std::filesystem::path& path);

/// The licence that a folder's model card or a GGUF file names; "" where there is none.
std::string modelLicence(const std::filesystem::path& path);

}  // namespace skd
