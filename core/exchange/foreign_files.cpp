#include "exchange/foreign_files.h"

#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 12;
constexpr std::size_t kMostFolders = 100'000;

}  // namespace

Result<std::vector<fs::path>> filesBelow(const fs::path& folder,
                                         std::vector<std::string>& warnings) {
    std::vector<fs::path> files;
    std::error_code error, ignored;
    std::size_t seen = 0;
    for (auto entry = fs::recursive_directory_iterator(folder, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (++seen > kMostFolders)
            return fail(ErrorCode::InvalidInput,
                        strCat(folder.string(), " holds more than ", kMostFolders,
                               " entries; name a folder further down"));
        if (entry.depth() > kDeepest) entry.disable_recursion_pending();
        if (entry->is_symlink(ignored)) continue;
        if (entry->is_directory(ignored) && ::access(entry->path().c_str(), R_OK | X_OK) != 0) {
            warnings.push_back(strCat(entry->path().string(), " cannot be opened and is left out"));
            entry.disable_recursion_pending();
        }
        if (entry->is_regular_file(ignored)) files.push_back(entry->path());
    }
    if (error) return fail(ioError("cannot read the folder", folder, error.value()));
    std::sort(files.begin(), files.end());
    return files;
}

Result<ForeignRuns> foundIn(const fs::path& from, const char* what, ForeignRuns found) {
    if (!found.runs.empty()) return found;
    if (!found.warnings.empty())
        return fail(ErrorCode::Corrupt, strCat("there is no intact ", what, " in ", from.string(),
                                               ": ", found.warnings.front()));
    if (found.deleted > 0)
        return fail(ErrorCode::NotFound, strCat("all runs in ", from.string(), " (", found.deleted,
                                                ") are deleted there"));
    return fail(ErrorCode::NotFound, strCat("there is no ", what, " in ", from.string(),
                                            "; check the path and the format"));
}

}  // namespace skd
