#pragma once

#include <filesystem>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

/// For the .cpp files of store and exchange only, like store/database.h.
namespace skd {

/// A workspace taken for writing, until this goes: nobody else who asks for it writes to the same
/// file, by whatever name. Two kinds of files are locked with flock and hold the owner's pid:
/// - WORKSPACE.lock, which stays: removing it would let two processes lock two files of that name;
/// - DEVICE-INODE.lock, named by the workspace file itself, in a folder of this user below /tmp and
///   one below /dev/shm (each may be cleared by the system, not both): against hard links, and
///   against somebody who removes the first. They go with their owner.
/// The workspace file itself is not locked so: closing a descriptor of it would take SQLite's own
/// locks from every connection of the process. The kernel lets go of the locks when the process
/// ends, however it ends.
class WorkspaceLock {
public:
    /// Makes the file where it is missing. Busy: another owner lives; the error names its pid.
    /// `workspace` is absolute and leads through no link.
    static Result<WorkspaceLock> take(const std::filesystem::path& workspace);
    ~WorkspaceLock();
    WorkspaceLock(WorkspaceLock&&) noexcept = default;
    WorkspaceLock& operator=(WorkspaceLock&&) = delete;

private:
    struct Held {
        std::filesystem::path path;
        Descriptor descriptor;
    };
    WorkspaceLock() = default;
    Status takeByInode(const std::filesystem::path& workspace);

    Descriptor m_named;
    std::vector<Held> m_byInode;
};

/// Whether a process that may write has the workspace open, this one included; true as well where
/// that cannot be found out.
bool isWorkspaceOwned(const std::filesystem::path& workspace);

}  // namespace skd
