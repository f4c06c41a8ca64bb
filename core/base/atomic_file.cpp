#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/files.h"

namespace skd {
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
    file.m_temporary = path;
    file.m_temporary += ".tmp";
    if (const int error = injected("open")) return fail(ioError("cannot create", path, error));
    file.m_file = Descriptor(
        ::open(file.m_temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.m_file.isOpen()) return fail(ioError("cannot create", path, errno));
    return file;
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

Status AtomicFile::commit() {
    if (const int error = errorOf("fsync", [&] { return ::fsync(m_file.number()); }))
        return fail(ioError("cannot flush", m_path, error));
    m_file.close();
    const auto rename = [&] { return std::rename(m_temporary.c_str(), m_path.c_str()); };
    if (const int error = errorOf("rename", rename)) {
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
