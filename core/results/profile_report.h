#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/statistics.h"
#include "results/profile_module.h"

/// Where the time of a forward pass goes: plain results that tools print, the window draws and the
/// store can keep. No tensors.
namespace skd {

/// A stretch of time on a thread (CPU) or stream (CUDA): an operator, a kernel or a part of the
/// decoder.
struct ProfileRecord {
    std::string name;  ///< "aten::mm"; of a part its Module name
    Module module = Module::Other;
    std::int64_t thread = 0;
    std::int64_t beginNs = 0, endNs = 0;
    std::int64_t selfNs =
        0;                ///< without what is nested inside; 0 for CPU records of a CUDA profile
    bool scope = false;   ///< a part of the decoder; its self time is hand-written passes and glue
    bool kernel = false;  ///< ran on the device
    bool operator==(const ProfileRecord&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{});
        visitor.field("module", self.module, FieldInfo{});
        visitor.field("thread", self.thread, FieldInfo{});
        visitor.field("begin", self.beginNs, FieldInfo{"", "ns"});
        visitor.field("end", self.endNs, FieldInfo{"", "ns"});
        visitor.field("self", self.selfNs, FieldInfo{"", "ns"});
        visitor.field("scope", self.scope, FieldInfo{});
        visitor.field("kernel", self.kernel, FieldInfo{});
    }
};

struct ModuleTime {
    Module module = Module::Other;
    double seconds =
        0;             ///< self time in the typical round, so that modules add up to its wall time
    double share = 0;  ///< of that round's wall time
    Spread rounds;     ///< seconds over all rounds
    std::int64_t calls = 0;
    double flops = 0;  ///< of matrix products in one forward pass; 0 where there are none
    [[nodiscard]] double gflopsPerSecond() const {
        return rounds.median > 0 ? flops / rounds.median / 1e9 : 0;
    }
    bool operator==(const ModuleTime&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("module", self.module, FieldInfo{});
        visitor.field("seconds", self.seconds, FieldInfo{"self time in the typical round", "s"});
        visitor.field("share", self.share, FieldInfo{});
        visitor.group("rounds", self.rounds, "seconds over all rounds");
        visitor.field("calls", self.calls, FieldInfo{});
        visitor.field("flops", self.flops, FieldInfo{"of matrix products"});
    }
};

struct OperatorTime {
    std::string name;
    Module module = Module::Other;
    double seconds = 0, share = 0;  ///< self time in the typical round
    std::int64_t calls = 0;
    bool operator==(const OperatorTime&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{});
        visitor.field("module", self.module, FieldInfo{});
        visitor.field("seconds", self.seconds, FieldInfo{"self time in the typical round", "s"});
        visitor.field("share", self.share, FieldInfo{});
        visitor.field("calls", self.calls, FieldInfo{});
    }
};

/// A model against the first one of the report (of which all ratios are 1). Ratios of times are
/// taken round by round.
struct ProfileComparison {
    Spread speedUp;        ///< time of the first / time of this
    double predicted = 0;  ///< speed-up if the first one's MLP products shrank by their FLOPs and
                           ///< nothing else changed
    double ceiling = 0;    ///< speed-up if they took no time (Amdahl): 1 / (1 - their share)
    Spread mlpTime;        ///< time in MLP products / that of the first
    double mlpFlops = 0;   ///< FLOPs of MLP products / those of the first
    Spread otherTime;      ///< everything else: 1 where only the MLP changed
    bool operator==(const ProfileComparison&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.group("speed_up", self.speedUp, "");
        visitor.field("predicted", self.predicted, FieldInfo{});
        visitor.field("ceiling", self.ceiling, FieldInfo{});
        visitor.group("mlp_time", self.mlpTime, "");
        visitor.field("mlp_flops", self.mlpFlops, FieldInfo{});
        visitor.group("other_time", self.otherTime, "");
    }
};

/// The typical round is the one whose times by module lie nearest to their medians (smallest sum of
/// differences): unlike the medians, its times add up.
struct ModelProfile {
    std::string name, weightsSha256;
    std::int64_t parameters = 0, mlpParameters = 0;
    Spread wall;  ///< seconds of a forward pass
    double attributed =
        0;  ///< share of the typical round's wall time in named parts of the decoder
    std::vector<ModuleTime>
        modules;  ///< in the order of Module, those that took part; Gap is always there
    std::vector<OperatorTime> operators;  ///< by operator and module, descending
    std::vector<ProfileRecord> timeline;  ///< of the typical round; times from its begin
    ProfileComparison comparison;
    bool operator==(const ModelProfile&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{});
        visitor.field("weights_sha256", self.weightsSha256, FieldInfo{});
        visitor.field("parameters", self.parameters, FieldInfo{});
        visitor.field("mlp_parameters", self.mlpParameters, FieldInfo{});
        visitor.group("wall", self.wall, "seconds of a forward pass");
        visitor.field("attributed", self.attributed, FieldInfo{});
        visitor.group("comparison", self.comparison, "");
        visitor.list("modules", self.modules, "");
        visitor.list("operators", self.operators, "");
        visitor.list("timeline", self.timeline, "");
    }

    [[nodiscard]] double typicalSeconds() const;  ///< wall time of the typical round
    /// One line per operator, whatever the module; descending.
    [[nodiscard]] std::vector<OperatorTime> byOperator() const;
    /// Seconds of the typical round in the columns of the paper's Table VIII; they add up to its
    /// wall time.
    [[nodiscard]] std::map<PaperBucket, double> paperBuckets() const;
};

struct ProfileReport {
    std::string device, dtype;
    std::string method;  ///< how times were taken, in words
    std::int64_t threads = 0, batch = 0, length = 0, rounds = 0, warmUps = 0;
    bool cancelled = false;
    std::vector<ModelProfile> models;
    bool operator==(const ProfileReport&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("device", self.device, FieldInfo{});
        visitor.field("dtype", self.dtype, FieldInfo{});
        visitor.field("method", self.method, FieldInfo{});
        visitor.field("threads", self.threads, FieldInfo{});
        visitor.field("batch", self.batch, FieldInfo{});
        visitor.field("length", self.length, FieldInfo{});
        visitor.field("rounds", self.rounds, FieldInfo{});
        visitor.field("warm_ups", self.warmUps, FieldInfo{});
        visitor.field("cancelled", self.cancelled, FieldInfo{});
        visitor.list("models", self.models, "");
    }
};

/// The timelines as a Chrome trace (chrome://tracing, ui.perfetto.dev): one JSON object, a process
/// per model, complete events ("ph": "X") in microseconds from the begin of the model's round.
std::string chromeTrace(const ProfileReport& report);

}  // namespace skd
