#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/files.h"

namespace skd {
namespace {

WriteFault& writeFault() {
    static WriteFault fault;
    return fault;
}

/// errno that a test wants instead of `call`, or 0.
int injected(const char* call) {
    return writeFault() ? writeFault()(call) : 0;
}

}  // namespace

Status syncFolder(const std::filesystem::path& folder) {
    const int descriptor =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail(ioError("cannot open the folder", folder, errno));
    int error = injected("fsync");
    if (error == 0 && ::fsync(descriptor) != 0) error = errno;
    ::close(descriptor);
    if (error != 0) return fail(ioError("cannot flush the folder", folder, error));
    return {};
}

void setWriteFaultForTesting(WriteFault fault) {
    writeFault() = std::move(fault);
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
    AtomicFile file;
    file.m_path = path;
    file.m_temporary = path;
    file.m_temporary += ".tmp";
    if (const int error = injected("open")) return fail(ioError("cannot create", path, error));
    file.m_descriptor =
        ::open(file.m_temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file.m_descriptor < 0) return fail(ioError("cannot create", path, errno));
    return file;
}

AtomicFile::~AtomicFile() {
    discard();
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_path(std::move(other.m_path)),
      m_temporary(std::move(other.m_temporary)),
      m_descriptor(std::exchange(other.m_descriptor, -1)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    if (this != &other) {
        discard();
        m_path = std::move(other.m_path);
        m_temporary = std::move(other.m_temporary);
        m_descriptor = std::exchange(other.m_descriptor, -1);
    }
    return *this;
}

void AtomicFile::discard() {
    if (m_descriptor < 0) return;
    ::close(m_descriptor);
    m_descriptor = -1;
    ::unlink(m_temporary.c_str());
}

Status AtomicFile::write(const void* data, std::size_t size) {
    const auto* next = static_cast<const char*>(data);
    while (size > 0) {
        if (const int error = injected("write"))
            return fail(ioError("cannot write", m_path, error));
        const ssize_t written = ::write(m_descriptor, next, std::min<std::size_t>(size, 1u << 30));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(ioError("cannot write", m_path, errno));
        next += written;
        size -= static_cast<std::size_t>(written);
    }
    return {};
}

Status AtomicFile::commit() {
    int error = injected("fsync");
    if (error == 0 && ::fsync(m_descriptor) != 0) error = errno;
    if (error != 0) return fail(ioError("cannot flush", m_path, error));
    ::close(std::exchange(m_descriptor, -1));
    error = injected("rename");
    if (error == 0 && std::rename(m_temporary.c_str(), m_path.c_str()) != 0) error = errno;
    if (error != 0) {
        ::unlink(m_temporary.c_str());
        return fail(ioError("cannot rename into place", m_path, error));
    }
    return syncFolder(m_path.parent_path());
}

Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
    SKD_TRY(AtomicFile file, AtomicFile::create(path));
    SKD_CHECK(file.write(bytes));
    return file.commit();
}

}  // namespace skd
