#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace skd {

/// Which of the processes of a run this one is, as torchrun's environment says.
struct ProcessPlace {
    int rank = 0, size = 1;
    int localRank = 0;  ///< among those of this machine
    std::string host;   ///< where rank 0 is
    std::uint16_t port = 0;
    /// The starter serves the store at host and port (torchrun's agent), not rank 0.
    bool isServed = false;
    int attempt = 0;  ///< how often the starter has started all of them again

    /// From RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT. Nothing where WORLD_SIZE is
    /// not set or 1; InvalidInput, by name, where one is missing or senseless beside it.
    static Result<std::optional<ProcessPlace>> fromEnvironment();
};

/// The accelerator of this machine that a process takes: the `localRank`-th of those that `visible`
/// (CUDA_VISIBLE_DEVICES) lists, or with an empty list the number itself. Where the list is shorter
/// than that it is left alone: the starter has chosen already.
std::string visibleDevice(const std::string& visible, int localRank);

}  // namespace skd
