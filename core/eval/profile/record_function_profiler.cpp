#include <ATen/SequenceNumber.h>
#include <ATen/record_function.h>

#include <chrono>
#include <optional>

#include "eval/profile/kernel_profiler.h"
#include "eval/profile/kineto_records.h"
#include "model/module_scope.h"

namespace skd {
namespace {

std::int64_t nowNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

class RecordFunctionProfiler final : public KernelProfiler {
public:
    RecordFunctionProfiler() = default;
    ~RecordFunctionProfiler() override {
        if (m_callback) static_cast<void>(RecordFunctionProfiler::stop());
    }
    RecordFunctionProfiler(const RecordFunctionProfiler&) = delete;
    RecordFunctionProfiler& operator=(const RecordFunctionProfiler&) = delete;

    [[nodiscard]] Status start() override {
        if (t_active != nullptr)
            return fail(ErrorCode::Busy, "a profiler is on in this thread already; stop it first");
        m_records.clear();
        m_open.clear();
        m_nodes.clear();
        m_firstNode = at::sequence_number::peek();
        m_originNs = nowNs();
        t_active = this;
        m_scopes.emplace();
        m_callback = at::addThreadLocalCallback(
            at::RecordFunctionCallback(&onBegin, &onEnd)
                .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION,
                         at::RecordScope::USER_SCOPE}));
        return {};
    }

    [[nodiscard]] std::vector<ProfileRecord> stop() override {
        if (!m_callback) return {};
        at::removeCallback(*m_callback);
        m_callback.reset();
        m_scopes.reset();
        while (!m_open.empty()) end();
        t_active = nullptr;
        // A copy, and the buffer stays: what outlives a round must not lie between the blocks of
        // its tensors, or the heap has a hole there for each round (44 rounds of 4,096 tokens grew
        // it to 21 GB).
        std::vector<ProfileRecord> records = m_records;
        m_records.clear();
        return records;
    }

    [[nodiscard]] std::string method() const override {
        return "LibTorch record functions, self time on the calling thread";
    }

private:
    /// A record that has begun, and what ran inside so far.
    struct Open {
        std::size_t record = 0;
        std::int64_t nestedNs = 0;
        std::uint64_t firstNode = 0;  ///< of autograd, as they are numbered in this thread
    };

    static std::unique_ptr<at::ObserverContext> onBegin(const at::RecordFunction& function) {
        if (t_active != nullptr) t_active->begin(function);
        return nullptr;
    }
    static void onEnd(const at::RecordFunction& /*function*/, at::ObserverContext* /*context*/) {
        if (t_active != nullptr) t_active->end();
    }

    void begin(const at::RecordFunction& function) {
        ProfileRecord record;
        record.name = function.name();
        record.scope = function.scope() == at::RecordScope::USER_SCOPE;
        record.module = moduleOf(
            record, m_open.empty() ? Module::Other : m_records[m_open.back().record].module);
        if (function.scope() == at::RecordScope::BACKWARD_FUNCTION)
            record.module = moduleOfNode(function.seqNr());
        record.thread = static_cast<std::int64_t>(at::RecordFunction::currentThreadId());
        record.beginNs = nowNs() - m_originNs;
        m_open.push_back({m_records.size(), 0, at::sequence_number::peek()});
        m_records.push_back(std::move(record));
    }

    void end() {
        if (m_open.empty()) return;  // began before the profiler did
        const Open open = m_open.back();
        m_open.pop_back();
        ProfileRecord& record = m_records[open.record];
        record.endNs = nowNs() - m_originNs;
        const std::int64_t duration = record.endNs - record.beginNs;
        record.selfNs = duration - open.nestedNs;
        if (!m_open.empty()) m_open.back().nestedNs += duration;
        if (record.scope && isAttributed(record.module)) nameNodes(open.firstNode, record.module);
    }

    /// The nodes that a part of the decoder has made are its backward pass. Inner parts end, and
    /// name theirs, first.
    void nameNodes(std::uint64_t first, Module module) {
        const std::uint64_t end = at::sequence_number::peek() - m_firstNode;
        if (end > m_nodes.size()) m_nodes.resize(end, Module::Other);
        for (std::uint64_t node = first - m_firstNode; node < end; ++node)
            if (m_nodes[node] == Module::Other) m_nodes[node] = module;
    }
    /// The part whose forward pass has made a node; Other where that was not recorded, and of what
    /// ends in a parameter.
    [[nodiscard]] Module moduleOfNode(std::int64_t sequence) const {
        const std::uint64_t node = static_cast<std::uint64_t>(sequence) - m_firstNode;
        return node < m_nodes.size() ? m_nodes[node] : Module::Other;
    }

    /// Callbacks are plain functions, registered for one thread: this is their way back.
    static inline thread_local RecordFunctionProfiler* t_active = nullptr;
    std::optional<at::CallbackHandle> m_callback;
    std::optional<ModuleScope::Enabled> m_scopes;
    std::vector<ProfileRecord> m_records;
    std::vector<Open> m_open;
    std::vector<Module> m_nodes;  ///< of autograd: the part that made each, from m_firstNode on
    std::uint64_t m_firstNode = 0;
    std::int64_t m_originNs = 0;
};

}  // namespace

std::unique_ptr<KernelProfiler> makeRecordFunctionProfiler() {
    return std::make_unique<RecordFunctionProfiler>();
}

}  // namespace skd
