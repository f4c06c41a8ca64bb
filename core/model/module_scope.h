#pragma once

#include <ATen/record_function.h>

#include <atomic>
#include <optional>

#include "results/profile_module.h"

namespace skd {

/// Names the part of a decoder that runs until the scope ends, so that profilers can attribute
/// LibTorch's operators and our own passes, which LibTorch does not see; or the part of a training
/// step. Costs one relaxed atomic load while no profiler is on.
class ModuleScope {
public:
    explicit ModuleScope(Module module) {
        if (s_profilers.load(std::memory_order_relaxed) > 0) [[unlikely]]
            begin(enumName(module));
    }
    explicit ModuleScope(StepPhase phase) {
        if (s_profilers.load(std::memory_order_relaxed) > 0) [[unlikely]]
            begin(enumName(phase));
    }
    ModuleScope(const ModuleScope&) = delete;
    ModuleScope& operator=(const ModuleScope&) = delete;

    /// Scopes are recorded while one of these is alive.
    class Enabled {
    public:
        Enabled() { ++s_profilers; }
        ~Enabled() { --s_profilers; }
        Enabled(const Enabled&) = delete;
        Enabled& operator=(const Enabled&) = delete;
    };

private:
    void begin(const char* name) {
        m_record.emplace(at::RecordScope::USER_SCOPE);
        // Names are literals: profilers may keep the pointer.
        if (m_record->isActive()) m_record->before(std::string_view(name));
    }

    static inline std::atomic<int> s_profilers = 0;
    std::optional<at::RecordFunction> m_record;
};

}  // namespace skd
