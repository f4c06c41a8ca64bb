#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/fields.h"

/// Plain results of timing inference, for the command line, the workspace and the window. No
/// tensors.
namespace skd {

/// Repeated measurements: their middle, and the quartiles around it.
struct Measured {
    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    double median = kNone, low = kNone, high = kNone;

    /// NaN of no values. Quartiles by linear interpolation between the sorted values.
    static Measured of(std::vector<double> values);

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("median", self.median, FieldInfo{});
        visitor.field("low", self.low, FieldInfo{"first quartile"});
        visitor.field("high", self.high, FieldInfo{"third quartile"});
    }
};

/// One model at one batch (the paper's Table VII).
struct BenchmarkCell {
    std::int64_t batch = 1;
    Measured ttftMs;  ///< time to first token: reading the prompts and choosing a token each
    Measured tpotMs;  ///< time per output token behind it: one step of the whole batch
    Measured prefillSpeedup;  ///< of the first model's TTFT of the same round over this one's
    Measured decodeSpeedup;   ///< the same of TPOT
    double prefillTokensPerSecond = 0,
           decodeTokensPerSecond = 0;     ///< of the whole batch, at the medians
    double boundShare = Measured::kNone;  ///< of the read bandwidth that decoding reaches: weight
                                          ///< bytes per step / TPOT / bandwidth
    double peakBytes =
        Measured::kNone;    ///< see BenchmarkReport::memoryDefinition; NaN = not measured
    double cacheBytes = 0;  ///< keys and values at the end

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("batch", self.batch, FieldInfo{});
        visitor.group("ttft_ms", self.ttftMs, "");
        visitor.group("tpot_ms", self.tpotMs, "");
        visitor.group("prefill_speedup", self.prefillSpeedup, "");
        visitor.group("decode_speedup", self.decodeSpeedup, "");
        visitor.field("prefill_tokens_per_second", self.prefillTokensPerSecond, FieldInfo{});
        visitor.field("decode_tokens_per_second", self.decodeTokensPerSecond, FieldInfo{});
        visitor.field("bound_share", self.boundShare, FieldInfo{});
        visitor.field("peak_bytes", self.peakBytes, FieldInfo{});
        visitor.field("cache_bytes", self.cacheBytes, FieldInfo{});
    }
};

struct BenchmarkModel {
    std::string name;
    std::int64_t parameters = 0, mlpParameters = 0;
    double mlpRemoved = 0;    ///< share of the first model's MLP parameters that this one lacks
    double weightBytes = 0;   ///< held: weights and masks
    double bytesPerStep = 0;  ///< weights that one step reads; of an untied embedding only rows
    std::vector<BenchmarkCell> cells;  ///< in the order of the batches

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{});
        visitor.field("parameters", self.parameters, FieldInfo{});
        visitor.field("mlp_parameters", self.mlpParameters, FieldInfo{});
        visitor.field("mlp_removed", self.mlpRemoved, FieldInfo{});
        visitor.field("weight_bytes", self.weightBytes, FieldInfo{});
        visitor.field("bytes_per_step", self.bytesPerStep, FieldInfo{});
        visitor.list("batches", self.cells, "");
    }
};

struct BenchmarkReport {
    std::int64_t prompt = 0, generate = 0, rounds = 0;
    std::int64_t threads = 0;
    std::string dtype, device;
    Measured bandwidth;  ///< bytes/s that all threads read together, measured once a round
    std::string memoryDefinition;
    std::vector<BenchmarkModel> models;
    bool cancelled = false;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("prompt", self.prompt, FieldInfo{});
        visitor.field("generate", self.generate, FieldInfo{});
        visitor.field("rounds", self.rounds, FieldInfo{});
        visitor.field("threads", self.threads, FieldInfo{});
        visitor.field("dtype", self.dtype, FieldInfo{});
        visitor.field("device", self.device, FieldInfo{});
        visitor.group("read_bandwidth", self.bandwidth, "bytes/s");
        visitor.field("memory_definition", self.memoryDefinition, FieldInfo{});
        visitor.list("models", self.models, "");
        visitor.field("cancelled", self.cancelled, FieldInfo{});
    }
};

}  // namespace skd
