#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace skd {

/// A file that one process at a time has locked (flock); the kernel lets go when its owner ends,
/// however it ends. The file stays: removing it would let two processes lock two files of one name.
class FileTurn {
public:
    /// At once; nothing where another one has it.
    static Result<std::optional<FileTurn>> tryTake(const std::filesystem::path& file);
    /// Waits for it; nothing where `cancelled` has become true meanwhile.
    static Result<std::optional<FileTurn>> take(const std::filesystem::path& file,
                                                const std::function<bool()>& cancelled);

private:
    explicit FileTurn(Descriptor file) : m_file(std::move(file)) {}
    Descriptor m_file;
};

/// Folder of the turns beside the caches that several processes share. Where it is missing nobody
/// shares them, and nobody waits.
inline std::filesystem::path turnsBeside(const std::filesystem::path& cache) {
    return cache.parent_path() / "turns";
}

/// The turn of whoever makes the entry `name` of `cache`: others wait until it is there. Nothing
/// where the cache is not shared, its turn cannot be taken (a double is made, no wrong one), or
/// `cancelled` has become true.
std::optional<FileTurn> turnToMake(const std::filesystem::path& cache, const std::string& name,
                                   const std::function<bool()>& cancelled);

}  // namespace skd
