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

/// Times operators on the CPU by LibTorch's record functions: a stack of what is open gives self
/// times, and the innermost open part of the decoder gives each operator its module. An operator is
/// timed on the thread that calls it, which waits for the threads it shares its work with. A
/// backward pass counts for the part whose forward pass was recorded before it.
std::unique_ptr<KernelProfiler> makeRecordFunctionProfiler();

/// Times kernels by Kineto's events, each counted for the part of the decoder whose operator
/// launched it. On a CPU it times operators as record functions do. On CUDA: not measured, no such
/// device was at hand.
std::unique_ptr<KernelProfiler> makeKinetoProfiler(at::Device device);

/// Record functions on the CPU, Kineto on other devices.
std::unique_ptr<KernelProfiler> makeKernelProfiler(at::Device device);

}  // namespace skd
