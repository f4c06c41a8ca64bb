#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "base/result.h"
#include "results/profile_report.h"

namespace skd {

/// Records what runs between start and stop on the calling thread (and on the device that it
/// feeds): operators, and the parts of the decoder around them (ModuleScope).
class KernelProfiler {
public:
    virtual ~KernelProfiler() = default;
    /// Busy while another profiler of its kind is on in this thread.
    [[nodiscard]] virtual Status start() = 0;
    /// In the order in which they began, outer ones first. Self times of records that enclose each
    /// other add up to the outermost one's duration. Empty when it was not started.
    [[nodiscard]] virtual std::vector<ProfileRecord> stop() = 0;
    /// How times are taken, in words.
    [[nodiscard]] virtual std::string method() const = 0;
};

/// Record functions on the CPU, Kineto on other devices.
std::unique_ptr<KernelProfiler> makeKernelProfiler(at::Device device);

}  // namespace skd
