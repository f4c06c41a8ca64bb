#pragma once

#include <optional>

#include "eval/profile/kernel_profiler.h"
#include "model/module_scope.h"

namespace skd {

/// Times kernels by Kineto's events, each counted for the part of the decoder whose operator
/// launched it. On a CPU it times operators as RecordFunctionProfiler does. On CUDA: not measured,
/// no such device was at hand.
class KinetoProfiler final : public KernelProfiler {
public:
    explicit KinetoProfiler(at::Device device) : m_device(device) {}
    ~KinetoProfiler() override;
    KinetoProfiler(const KinetoProfiler&) = delete;
    KinetoProfiler& operator=(const KinetoProfiler&) = delete;

    [[nodiscard]] Status start() override;
    [[nodiscard]] std::vector<ProfileRecord> stop() override;
    [[nodiscard]] std::string method() const override;

private:
    at::Device m_device;
    std::optional<ModuleScope::Enabled> m_scopes;
};

}  // namespace skd
