#pragma once

#include <filesystem>

#include "base/result.h"

namespace skd {

/// Of models--ORG--NAME of the Hugging Face cache the snapshot that refs/main names, else the only
/// one there is; other paths as they are. NotFound where neither exists.
Result<std::filesystem::path> hubSnapshot(const std::filesystem::path& path);

}  // namespace skd
