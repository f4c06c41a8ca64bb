#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"

namespace skd {

/// A regular file mapped read-only. Refuses directories, FIFOs and devices; notices a file that
/// shrank since it was opened (checkUnchanged) so that readers never meet SIGBUS unawares.
class MappedFile {
public:
    static Result<MappedFile> open(const std::filesystem::path& path);

    [[nodiscard]] const std::byte* data() const { return m_data.get(); }
    [[nodiscard]] std::uint64_t size() const { return m_size; }
    [[nodiscard]] std::string_view view() const {
        return {reinterpret_cast<const char*>(data()), static_cast<std::size_t>(m_size)};
    }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    /// Fails when the file on disk is now shorter than what was mapped.
    [[nodiscard]] Status checkUnchanged() const;
    /// Copies bytes by read instead of through the map: a file cut short meanwhile is an error, not
    /// SIGBUS.
    [[nodiscard]] Result<std::string> readBytes(std::uint64_t offset, std::uint64_t size) const;
    [[nodiscard]] Status read(std::uint64_t offset, std::span<std::byte> out) const;

private:
    struct Unmap {
        std::uint64_t size;
        void operator()(const std::byte* data) const;
    };
    MappedFile() = default;
    std::filesystem::path m_path;
    Descriptor m_file;
    std::unique_ptr<const std::byte, Unmap> m_data;
    std::uint64_t m_size = 0;
};

/// Whole contents of a regular file of at most `limit` bytes.
Result<std::string> readFile(const std::filesystem::path& path, std::uint64_t limit = 1ull << 32);

/// Size of a file, or of all regular files below a folder; 0 where there is none. Links are not
/// followed.
std::int64_t bytesBelow(const std::filesystem::path& path);

/// A file that appears under its name only when complete: written to NAME.RANDOM.tmp, a new file
/// that is locked meanwhile, then fsync, rename, fsync of the folder. Destroyed without commit(),
/// it leaves nothing; what a killed process has left goes when NAME is written again. A link in the
/// place of NAME is replaced, not followed.
class AtomicFile {
public:
    static Result<AtomicFile> create(const std::filesystem::path& path);
    ~AtomicFile();
    AtomicFile(AtomicFile&&) noexcept = default;

    [[nodiscard]] Status write(const void* data, std::size_t size);
    [[nodiscard]] Status write(std::string_view bytes) { return write(bytes.data(), bytes.size()); }
    /// Puts `bytes` in the place of what was written there.
    [[nodiscard]] Status overwrite(std::uint64_t offset, std::string_view bytes);
    [[nodiscard]] Status commit();

private:
    AtomicFile() = default;
    std::filesystem::path m_path, m_temporary;
    Descriptor m_file;
};

/// Flushes a folder's entries to disk: what makes a rename in it last.
Status syncFolder(const std::filesystem::path& folder);

/// Gives a complete file its final name, and makes both last; `what` failed where it cannot have
/// it.
Status moveIntoPlace(const std::filesystem::path& complete, const std::filesystem::path& path,
                     const std::string& what = "cannot rename into place");

Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);

/// Makes a folder with all that lead to it, and makes the new ones last; one that is there already
/// is fine.
Status createFolders(const std::filesystem::path& folder);

/// Free bytes on the file system that holds `path` (or its nearest existing parent).
std::uint64_t freeDiskBytes(const std::filesystem::path& path);
/// Physical memory the process may still take, in bytes (MemAvailable).
std::uint64_t availableMemoryBytes();
/// Resident set of this process now, in bytes.
std::uint64_t residentMemoryBytes();
/// Lets the peak that recentPeakMemoryBytes reports start again from what is resident now; false
/// where the system does not allow it.
bool restartPeakMemory();
std::uint64_t recentPeakMemoryBytes();
/// Name of the processor, as the system reports it.
std::string processorName();

/// "No space left on device: free some and try again" and the like, from errno.
Error ioError(const std::string& what, const std::filesystem::path& path, int errorNumber);

/// Test hook: called before every write-side system call with its name ("open", "write", "fsync",
/// "rename"); a non-zero return is used as errno instead of the call. Null in the product.
using WriteFault = std::function<int(const char* call)>;
void setWriteFaultForTesting(WriteFault fault);

}  // namespace skd
