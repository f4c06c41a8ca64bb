#pragma once

#include <ATen/record_function.h>

#include <optional>

#include "eval/profile/kernel_profiler.h"
#include "model/module_scope.h"

namespace skd {

/// Times operators on the CPU by LibTorch's record functions: a stack of what is open gives self
/// times, and the innermost open part of the decoder gives each operator its module. An operator is
/// timed on the thread that calls it, which waits for the threads it shares its work with.
class RecordFunctionProfiler final : public KernelProfiler {
public:
    RecordFunctionProfiler() = default;
    ~RecordFunctionProfiler() override;
    RecordFunctionProfiler(const RecordFunctionProfiler&) = delete;
    RecordFunctionProfiler& operator=(const RecordFunctionProfiler&) = delete;

    [[nodiscard]] Status start() override;
    [[nodiscard]] std::vector<ProfileRecord> stop() override;
    [[nodiscard]] std::string method() const override;

private:
    /// A record that has begun, and what ran inside so far.
    struct Open {
        std::size_t record = 0;
        std::int64_t nestedNs = 0;
    };
    static std::unique_ptr<at::ObserverContext> onBegin(const at::RecordFunction& function);
    static void onEnd(const at::RecordFunction& function, at::ObserverContext* context);
    void begin(const at::RecordFunction& function);
    void end();
    [[nodiscard]] Module moduleOf(const ProfileRecord& record) const;

    std::optional<at::CallbackHandle> m_callback;
    std::optional<ModuleScope::Enabled> m_scopes;
    std::vector<ProfileRecord> m_records;
    std::vector<Open> m_open;
    std::int64_t m_originNs = 0;
};

}  // namespace skd
