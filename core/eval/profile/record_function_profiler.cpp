#include "eval/profile/record_function_profiler.h"

#include <chrono>

namespace skd {
namespace {

/// Callbacks are plain functions, registered for one thread: this is their way back.
thread_local RecordFunctionProfiler* t_active = nullptr;

std::int64_t nowNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

RecordFunctionProfiler::~RecordFunctionProfiler() {
    if (m_callback) static_cast<void>(stop());
}

Status RecordFunctionProfiler::start() {
    if (t_active != nullptr)
        return fail(ErrorCode::Busy, "a profiler is on in this thread already; stop it first");
    m_records.clear();
    m_open.clear();
    m_originNs = nowNs();
    t_active = this;
    m_scopes.emplace();
    m_callback = at::addThreadLocalCallback(
        at::RecordFunctionCallback(&onBegin, &onEnd)
            .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION,
                     at::RecordScope::USER_SCOPE}));
    return {};
}

std::vector<ProfileRecord> RecordFunctionProfiler::stop() {
    if (!m_callback) return {};
    at::removeCallback(*m_callback);
    m_callback.reset();
    m_scopes.reset();
    while (!m_open.empty()) end();
    t_active = nullptr;
    // A copy, and the buffer stays: what outlives a round must not lie between the blocks of its
    // tensors, or the heap has a hole there for each round (44 rounds of 4,096 tokens grew it to 21
    // GB).
    std::vector<ProfileRecord> records = m_records;
    m_records.clear();
    return records;
}

std::string RecordFunctionProfiler::method() const {
    return "LibTorch record functions, self time on the calling thread";
}

std::unique_ptr<at::ObserverContext> RecordFunctionProfiler::onBegin(
    const at::RecordFunction& function) {
    if (t_active != nullptr) t_active->begin(function);
    return nullptr;
}

void RecordFunctionProfiler::onEnd(const at::RecordFunction&, at::ObserverContext*) {
    if (t_active != nullptr) t_active->end();
}

Module RecordFunctionProfiler::moduleOf(const ProfileRecord& record) const {
    Module module = m_open.empty() ? Module::Other : m_records[m_open.back().record].module;
    if (record.scope)
        static_cast<void>(parseEnum(record.name, module));
    else if (module == Module::Gap)
        module = Module::Other;
    return module;
}

void RecordFunctionProfiler::begin(const at::RecordFunction& function) {
    ProfileRecord record;
    record.name = function.name();
    record.scope = function.scope() == at::RecordScope::USER_SCOPE;
    record.module = moduleOf(record);
    record.thread = static_cast<std::int64_t>(at::RecordFunction::currentThreadId());
    record.beginNs = nowNs() - m_originNs;
    m_open.push_back({m_records.size(), 0});
    m_records.push_back(std::move(record));
}

void RecordFunctionProfiler::end() {
    if (m_open.empty()) return;  // began before the profiler did
    const Open open = m_open.back();
    m_open.pop_back();
    ProfileRecord& record = m_records[open.record];
    record.endNs = nowNs() - m_originNs;
    const std::int64_t duration = record.endNs - record.beginNs;
    record.selfNs = duration - open.nestedNs;
    if (!m_open.empty()) m_open.back().nestedNs += duration;
}

}  // namespace skd
