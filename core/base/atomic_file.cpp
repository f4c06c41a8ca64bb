#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <random>
#include <utility>

#include "base/files.h"

namespace skd {
namespace fs = std::filesystem;
namespace {

WriteFault writeFault;

/// errno that a test wants instead of `call`, or 0.
int injected(const char* call) {
    return writeFault ? writeFault(call) : 0;
}

/// errno of a call that returns 0 where it succeeds, or of the fault that a test has in its place.
template <class Call>
int errorOf(const char* name, const Call& call) {
    const int error = injected(name);
    return error == 0 && call() != 0 ? errno : error;
}

/// Digits between the name of a file and the ".tmp" of its unfinished one.
constexpr std::size_t kRandomDigits = 16;

fs::path temporaryName(const fs::path& path) {
    static std::random_device device;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::array<char, kRandomDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%08x%08x", device(), device());
    return path.string() + "." + digits.data() + ".tmp";
}

/// `name` is what temporaryName makes of `final`.
bool isTemporaryOf(std::string_view name, std::string_view final) {
    constexpr std::string_view kEnd = ".tmp";
    if (name.size() != final.size() + 1 + kRandomDigits + kEnd.size() || !name.starts_with(final) ||
        name[final.size()] != '.' || !name.ends_with(kEnd))
        return false;
    return name.substr(final.size() + 1, kRandomDigits).find_first_not_of("0123456789abcdef") ==
           std::string_view::npos;
}

/// True while `path` is the name of the open file.
bool isNamed(const Descriptor& file, const fs::path& path) {
    struct stat held {
    }, named{};
    return ::fstat(file.number(), &held) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/// errno of locking an open file, 0 where that succeeded.
int lockError(const Descriptor& file) {
    return ::flock(file.number(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

/// Removes what processes that were killed have left of `path`: their locks are gone.
void removeAbandoned(const fs::path& path) {
    const std::string final = path.filename().string();
    std::error_code error;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (!isTemporaryOf(entry->path().filename().string(), final)) continue;
        const Descriptor file(
            ::open(entry->path().c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (file.isOpen() && lockError(file) == 0 && isNamed(file, entry->path()))
            ::unlink(entry->path().c_str());
    }
}

}  // namespace

Status syncFolder(const std::filesystem::path& folder) {
    const Descriptor opened(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.isOpen()) return fail(ioError("cannot open the folder", folder, errno));
    if (const int error = errorOf("fsync", [&] { return ::fsync(opened.number()); }))
        return fail(ioError("cannot flush the folder", folder, error));
    return {};
}

Status moveIntoPlace(const std::filesystem::path& complete, const std::filesystem::path& path,
                     const std::string& what) {
    const Descriptor opened(::open(complete.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened.isOpen()) return fail(ioError("cannot open", complete, errno));
    if (::fsync(opened.number()) != 0) return fail(ioError("cannot flush", complete, errno));
    std::error_code error;
    std::filesystem::rename(complete, path, error);
    if (error) return fail(ioError(what, path, error.value()));
    return syncFolder(std::filesystem::absolute(path).parent_path());
}

void setWriteFaultForTesting(WriteFault fault) {
    writeFault = std::move(fault);
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
    AtomicFile file;
    file.m_path = path;
    if (const int error = injected("open")) return fail(ioError("cannot create", path, error));
    removeAbandoned(path);
    // Somebody who clears up may take the new file for an abandoned one until it is locked.
    for (int attempt = 0; attempt < 100; ++attempt) {
        file.m_temporary = temporaryName(path);
        file.m_file = Descriptor(::open(
            file.m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
        if (!file.m_file.isOpen() && errno != EEXIST)
            return fail(ioError("cannot create", path, errno));
        if (!file.m_file.isOpen()) continue;
        const int locked = lockError(file.m_file);
        // A file system without locks has nobody who clears up, either.
        if (locked != EWOULDBLOCK && (locked != 0 || isNamed(file.m_file, file.m_temporary)))
            return file;
    }
    return fail(ioError("cannot create", path, EEXIST));
}

AtomicFile::~AtomicFile() {
    if (m_file.isOpen()) ::unlink(m_temporary.c_str());
}

Status AtomicFile::write(const void* data, std::size_t size) {
    const auto* next = static_cast<const char*>(data);
    while (size > 0) {
        if (const int error = injected("write"))
            return fail(ioError("cannot write", m_path, error));
        const ssize_t written =
            ::write(m_file.number(), next, std::min<std::size_t>(size, 1u << 30));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(ioError("cannot write", m_path, errno));
        next += written;
        size -= static_cast<std::size_t>(written);
    }
    return {};
}

Status AtomicFile::overwrite(std::uint64_t offset, std::string_view bytes) {
    if (::lseek(m_file.number(), static_cast<off_t>(offset), SEEK_SET) < 0)
        return fail(ioError("cannot write", m_path, errno));
    SKD_CHECK(write(bytes));
    if (::lseek(m_file.number(), 0, SEEK_END) < 0)
        return fail(ioError("cannot write", m_path, errno));
    return {};
}

Status AtomicFile::commit() {
    if (const int error = errorOf("fsync", [&] { return ::fsync(m_file.number()); }))
        return fail(ioError("cannot flush", m_path, error));
    // Open, and so locked, until it has its name.
    const auto rename = [&] { return std::rename(m_temporary.c_str(), m_path.c_str()); };
    if (const int error = errorOf("rename", rename))
        return fail(ioError("cannot rename into place", m_path, error));
    m_file.close();
    return syncFolder(m_path.parent_path());
}

Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
    SKD_TRY(AtomicFile file, AtomicFile::create(path));
    SKD_CHECK(file.write(bytes));
    return file.commit();
}

}  // namespace skd
