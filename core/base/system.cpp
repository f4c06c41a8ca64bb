#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace skd {

Status createFolders(const std::filesystem::path& folder) {
    std::error_code error;
    std::vector<std::filesystem::path> missing;
    for (std::filesystem::path each = std::filesystem::absolute(folder, error);
         !error && !std::filesystem::exists(each, error) && each.has_relative_path();
         each = each.parent_path())
        missing.push_back(each);
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ioError("cannot create the folder", folder, error.value()));
    for (auto each = missing.rbegin(); each != missing.rend(); ++each)
        if (Status synced = syncFolder(each->parent_path()); !synced) {
            for (const std::filesystem::path& made : missing) std::filesystem::remove(made, error);
            return synced;
        }
    return {};
}

Error ioError(const std::string& what, const std::filesystem::path& path, int errorNumber) {
    const std::string where = strCat(what, " ", path.string(), ": ", std::strerror(errorNumber));
    switch (errorNumber) {
        case ENOENT:
            return {ErrorCode::NotFound, where + "; check the path"};
        case ENOSPC:
        case EDQUOT:
            return {ErrorCode::NoSpace, where + "; free some space and try again"};
        case EACCES:
        case EPERM:
        case EROFS:
            return {ErrorCode::Io, where + "; check the permissions or choose another folder"};
        case EMFILE:
        case ENFILE:
            return {ErrorCode::Io, where + "; raise the limit of open files (ulimit -n)"};
        case EFBIG:
            return {ErrorCode::Io, where +
                                       "; raise the limit of file sizes (ulimit -f), or choose "
                                       "a disk that holds larger files"};
        default:
            return {ErrorCode::Io, where};
    }
}

std::uint64_t freeDiskBytes(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::path existing = std::filesystem::absolute(path, ignored);
    while (!existing.empty() && !std::filesystem::exists(existing, ignored) &&
           existing != existing.parent_path())
        existing = existing.parent_path();
    const auto space = std::filesystem::space(existing, ignored);
    return ignored ? 0 : space.available;
}

namespace {

/// The kibibytes that a line "KEY:  123 kB" of a file of /proc tells, in bytes; 0 where it has
/// none.
std::uint64_t procBytes(const char* path, const std::string& key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        if (line.rfind(key, 0) == 0)
            return std::strtoull(line.c_str() + key.size(), nullptr, 10) * 1024;
    return 0;
}

}  // namespace

std::uint64_t availableMemoryBytes() {
    return procBytes("/proc/meminfo", "MemAvailable:");
}

std::uint64_t residentMemoryBytes() {
    return procBytes("/proc/self/status", "VmRSS:");
}

std::uint64_t recentPeakMemoryBytes() {
    return procBytes("/proc/self/status", "VmHWM:");
}

bool restartPeakMemory() {
    std::ofstream file("/proc/self/clear_refs");
    file << "5" << std::flush;  // proc(5): resets the peak resident set
    return file.good();
}

std::string processorName() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos)
            return line.substr(line.find(": ") + 2);
    return "unknown processor";
}

}  // namespace skd
