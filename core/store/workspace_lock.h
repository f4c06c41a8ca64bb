#pragma once

#include <filesystem>

#include "base/result.h"

namespace skd {

/// Ownership of a workspace: WORKSPACE.lock, locked with flock and holding the owner's pid. The
/// kernel lets go of it when the process ends, however it ends; the file itself may stay.
class WorkspaceLock {
public:
    /// Busy: another owner lives; the error names its pid.
    static Result<WorkspaceLock> acquire(const std::filesystem::path& workspace);
    ~WorkspaceLock();
    WorkspaceLock(WorkspaceLock&& other) noexcept;
    WorkspaceLock& operator=(WorkspaceLock&& other) noexcept;

private:
    explicit WorkspaceLock(int descriptor) : m_descriptor(descriptor) {}
    void release();
    int m_descriptor = -1;
};

/// Unsupported when `folder` lies on a network file system, where locks and shared memory do not
/// hold.
Status refuseNetworkFileSystem(const std::filesystem::path& folder);

}  // namespace skd
