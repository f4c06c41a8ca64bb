#include "store/run_paths.h"

namespace skd {

RunPaths RunPaths::of(const std::filesystem::path& workspace,
                      const std::filesystem::path& cacheFolder) {
    if (!cacheFolder.empty()) return {cacheFolder};
    std::filesystem::path beside = workspace;
    beside += ".files";
    return {beside};
}

}  // namespace skd
