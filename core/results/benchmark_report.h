#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/statistics.h"

/// Plain results of timing inference, for the command line, the workspace and the window. No
/// tensors.
namespace skd {

/// One model at one batch (the paper's Table VII).
struct BenchmarkCell {
    std::int64_t batch = 1;
    /// Time to first token: reading the prompts and choosing a token each.
    Spread ttftMs = Spread::unknown();
    /// Time per output token after it: one step of the whole batch.
    Spread tpotMs = Spread::unknown();
    /// Of the first model's TTFT of the same round over this one's.
    Spread prefillSpeedup = Spread::unknown();
    Spread decodeSpeedup = Spread::unknown();  ///< the same of TPOT
    /// Of the whole batch, at the medians.
    double prefillTokensPerSecond = 0, decodeTokensPerSecond = 0;
    /// Of the read bandwidth that decoding reaches: weight bytes per step / TPOT / bandwidth.
    double boundShare = std::numeric_limits<double>::quiet_NaN();
    /// See BenchmarkReport::memoryDefinition; NaN = not measured.
    double peakBytes = std::numeric_limits<double>::quiet_NaN();
    double cacheBytes = 0;  ///< keys and values at the end

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("batch", self.batch, {});
        visitor.group("ttft_ms", self.ttftMs, "");
        visitor.group("tpot_ms", self.tpotMs, "");
        visitor.group("prefill_speedup", self.prefillSpeedup, "");
        visitor.group("decode_speedup", self.decodeSpeedup, "");
        visitor.field("prefill_tokens_per_second", self.prefillTokensPerSecond, {});
        visitor.field("decode_tokens_per_second", self.decodeTokensPerSecond, {});
        visitor.field("bound_share", self.boundShare, {});
        visitor.field("peak_bytes", self.peakBytes, {});
        visitor.field("cache_bytes", self.cacheBytes, {});
    }
};

struct BenchmarkModel {
    std::string name;
    std::int64_t parameters = 0, mlpParameters = 0;
    double mlpRemoved = 0;    ///< share of the first model's MLP parameters that this one lacks
    double weightBytes = 0;   ///< held: weights and masks
    double bytesPerStep = 0;  ///< weights that one step reads; of an untied embedding only rows
    std::vector<BenchmarkCell> cells;  ///< in the order of the batches

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("parameters", self.parameters, {});
        visitor.field("mlp_parameters", self.mlpParameters, {});
        visitor.field("mlp_removed", self.mlpRemoved, {});
        visitor.field("weight_bytes", self.weightBytes, {});
        visitor.field("bytes_per_step", self.bytesPerStep, {});
        visitor.list("batches", self.cells, "");
    }
};

struct BenchmarkReport {
    std::int64_t prompt = 0, generate = 0, rounds = 0;
    std::int64_t threads = 0;
    std::string dtype, device;
    /// Bytes/s that all threads read together, measured once a round.
    Spread bandwidth = Spread::unknown();
    std::string memoryDefinition;
    std::vector<BenchmarkModel> models;
    bool cancelled = false;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("prompt", self.prompt, {});
        visitor.field("generate", self.generate, {});
        visitor.field("rounds", self.rounds, {});
        visitor.field("threads", self.threads, {});
        visitor.field("dtype", self.dtype, {});
        visitor.field("device", self.device, {});
        visitor.group("read_bandwidth", self.bandwidth, "bytes/s");
        visitor.field("memory_definition", self.memoryDefinition, {});
        visitor.list("models", self.models, "");
        visitor.field("cancelled", self.cancelled, {});
    }
};

}  // namespace skd
