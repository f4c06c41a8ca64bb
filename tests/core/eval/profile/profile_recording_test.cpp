#include <gtest/gtest.h>

#include <c10/core/GradMode.h>

#include <chrono>
#include <map>

#include "core/model/tiny_model.h"
#include "eval/profile/kernel_profiler.h"
#include "eval/profile/kineto_records.h"
#include "eval/profile/profile.h"
#include "model/module_scope.h"

namespace skd::test {
namespace {

void spin(int microseconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
    while (std::chrono::steady_clock::now() < end) {
    }
}

/// Self time worked out by looking at all pairs: the duration less that of what lies directly
/// inside.
std::int64_t selfByPairs(const std::vector<ProfileRecord>& records, std::size_t which) {
    const auto inside = [&](std::size_t inner, std::size_t outer) {
        return inner > outer && records[inner].thread == records[outer].thread &&
               records[inner].beginNs >= records[outer].beginNs &&
               records[inner].endNs <= records[outer].endNs;
    };
    std::int64_t self = records[which].endNs - records[which].beginNs;
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!inside(i, which)) continue;
        bool direct = true;
        for (std::size_t between = which + 1; between < i; ++between)
            direct = direct && !(inside(between, which) && inside(i, between));
        if (direct) self -= records[i].endNs - records[i].beginNs;
    }
    return self;
}

void expectSelfTimesByPairs(const std::vector<ProfileRecord>& records) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
        EXPECT_GE(records[i].selfNs, 0) << records[i].name;
        EXPECT_EQ(records[i].selfNs, selfByPairs(records, i)) << i << " " << records[i].name;
        total += records[i].selfNs;
    }
    EXPECT_EQ(total, records.front().endNs - records.front().beginNs);
}

std::vector<ProfileRecord> recordNested(KernelProfiler& profiler) {
    const c10::NoGradGuard noGradient;
    const at::Tensor a = at::randn({64, 64});
    EXPECT_TRUE(profiler.start());
    {
        const ModuleScope outermost(Module::Gap);
        spin(200);
        {
            const ModuleScope attention(Module::Attention);
            static_cast<void>(at::matmul(a, a));
            const ModuleScope copy(Module::Copy);
            spin(300);
            static_cast<void>(a.t().contiguous());
        }
        static_cast<void>(a + a);
    }
    return profiler.stop();
}

Module moduleOf(const std::vector<ProfileRecord>& records, const std::string& name) {
    for (const ProfileRecord& record : records)
        if (record.name == name) return record.module;
    ADD_FAILURE() << "no record of " << name;
    return Module::Other;
}

TEST(ProfileRecording, NestedScopesShareOutTheTimeOfTheOutermost) {
    const auto profiler = makeRecordFunctionProfiler();
    const std::vector<ProfileRecord> records = recordNested(*profiler);
    ASSERT_GT(records.size(), 5u);
    expectSelfTimesByPairs(records);
    EXPECT_EQ(moduleOf(records, "aten::mm"), Module::Attention);
    EXPECT_EQ(moduleOf(records, "aten::contiguous"), Module::Copy);
    EXPECT_EQ(moduleOf(records, "aten::add"), Module::Other);
    std::map<std::string, std::int64_t> times;
    for (const ProfileRecord& record : records) times[record.name] += record.selfNs;
    EXPECT_GE(times["gap"], 200'000);
    EXPECT_GE(times["copy"], 300'000);
}

TEST(ProfileRecording, KinetoSeesTheSameOperatorsInTheSameModules) {
    const auto functions = makeRecordFunctionProfiler(), kineto = makeKinetoProfiler(at::kCPU);
    const auto names = [](const std::vector<ProfileRecord>& records) {
        std::vector<std::pair<std::string, Module>> all;
        for (const ProfileRecord& record : records) all.emplace_back(record.name, record.module);
        return all;
    };
    const std::vector<ProfileRecord> ours = recordNested(*functions),
                                     theirs = recordNested(*kineto);
    EXPECT_EQ(names(ours), names(theirs));
    expectSelfTimesByPairs(theirs);
}

TEST(ProfileRecording, OnlyWhatRunsBetweenStartAndStopIsRecorded) {
    const auto profiler = makeRecordFunctionProfiler();
    const at::Tensor a = at::randn({8, 8});
    EXPECT_TRUE(profiler->stop().empty());
    {
        const ModuleScope scope(Module::Head);
        static_cast<void>(a + a);
    }
    ASSERT_TRUE(profiler->start());
    { const ModuleScope scope(Module::Norm); }
    const std::vector<ProfileRecord> records = profiler->stop();
    {
        const ModuleScope scope(Module::Head);
        static_cast<void>(a + a);
    }
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].module, Module::Norm);
    EXPECT_TRUE(profiler->stop().empty());
}

