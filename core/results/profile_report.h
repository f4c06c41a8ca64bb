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
    /// Without what is nested inside; 0 for CPU records of a CUDA profile.
    std::int64_t selfNs = 0;
    bool scope = false;   ///< a part of the decoder; its self time is hand-written passes and glue
    bool kernel = false;  ///< ran on the device
    bool operator==(const ProfileRecord&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("module", self.module, {});
        visitor.field("thread", self.thread, {});
        visitor.field("begin", self.beginNs, {"", "ns"});
        visitor.field("end", self.endNs, {"", "ns"});
        visitor.field("self", self.selfNs, {"", "ns"});
        visitor.field("scope", self.scope, {});
        visitor.field("kernel", self.kernel, {});
    }
};

struct ModuleTime {
    Module module = Module::Other;
    /// Self time in the typical round, so that modules add up to its wall time.
    double seconds = 0;
    double share = 0;  ///< of that round's wall time
    Spread rounds;     ///< seconds over all rounds
    std::int64_t calls = 0;
    double flops = 0;  ///< of matrix products in one forward pass; 0 where there are none
    [[nodiscard]] double gflopsPerSecond() const {
        return rounds.median > 0 ? flops / rounds.median / 1e9 : 0;
    }
    bool operator==(const ModuleTime&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("module", self.module, {});
        visitor.field("seconds", self.seconds, {"self time in the typical round", "s"});
        visitor.field("share", self.share, {});
        visitor.group("rounds", self.rounds, "seconds over all rounds");
        visitor.field("calls", self.calls, {});
        visitor.field("flops", self.flops, {"of matrix products"});
    }
};

struct OperatorTime {
    std::string name;
    Module module = Module::Other;
    double seconds = 0, share = 0;  ///< self time in the typical round
    std::int64_t calls = 0;
    bool operator==(const OperatorTime&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("module", self.module, {});
        visitor.field("seconds", self.seconds, {"self time in the typical round", "s"});
        visitor.field("share", self.share, {});
        visitor.field("calls", self.calls, {});
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

    static void visitFields(auto& self, auto& visitor) {
        visitor.group("speed_up", self.speedUp, "");
        visitor.field("predicted", self.predicted, {});
        visitor.field("ceiling", self.ceiling, {});
        visitor.group("mlp_time", self.mlpTime, "");
        visitor.field("mlp_flops", self.mlpFlops, {});
        visitor.group("other_time", self.otherTime, "");
    }
};

/// The typical round is the one whose times by module lie nearest to their medians (smallest sum of
/// differences): unlike the medians, its times add up.
struct ModelProfile {
    std::string name, weightsSha256;
    std::int64_t parameters = 0, mlpParameters = 0;
    Spread wall;  ///< seconds of a forward pass
    /// Share of the typical round's wall time in named parts of the decoder.
    double attributed = 0;
    /// In the order of Module, those that took part; Gap is always there.
    std::vector<ModuleTime> modules;
    std::vector<OperatorTime> operators;  ///< by operator and module, descending
    std::vector<ProfileRecord> timeline;  ///< of the typical round; times from its begin
    ProfileComparison comparison;
    bool operator==(const ModelProfile&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("weights_sha256", self.weightsSha256, {});
        visitor.field("parameters", self.parameters, {});
        visitor.field("mlp_parameters", self.mlpParameters, {});
        visitor.group("wall", self.wall, "seconds of a forward pass");
        visitor.field("attributed", self.attributed, {});
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

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("device", self.device, {});
        visitor.field("dtype", self.dtype, {});
        visitor.field("method", self.method, {});
        visitor.field("threads", self.threads, {});
        visitor.field("batch", self.batch, {});
        visitor.field("length", self.length, {});
        visitor.field("rounds", self.rounds, {});
        visitor.field("warm_ups", self.warmUps, {});
        visitor.field("cancelled", self.cancelled, {});
        visitor.list("models", self.models, "");
    }
};

/// The timelines as a Chrome trace (chrome://tracing, ui.perfetto.dev): one JSON object, a process
/// per model, complete events ("ph": "X") in microseconds from the begin of the model's round.
std::string chromeTrace(const ProfileReport& report);

}  // namespace skd
