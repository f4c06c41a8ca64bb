#pragma once

#include "model/gguf_file.h"
#include "model/model_config.h"

namespace skd {

/// Reads the architecture keys of a GGUF file (FORMATS.md 2.3) and checks them against its tensors.
Result<ModelConfig> parseGgufConfig(const GgufFile& file);

}  // namespace skd
