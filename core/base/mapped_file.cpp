#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "base/text.h"

namespace skd {
namespace {

Status checkRegular(const std::filesystem::path& path, const struct stat& info) {
    if (S_ISREG(info.st_mode)) return {};
    const char* kind = S_ISDIR(info.st_mode)    ? "a folder"
                       : S_ISFIFO(info.st_mode) ? "a pipe"
                                                : "a device";
    return fail(ErrorCode::InvalidInput, strCat(path.string(), " is ", kind,
                                                ", not a file; give the path of a regular file"));
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    MappedFile file;
    file.m_path = path;
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    file.m_file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.m_file.isOpen()) return fail(ioError("cannot open", path, errno));
    struct stat info {};
    if (::fstat(file.m_file.number(), &info) != 0)
        return fail(ioError("cannot examine", path, errno));
    SKD_CHECK(checkRegular(path, info));
    file.m_size = static_cast<std::uint64_t>(info.st_size);
    if (file.m_size == 0) return file;
    void* address = ::mmap(nullptr, file.m_size, PROT_READ, MAP_SHARED, file.m_file.number(), 0);
    if (address == MAP_FAILED) return fail(ioError("cannot map", path, errno));
    file.m_data = {static_cast<const std::byte*>(address), Unmap{file.m_size}};
    return file;
}

void MappedFile::Unmap::operator()(const std::byte* data) const {
    ::munmap(const_cast<std::byte*>(data), size);
}

Status MappedFile::checkUnchanged() const {
    struct stat info {};
    if (::fstat(m_file.number(), &info) != 0) return fail(ioError("cannot examine", m_path, errno));
    if (static_cast<std::uint64_t>(info.st_size) >= m_size) return {};
    return fail(ErrorCode::Corrupt,
                strCat(m_path.string(), " shrank from ", m_size, " to ", info.st_size,
                       " bytes while it was open; copy the complete file and load it again"));
}

Result<std::string> readFile(const std::filesystem::path& path, std::uint64_t limit) {
    SKD_TRY(const MappedFile file, MappedFile::open(path));
    if (file.size() > limit)
        return fail(ErrorCode::InvalidInput,
                    strCat(path.string(), " has ", file.size(), " bytes, more than the ", limit,
                           " allowed here"));
    return file.readBytes(0, file.size());
}

Result<std::string> MappedFile::readBytes(std::uint64_t offset, std::uint64_t size) const {
    std::string bytes(static_cast<std::size_t>(size), '\0');
    SKD_CHECK(read(offset, std::as_writable_bytes(std::span(bytes))));
    return bytes;
}

Status MappedFile::read(std::uint64_t offset, std::span<std::byte> out) const {
    std::uint64_t done = 0;
    while (done < out.size()) {
        const ssize_t got = ::pread(m_file.number(), out.data() + done, out.size() - done,
                                    static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(ioError("cannot read", m_path, errno));
        if (got == 0)
            return fail(ErrorCode::Corrupt,
                        strCat(m_path.string(), " ends at byte ", offset + done, " of ",
                               offset + out.size(), "; copy the complete file and load it again"));
        done += static_cast<std::uint64_t>(got);
    }
    return {};
}

std::int64_t bytesBelow(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error))
        return static_cast<std::int64_t>(std::filesystem::file_size(path, error));
    std::int64_t bytes = 0;
    for (auto entry = std::filesystem::recursive_directory_iterator(
             path, std::filesystem::directory_options::skip_permission_denied, error);
         entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
        if (error) break;
        std::error_code gone;
        if (!entry->is_regular_file(gone) || entry->is_symlink(gone)) continue;
        const auto size = entry->file_size(gone);
        if (!gone) bytes += static_cast<std::int64_t>(size);
    }
    return bytes;
}

}  // namespace skd
