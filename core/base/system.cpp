#include <sys/resource.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/files.h"
#include "base/text.h"

namespace skd {

Error ioError(const std::string& what, const std::filesystem::path& path, int errorNumber) {
    const std::string where = strCat(what, " ", path.string(), ": ", std::strerror(errorNumber));
    switch (errorNumber) {
        case ENOENT: return {ErrorCode::NotFound, where + "; check the path"};
        case ENOSPC:
        case EDQUOT: return {ErrorCode::NoSpace, where + "; free some space and try again"};
        case EACCES:
        case EPERM:
        case EROFS: return {ErrorCode::Io, where + "; check the permissions or choose another folder"};
        case EMFILE:
        case ENFILE: return {ErrorCode::Io, where + "; raise the limit of open files (ulimit -n)"};
        default: return {ErrorCode::Io, where};
    }
}

std::uint64_t freeDiskBytes(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::path existing = std::filesystem::absolute(path, ignored);
    while (!existing.empty() && !std::filesystem::exists(existing, ignored) && existing != existing.parent_path())
        existing = existing.parent_path();
    struct statvfs info {};
    if (::statvfs(existing.c_str(), &info) != 0) return 0;
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

std::uint64_t availableMemoryBytes() {
    std::ifstream file("/proc/meminfo");
    std::string key, unit;
    std::uint64_t kibibytes = 0;
    while (file >> key >> kibibytes) {
        std::getline(file, unit);
        if (key == "MemAvailable:") return kibibytes * 1024;
    }
    return 0;
}

std::uint64_t peakMemoryBytes() {
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace skd
