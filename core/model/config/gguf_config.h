#pragma once

#include "formats/gguf_file.h"
#include "model/config/model_config.h"

namespace skd {

/// Reads the architecture keys of a GGUF file (resources/help/formats.md, GGUF) and checks them
/// against its tensors.
Result<ModelConfig> parseGgufConfig(const GgufFile& file);

/// The query scale of a family that has one is not in the file: llama.cpp takes head_dim, for the
/// 62 blocks of the 27B model hidden / heads.
std::int64_t ggufQueryScalar(const ModelConfig& config);

}  // namespace skd