TEST(ProfileRecording, OneProfilerAtATimeInAThread) {
    const auto first = makeRecordFunctionProfiler(), second = makeRecordFunctionProfiler(),
               kineto = makeKinetoProfiler(at::kCPU), other = makeKinetoProfiler(at::kCPU);
    ASSERT_TRUE(first->start());
    EXPECT_EQ(second->start().error().code, ErrorCode::Busy);
    static_cast<void>(first->stop());
    EXPECT_TRUE(second->start());
    static_cast<void>(second->stop());
    ASSERT_TRUE(kineto->start());
    EXPECT_EQ(other->start().error().code, ErrorCode::Busy);
    static_cast<void>(kineto->stop());
}

TEST(ProfileRecording, AScopeCostsNextToNothingWhileOff) {
    constexpr int kScopes = 1'000'000;
    double best = 1e9;
    for (int attempt = 0; attempt < 5; ++attempt) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < kScopes; ++i) const ModuleScope scope(Module::Norm);
        best = std::min(
            best, std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin)
                          .count() /
                      kScopes);
    }
    RecordProperty("nanoseconds", std::to_string(best));
    EXPECT_LT(best, 20.0);
}

KinetoActivity cpu(const char* name, std::int64_t begin, std::int64_t end,
                   std::uint64_t correlation, bool scope) {
    return {name, begin, end, 1, correlation, 0, scope, false};
}
KinetoActivity kernel(const char* name, std::int64_t begin, std::int64_t end,
                      std::uint64_t launchedBy) {
    return {name, begin, end, 7, 0, launchedBy, false, true};
}

TEST(ProfileKineto, KernelsCountForThePartThatLaunchedThem) {
    // The host runs ahead: everything is launched in 100 ns, the device works until 900.
    const std::vector<ProfileRecord> records =
        recordsOf({cpu("gap", 0, 100, 1, true), cpu("mlp_gate", 10, 50, 2, true),
                   cpu("aten::mm", 15, 45, 3, false), cpu("attention", 50, 90, 4, true),
                   cpu("aten::bmm", 60, 80, 5, false), kernel("gemm", 100, 500, 3),
                   kernel("mlp_gate", 100, 500, 2), kernel("softmax", 600, 900, 5),
                   kernel("other_stream", 850, 950, 5), kernel("unknown", 950, 960, 99)});
    std::map<Module, std::int64_t> times;
    for (const ProfileRecord& record : records) times[record.module] += record.selfNs;
    EXPECT_EQ(times[Module::MlpGate], 400);
    EXPECT_EQ(times[Module::Attention], 300 + 50);  // a moment on two streams counts once
    EXPECT_EQ(times[Module::Other], 10);
    EXPECT_EQ(times[Module::Gap], 100 + 100);
    EXPECT_EQ(records.front().endNs, 960);
    int kernels = 0;
    for (const ProfileRecord& record : records) kernels += record.kernel;
    EXPECT_EQ(kernels, 4);  // the scope that Kineto repeats on the device is none
}

}  // namespace
}  // namespace skd::test
