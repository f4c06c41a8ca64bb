#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace skd {

/// The name that people know the model at `path` by: the last part of the path without .gguf and
/// the number of its part; NAME for models--ORG--NAME of the Hugging Face cache and its snapshots.
/// Looks at the path alone.
std::string modelName(const std::filesystem::path& path);

/// Of models--ORG--NAME of the Hugging Face cache the snapshot that refs/main names, else the only
/// one there is; other paths as they are. NotFound where neither exists.
Result<std::filesystem::path> hubSnapshot(const std::filesystem::path& path);

}  // namespace skd
