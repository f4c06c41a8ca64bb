#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace skd {

/// Folder of what ships with the program (corpora, texts, presets): $SPARSEKD_RESOURCES, else the
/// first of ../../resources and ../share/sparsekd beside the executable, and resources/ below the
/// working folder that exists. NotFound says where it was looked for.
Result<std::filesystem::path> resourceFolder();

/// "resource:NAME" -> the file that ships under that name; any other text is a path as it is.
Result<std::filesystem::path> resolveResource(const std::string& path);
/// The same with the resources in `folder`.
Result<std::filesystem::path> resolveResource(const std::string& path,
                                              const std::filesystem::path& folder);

/// Folder of the running executable.
std::filesystem::path executableFolder();
/// $XDG_DATA_HOME/sparsekd or ~/.local/share/sparsekd: default workspace and caches live there.
std::filesystem::path userDataFolder();
/// $XDG_CACHE_HOME/sparsekd or ~/.cache/sparsekd: what was measured of this machine.
std::filesystem::path userCacheFolder();

}  // namespace skd
