#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <optional>
#include <set>

#include "eval/profile/kernel_profiler.h"
#include "eval/profile/kineto_records.h"
#include "model/module_scope.h"

namespace skd {
namespace {

namespace kineto = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;

KinetoActivity activityOf(const kineto::KinetoEvent& event, std::int64_t originNs) {
    KinetoActivity activity;
    activity.name = event.name();
    activity.beginNs = static_cast<std::int64_t>(event.startNs()) - originNs;
    activity.endNs = activity.beginNs + static_cast<std::int64_t>(event.durationNs());
    activity.device = event.deviceType() != c10::DeviceType::CPU;
    activity.thread = activity.device ? event.deviceResourceId()
                                      : static_cast<std::int64_t>(event.startThreadId());
    activity.correlation = activity.device ? 0 : event.correlationId();
    activity.launchedBy = activity.device ? event.linkedCorrelationId() : 0;
    activity.userScope =
        !activity.device && event.scope() == static_cast<std::uint8_t>(at::RecordScope::USER_SCOPE);
    return activity;
}

void synchronise(at::Device device) {
    if (device.is_cpu()) return;
    const c10::impl::VirtualGuardImpl guard(device.type());
    guard.synchronizeDevice(device.has_index() ? device.index() : guard.getDevice().index());
}

std::set<ActivityType> activitiesOf(at::Device device) {
    return device.is_cuda() ? std::set{ActivityType::CPU, ActivityType::CUDA}
                            : std::set{ActivityType::CPU};
}

class KinetoProfiler final : public KernelProfiler {
public:
    explicit KinetoProfiler(at::Device device) : m_device(device) {}
    ~KinetoProfiler() override {
        if (m_scopes) static_cast<void>(KinetoProfiler::stop());
    }
    KinetoProfiler(const KinetoProfiler&) = delete;
    KinetoProfiler& operator=(const KinetoProfiler&) = delete;

    [[nodiscard]] Status start() override {
        if (m_scopes || torch::profiler::impl::profilerEnabled())
            return fail(ErrorCode::Busy, "a Kineto profiler is on already; stop it first");
        const torch::profiler::impl::ProfilerConfig config(
            torch::profiler::impl::ProfilerState::KINETO);
        synchronise(m_device);
        kineto::prepareProfiler(config, activitiesOf(m_device));
        kineto::enableProfiler(config, activitiesOf(m_device),
                               {at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION,
                                at::RecordScope::USER_SCOPE});
        m_scopes.emplace();
        return {};
    }

    [[nodiscard]] std::vector<ProfileRecord> stop() override {
        if (!m_scopes) return {};
        synchronise(m_device);
        m_scopes.reset();
        const std::unique_ptr<kineto::ProfilerResult> result = kineto::disableProfiler();
        std::vector<KinetoActivity> activities;
        for (const kineto::KinetoEvent& event : result->events())
            activities.push_back(
                activityOf(event, static_cast<std::int64_t>(result->trace_start_ns())));
        return recordsOf(std::move(activities));
    }

    [[nodiscard]] std::string method() const override {
        return m_device.is_cpu()
                   ? "Kineto, self time on the calling thread"
                   : "Kineto, time of the device's kernels (this path has not been measured)";
    }

private:
    at::Device m_device;
    std::optional<ModuleScope::Enabled> m_scopes;
};

}  // namespace

std::unique_ptr<KernelProfiler> makeKinetoProfiler(at::Device device) {
    return std::make_unique<KinetoProfiler>(device);
}

std::unique_ptr<KernelProfiler> makeKernelProfiler(at::Device device) {
    return device.is_cpu() ? makeRecordFunctionProfiler() : makeKinetoProfiler(device);
}

}  // namespace skd
