#include "library/hub_cache.h"

#include <string>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

bool isSnapshotName(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && fs::path(name).filename() == name;
}

}  // namespace

Result<fs::path> hubSnapshot(const fs::path& path) {
    std::error_code ignored;
    const fs::path all = path / "snapshots";
    if (!fs::is_directory(all, ignored) || fs::exists(path / "config.json", ignored)) return path;
    if (auto main = readFile(path / "refs" / "main", 4096)) {
        while (!main->empty() && static_cast<unsigned char>(main->back()) <= ' ') main->pop_back();
        if (isSnapshotName(*main) && fs::is_directory(all / *main, ignored)) return all / *main;
    }
    std::vector<fs::path> snapshots;
    for (const auto& entry : fs::directory_iterator(all, ignored))
        if (entry.is_directory(ignored)) snapshots.push_back(entry.path());
    if (snapshots.size() == 1) return snapshots.front();
    return fail(ErrorCode::NotFound,
                strCat(path.string(),
                       " is a folder of the Hugging Face cache, but refs/main names "
                       "none of its ",
                       snapshots.size(), " snapshots; name the one that you mean"));
}

}  // namespace skd
