#include "base/resources.h"

#include <cstdlib>

#include "base/text.h"

namespace skd {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "resource:";

/// Our folder in the one that a variable names, or below the home folder.
fs::path userFolder(const char* variable, const fs::path& belowHome, const char* otherwise) {
    if (const char* given = std::getenv(variable); given != nullptr && *given != '\0')
        return fs::path(given) / "sparsekd";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
        return fs::path(home) / belowHome / "sparsekd";
    return otherwise;
}

}  // namespace

fs::path executableFolder() {
    std::error_code error;
    const fs::path executable = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::current_path(error) : executable.parent_path();
}

fs::path userDataFolder() {
    return userFolder("XDG_DATA_HOME", ".local/share", "sparsekd-data");
}

fs::path userCacheFolder() {
    return userFolder("XDG_CACHE_HOME", ".cache", "sparsekd-cache");
}

Result<fs::path> resourceFolder() {
    const char* fromEnvironment = std::getenv("SPARSEKD_RESOURCES");
    std::error_code error;
    const fs::path here = executableFolder();
    std::string tried;
    for (const fs::path& folder :
         {fs::path(fromEnvironment != nullptr ? fromEnvironment : ""), here / "../../resources",
          here / "../../../resources", here / "../share/sparsekd", fs::path("resources")}) {
        if (folder.empty()) continue;
        if (fs::is_directory(folder / "corpus", error)) return folder.lexically_normal();
        appendPart(tried, folder.lexically_normal().string());
    }
    return fail(ErrorCode::NotFound,
                strCat("the program's resources were not found in ", tried,
                       "; set SPARSEKD_RESOURCES to the folder that holds corpus/ and text/"));
}

Result<fs::path> resolveResource(const std::string& path) {
    if (!path.starts_with(kPrefix)) return fs::path(path);
    SKD_TRY(const fs::path folder, resourceFolder());
    return resolveResource(path, folder);
}

Result<fs::path> resolveResource(const std::string& path, const fs::path& folder) {
    if (!path.starts_with(kPrefix)) return fs::path(path);
    const fs::path relative = fs::path(path.substr(kPrefix.size())).lexically_normal();
    if (relative.is_absolute() || relative.empty() || *relative.begin() == "..")
        return fail(ErrorCode::InvalidInput,
                    strCat(path, " does not name a file inside the program's resources"));
    std::error_code error;
    if (!fs::exists(folder / relative, error))
        return fail(ErrorCode::NotFound,
                    strCat("no resource ", relative.string(), " in ", folder.string()));
    return folder / relative;
}

}  // namespace skd
