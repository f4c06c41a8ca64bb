#pragma once

#include <filesystem>

#include "base/descriptor.h"
#include "base/result.h"

namespace skd {

/// Takes a workspace: WORKSPACE.lock, locked with flock and holding the owner's pid, for as long as
/// the descriptor is open. The kernel lets go of it when the process ends, however it ends; the
/// file itself stays: removing it would let two processes lock two different files of that name.
/// Busy: another owner lives; the error names its pid.
Result<Descriptor> lockWorkspace(const std::filesystem::path& workspace);

/// Unsupported when `folder` lies on a network file system, where locks and shared memory do not
/// hold.
Status refuseNetworkFileSystem(const std::filesystem::path& folder);

}  // namespace skd
