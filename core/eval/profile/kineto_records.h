#pragma once

#include <vector>

#include "results/profile_report.h"

namespace skd {

/// What Kineto says of an operator, a user scope or a kernel.
struct KinetoActivity {
    std::string name;
    std::int64_t beginNs = 0, endNs = 0;
    std::int64_t thread = 0;        ///< of the CPU, or the stream of a kernel
    std::uint64_t correlation = 0;  ///< of a CPU activity
    std::uint64_t launchedBy = 0;   ///< of a kernel: correlation of the operator that launched it
    bool userScope = false, device = false;
};

/// What a record counts for: its own part of the decoder where it is a scope, else the one around
/// it.
Module moduleOf(const ProfileRecord& record, Module enclosing);

/// Records in the order in which they began. Without kernels self times are those of the CPU. With
/// kernels only they have self time: each counts for the part of the decoder whose operator
/// launched it; time between kernels counts for the outermost scope of the decoder, so that self
/// times add up to its duration, stretched to the end of the last kernel.
std::vector<ProfileRecord> recordsOf(std::vector<KinetoActivity> activities);

}  // namespace skd
