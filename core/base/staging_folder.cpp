#include "base/staging_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"

namespace skd {
namespace fs = std::filesystem;
namespace {

/// Shows that a NAME.partial is ours to clear, and holds the lock of the process that fills it.
constexpr const char* kMarker = ".sparsekd-partial";

Status checkTarget(const fs::path& target, const StagingRules& rules) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(target, error))) return {};
    if (fs::is_directory(target, error) && fs::is_empty(target, error)) return {};
    if (!fs::is_directory(target, error) || fs::is_symlink(target, error) || !rules.isOurs(target))
        return fail(ErrorCode::InvalidInput, strCat(target.string(), " exists and is not a ",
                                                    rules.kind, " folder; name another place"));
    if (rules.replace) return {};
    return fail(
        ErrorCode::InvalidInput,
        strCat(target.string(), " holds a ", rules.kind,
               " already; name another place or allow it to be replaced (", rules.option, ")"));
}

/// Empties what a killed process left, or makes the folder; returns the locked marker.
Result<Descriptor> claim(const fs::path& partial, const StagingRules& rules) {
    std::error_code error;
    const fs::path marker = partial / kMarker;
    const bool taken = fs::exists(fs::symlink_status(partial, error));
    const bool empty = fs::is_directory(partial, error) && fs::is_empty(partial, error);
    // A killed process may also have left the folder that it had just replaced.
    if (taken && !empty && !fs::exists(marker, error) && !rules.isOurs(partial))
        return fail(ErrorCode::InvalidInput,
                    strCat(partial.string(), " is in the way; move or remove it"));
    SKD_CHECK(createFolders(partial));
    Descriptor lock(::open(marker.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!lock.isOpen()) return fail(ioError("cannot create", marker, errno));
    if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::Busy,
                    strCat("another process is building ", partial.string(), "; wait for it"));
    for (const auto& entry : fs::directory_iterator(partial, error))
        if (entry.path().filename() != kMarker) fs::remove_all(entry.path(), error);
    return lock;
}

}  // namespace

Result<StagingFolder> StagingFolder::create(const fs::path& target, const StagingRules& rules) {
    StagingFolder folder;
    // "out/" and "out" are the same folder.
    folder.m_target = target.has_filename() ? target : target.parent_path();
    if (folder.m_target.empty() || folder.m_target.filename() == "." ||
        folder.m_target.filename() == "..")
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", target.string(), "\" does not name a folder to create"));
    SKD_CHECK(checkTarget(folder.m_target, rules));
    folder.m_partial = folder.m_target;
    folder.m_partial += ".partial";
    SKD_TRY(folder.m_lock, claim(folder.m_partial, rules));
    return folder;
}

StagingFolder::~StagingFolder() {
    std::error_code ignored;
    if (m_lock.isOpen()) fs::remove_all(m_partial, ignored);
}

Status StagingFolder::commit() {
    std::error_code error;
    const bool exists = fs::exists(m_target, error);
    const auto trade = [&] {
        return exists ? ::renameat2(AT_FDCWD, m_partial.c_str(), AT_FDCWD, m_target.c_str(),
                                    RENAME_EXCHANGE)
                      : ::rename(m_partial.c_str(), m_target.c_str());
    };
    if (trade() != 0) return fail(ioError("cannot put into place", m_target, errno));
    if (Status synced = syncFolder(m_target.parent_path()); !synced) {
        exists ? (void)trade() : (void)::rename(m_target.c_str(), m_partial.c_str());
        return synced;
    }
    // The lock's file goes last: until now it kept other builds away. Without the folder's fsync it
    // may be back after a loss of power.
    if (::unlink((m_target / kMarker).c_str()) != 0 || !syncFolder(m_target))
        log::warning(strCat(m_target.string(), " is complete, but ", kMarker,
                            " in it could not be removed for good; delete that file"));
    // The destructor clears what has the other name now: the folder that was replaced.
    return {};
}

}  // namespace skd
