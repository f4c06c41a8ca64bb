#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

/// Plain results of timing inference, for the command line, the workspace and the window. No tensors.
namespace skd {

/// Repeated measurements: their middle, and the quartiles around it.
struct Measured {
    double median = 0, low = 0, high = 0;

    /// NaN of no values. Quartiles by linear interpolation between the sorted values.
    static Measured of(std::vector<double> values);
    [[nodiscard]] Json toJson() const;
};

/// One model at one batch (the paper's Table VII).
struct BenchmarkCell {
    std::int64_t batch = 1;
    Measured ttftMs;            ///< time to first token: reading the prompts and choosing a token each
    Measured tpotMs;            ///< time per output token behind it: one step of the whole batch
    Measured prefillSpeedup;    ///< of the first model's TTFT of the same round over this one's
    Measured decodeSpeedup;     ///< the same of TPOT
    double prefillTokensPerSecond = 0, decodeTokensPerSecond = 0;  ///< of the whole batch, at the medians
    double boundShare = 0;      ///< of the read bandwidth that decoding reaches: weight bytes per step / TPOT / bandwidth
    double peakBytes = 0;       ///< see BenchmarkReport::memoryDefinition; NaN = not measured
    double cacheBytes = 0;      ///< keys and values at the end
};

struct BenchmarkModel {
    std::string name;
    std::int64_t parameters = 0, mlpParameters = 0;
    double mlpRemoved = 0;         ///< share of the first model's MLP parameters that this one lacks
    double weightBytes = 0;        ///< held: weights and masks
    double bytesPerStep = 0;       ///< weights that one step reads; of an untied embedding only rows
    std::vector<BenchmarkCell> cells;  ///< in the order of the batches
};

struct BenchmarkReport {
    std::int64_t prompt = 0, generate = 0, rounds = 0;
    int threads = 0;
    std::string dtype, device;
    Measured bandwidth;            ///< bytes/s that all threads read together, measured once a round
    std::string memoryDefinition;
    std::vector<BenchmarkModel> models;
    bool cancelled = false;

    [[nodiscard]] Json toJson() const;
};

}  // namespace skd
