#include "store/write_connection.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/files.h"
#include "store/migrations.h"

namespace skd {
namespace {

/// What the lock file says of its owner; "an unknown process" while it is being written.
std::string ownerOf(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
    const std::string pid(text.data(),
                          std::find(text.data(), text.data() + std::max<ssize_t>(size, 0), '\n'));
    return pid.empty() ? "another process" : "process " + pid;
}

/// flock, again for a moment: a reader that looks whether the owner lives holds the lock for as
/// long as it takes to ask (isWorkspaceOwned).
bool lockAlone(int descriptor) {
    for (int tries = 0;; ++tries) {
        if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK || tries == 10) return false;
        ::usleep(2000);
    }
}

Status writeOwner(int descriptor, const std::filesystem::path& path) {
    const std::string pid = strCat(::getpid(), "\n");
    const bool written =
        ::ftruncate(descriptor, 0) == 0 &&
        ::pwrite(descriptor, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
    if (!written) return fail(ioError("cannot write", path, errno));
    return {};
}

/// The lock is written into: it must be a file of its own.
tl::unexpected<Error> refuseLock(const std::filesystem::path& path) {
    return fail(ErrorCode::InvalidInput,
                strCat(path.string(),
                       " is a link to something else, or no regular file; remove it, "
                       "it is made again"));
}

/// Unsupported when `folder` lies on a network file system, where locks and shared memory do not
/// hold.
Status refuseNetworkFileSystem(const std::filesystem::path& folder) {
    // NFS, SMB, SMB2, CIFS, AFS, Ceph, Lustre, GPFS (linux/magic.h and the systems' own sources).
    static constexpr std::array<std::uint32_t, 8> kNetwork{
        0x6969, 0x517B, 0xFE534D42, 0xFF534D42, 0x5346414F, 0x00C36400, 0x0BD00BD0, 0x47504653};
    struct statfs info {};
    if (::statfs(folder.c_str(), &info) != 0) return fail(ioError("cannot examine", folder, errno));
    const auto type = static_cast<std::uint32_t>(info.f_type);
    if (std::find(kNetwork.begin(), kNetwork.end(), type) == kNetwork.end()) return {};
    return fail(ErrorCode::Unsupported, strCat(folder.string(),
                                               " is on a network file system, where a workspace "
                                               "can be damaged; choose a folder on a local disk"));
}

}  // namespace

Result<Descriptor> lockWorkspace(const std::filesystem::path& workspace) {
    const std::filesystem::path path = workspace.string() + ".lock";
    // O_NONBLOCK: opening a FIFO must not wait for its other end.
    Descriptor lock(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
    if (!lock.isOpen() && errno == ELOOP) return refuseLock(path);
    if (!lock.isOpen()) return fail(ioError("cannot create the lock", path, errno));
    struct stat info {};
    if (::fstat(lock.number(), &info) != 0) return fail(ioError("cannot examine", path, errno));
    if (!S_ISREG(info.st_mode) || info.st_nlink > 1) return refuseLock(path);
    if (!lockAlone(lock.number())) {
        if (errno != EWOULDBLOCK) return fail(ioError("cannot lock", path, errno));
        return fail(ErrorCode::Busy, strCat("the workspace ", workspace.string(), " is in use by ",
                                            ownerOf(lock.number()),
                                            "; close it there, or open the workspace read-only"));
    }
    SKD_CHECK(writeOwner(lock.number(), path));
    return lock;
}

bool isWorkspaceOwned(const std::filesystem::path& workspace) {
    std::error_code error;
    const std::filesystem::path file =
        std::filesystem::weakly_canonical(std::filesystem::absolute(workspace, error), error);
    if (error) return true;
    const Descriptor lock(
        ::open((file.string() + ".lock").c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!lock.isOpen()) return errno != ENOENT;
    return ::flock(lock.number(), LOCK_SH | LOCK_NB) != 0;
}

Result<std::unique_ptr<WriteConnection>> WriteConnection::open(
    const std::filesystem::path& workspace) {
    std::error_code error;
    // One name per file: a lock beside a symbolic link would not keep others from the file itself.
    const std::filesystem::path file =
        std::filesystem::weakly_canonical(std::filesystem::absolute(workspace, error), error);
    if (error) return fail(ioError("cannot open the workspace", workspace, error.value()));
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
        return fail(ErrorCode::InvalidInput,
                    strCat(file.string(), " is not a file; give the path of a workspace file"));
    SKD_CHECK(createFolders(file.parent_path()));
    SKD_CHECK(refuseNetworkFileSystem(file.parent_path()));
    SKD_TRY(Descriptor lock, lockWorkspace(file));
    SKD_CHECK(migrateFile(file, schemaMigrations()));

    std::unique_ptr<WriteConnection> connection(new WriteConnection(std::move(lock)));
    connection->m_file = file;
    SKD_TRY(connection->m_database, openForWriting(file));
    return connection;
}

}  // namespace skd
