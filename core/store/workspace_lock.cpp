#include "store/workspace_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr int kOpenLock = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;  // a FIFO must not wait
constexpr std::array kSharedFolders{"/tmp", "/dev/shm"};

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

Status writeOwner(int descriptor, const fs::path& path) {
    const std::string pid = strCat(::getpid(), "\n");
    const bool written =
        ::ftruncate(descriptor, 0) == 0 &&
        ::pwrite(descriptor, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
    if (!written) return fail(ioError("cannot write", path, errno));
    return {};
}

/// The lock is written into: it must be a file of its own.
tl::unexpected<Error> refuseLock(const fs::path& path) {
    return fail(ErrorCode::InvalidInput,
                strCat(path.string(),
                       " is a link to something else, or no regular file; remove it, "
                       "it is made again"));
}

/// A lock file, opened and locked, with this process as its owner.
Result<Descriptor> lockFile(const fs::path& path, const fs::path& workspace) {
    Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | kOpenLock, 0644));
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

struct FileNumber {
    dev_t device;
    ino_t inode;
    bool operator==(const FileNumber&) const = default;
};

std::optional<FileNumber> numberOf(const fs::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return std::nullopt;
    return FileNumber{info.st_dev, info.st_ino};
}

/// True while `path` is the name of the open file: its owner removes it when it lets go.
bool isStillNamed(const Descriptor& file, const fs::path& path) {
    struct stat held {};
    return ::fstat(file.number(), &held) == 0 && held.st_nlink > 0 &&
           numberOf(path) == FileNumber{held.st_dev, held.st_ino};
}

/// Folders of this user that nobody else can write to; others may have made what stands there.
std::vector<fs::path> lockFolders() {
    std::vector<fs::path> folders;
    for (const char* shared : kSharedFolders) {
        const fs::path folder = fs::path(shared) / strCat("sparsekd-", ::geteuid());
        struct stat info {};
        (void)::mkdir(folder.c_str(), 0700);
        if (::lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
            info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0)
            folders.push_back(folder);
    }
    return folders;
}

std::string lockName(const FileNumber& number) {
    return strCat(number.device, "-", number.inode, ".lock");
}

/// An empty file, which SQLite fills. One that is there is not opened: closing it would take the
/// locks of this process's readers.
Status makeWhereMissing(const fs::path& workspace) {
    if (numberOf(workspace)) return {};
    const Descriptor made(::open(workspace.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!made.isOpen() && errno != EEXIST)
        return fail(ioError("cannot create the workspace", workspace, errno));
    return {};
}

bool isLocked(const fs::path& path) {
    const Descriptor lock(::open(path.c_str(), O_RDONLY | kOpenLock));
    if (!lock.isOpen()) return errno != ENOENT;
    return ::flock(lock.number(), LOCK_SH | LOCK_NB) != 0;
}

}  // namespace

Result<WorkspaceLock> WorkspaceLock::take(const fs::path& workspace) {
    WorkspaceLock lock;
    SKD_TRY(lock.m_named, lockFile(workspace.string() + ".lock", workspace));
    SKD_CHECK(makeWhereMissing(workspace));
    SKD_CHECK(lock.takeByInode(workspace));
    return lock;
}

Status WorkspaceLock::takeByInode(const fs::path& workspace) {
    const auto number = numberOf(workspace);
    if (!number) return fail(ioError("cannot examine", workspace, errno));
    for (const fs::path& folder : lockFolders()) {
        const fs::path path = folder / lockName(*number);
        for (int tries = 0;; ++tries) {
            auto lock = lockFile(path, workspace);
            if (!lock && lock.error().code == ErrorCode::Busy) return fail(lock.error());
            if (!lock) break;  // a folder that is full or read-only: the other one will do
            if (isStillNamed(*lock, path)) {
                m_byInode.push_back({path, std::move(*lock)});
                break;
            }
            if (tries == 10) break;
        }
    }
    if (m_byInode.empty())
        log::warning(strCat("no lock file can be made below ", joined(kSharedFolders, " or "),
                            ": another process could write to ", workspace.string(),
                            " by another name of it at the same time"));
    if (numberOf(workspace) != number)
        return fail(ErrorCode::Busy,
                    strCat(workspace.string(), " was replaced while it was opened; open it again"));
    return {};
}

WorkspaceLock::~WorkspaceLock() {
    // While it is locked: whoever opened it before finds that it has lost its name.
    for (const Held& held : m_byInode) ::unlink(held.path.c_str());
}

bool isWorkspaceOwned(const fs::path& workspace) {
    std::error_code error;
    const fs::path file = fs::weakly_canonical(fs::absolute(workspace, error), error);
    if (error || isLocked(file.string() + ".lock")) return true;
    const auto number = numberOf(file);
    if (!number) return false;
    const std::vector<fs::path> folders = lockFolders();
    return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
        return isLocked(folder / lockName(*number));
    });
}

}  // namespace skd
