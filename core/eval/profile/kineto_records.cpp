#include "eval/profile/kineto_records.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace skd {
namespace {

ProfileRecord recordOf(const KinetoActivity& activity, Module enclosing) {
    ProfileRecord record{activity.name,      enclosing,      activity.thread,
                         activity.beginNs,   activity.endNs, activity.endNs - activity.beginNs,
                         activity.userScope, activity.device};
    record.module = moduleOf(record, enclosing);
    return record;
}

/// Nesting on the CPU by time: pops what has ended, takes the nested duration off what encloses it.
class Nesting {
public:
    explicit Nesting(std::vector<ProfileRecord>& records) : m_records(records) {}

    void add(const KinetoActivity& activity) {
        std::vector<std::size_t>& open = m_open[activity.thread];
        while (!open.empty() && m_records[open.back()].endNs <= activity.beginNs) open.pop_back();
        const Module enclosing = open.empty() ? Module::Other : m_records[open.back()].module;
        ProfileRecord record = recordOf(activity, enclosing);
        if (!open.empty()) {
            record.endNs = std::min(record.endNs, m_records[open.back()].endNs);
            record.selfNs = record.endNs - record.beginNs;
            m_records[open.back()].selfNs -= record.selfNs;
        }
        open.push_back(m_records.size());
        m_records.push_back(std::move(record));
    }

private:
    std::vector<ProfileRecord>& m_records;
    std::map<std::int64_t, std::vector<std::size_t>> m_open;
};

/// Moves self time from the CPU to kernels; what no kernel covers stays with the outermost scope.
void countKernels(std::vector<ProfileRecord>& records) {
    ProfileRecord* outermost = nullptr;
    for (ProfileRecord& record : records) {
        if (record.kernel) continue;
        record.selfNs = 0;
        if (outermost == nullptr && record.scope && record.module == Module::Gap)
            outermost = &record;
    }
    std::int64_t busyUntil = outermost != nullptr ? outermost->beginNs : 0, idle = 0,
                 last = busyUntil;
    std::vector<ProfileRecord*> kernels;
    for (ProfileRecord& record : records)
        if (record.kernel) kernels.push_back(&record);
    std::sort(kernels.begin(), kernels.end(),
              [](const auto* a, const auto* b) { return a->beginNs < b->beginNs; });
    for (ProfileRecord* kernel : kernels) {
        // Where streams overlap, a moment counts once: for the kernel that began first.
        idle += std::max<std::int64_t>(0, kernel->beginNs - busyUntil);
        kernel->selfNs =
            std::max<std::int64_t>(0, kernel->endNs - std::max(kernel->beginNs, busyUntil));
        busyUntil = std::max(busyUntil, kernel->endNs);
        last = std::max(last, kernel->endNs);
    }
    if (outermost == nullptr) return;
    outermost->endNs = std::max(outermost->endNs, last);
    outermost->selfNs = idle + std::max<std::int64_t>(0, outermost->endNs - busyUntil);
}

}  // namespace

Module moduleOf(const ProfileRecord& record, Module enclosing) {
    Module module = enclosing;
    if (record.scope)
        static_cast<void>(parseEnum(record.name, module));
    else if (enclosing == Module::Gap)
        module = Module::Other;
    return module;
}

std::vector<ProfileRecord> recordsOf(std::vector<KinetoActivity> activities) {
    // Outer before inner: of two that begin together the longer one.
    std::stable_sort(activities.begin(), activities.end(),
                     [](const KinetoActivity& a, const KinetoActivity& b) {
                         return a.beginNs != b.beginNs ? a.beginNs < b.beginNs : a.endNs > b.endNs;
                     });
    std::vector<ProfileRecord> records;
    std::unordered_map<std::uint64_t, Module> launchers;
    Nesting nesting(records);
    for (const KinetoActivity& activity : activities) {
        if (activity.device) continue;
        nesting.add(activity);
        if (activity.correlation != 0) launchers[activity.correlation] = records.back().module;
    }
    bool kernels = false;
    for (const KinetoActivity& activity : activities) {
        Module annotation{};
        // Kineto repeats user scopes on the device's time line; they are no work.
        if (!activity.device || parseEnum(activity.name, annotation)) continue;
        const auto launcher = launchers.find(activity.launchedBy);
        records.push_back(
            recordOf(activity, launcher != launchers.end() ? launcher->second : Module::Other));
        kernels = true;
    }
    if (kernels) countKernels(records);
    std::stable_sort(records.begin(), records.end(),
                     [](const auto& a, const auto& b) { return a.beginNs < b.beginNs; });
    return records;
}

}  // namespace skd
