#pragma once

#include "bench/bench.h"

namespace skd::bench {

/// Self time of a part of a training step.
struct StepPart {
    /// "teacher_rows", "forward.PART", "head", "backward.PART" (PART as of the decoder's profile),
    /// "gradients" (sums, norm), "adamw", "other"
    std::string name;
    Spread seconds;    ///< over the rounds
    double share = 0;  ///< of the sum of all medians
    double calls = 0;  ///< operators and passes in a step, mean
    double flops = 0;  ///< of matrix products; 0 where there are none
};

struct StepProfile {
    Json machine;
    std::string model, dtype, method;
    std::int64_t samples = 0, length = 0, topK = 0, rounds = 0;
    Spread wall;                  ///< seconds of a step, the profiler on
    double gemmFlops = 0;         ///< FLOP/s of the GEMM probe, taken in the same rounds
    double boundShare = 0;        ///< 3 x the forward pass' FLOPs at that rate over the step's time
    std::vector<StepPart> parts;  ///< longest first
    bool cancelled = false;

    /// {"format": "sparsekd-step-profile", "version": 1, "machine", "model", "dtype", "method",
    /// "samples", "length", "top_k", "rounds", "wall": {"median", "low", "high"}, "gemm_gflops",
    /// "bound_share", "cancelled", "parts": [{"name", "seconds": {..}, "share", "calls", "flops",
    /// "gflops_per_second"}]}
    [[nodiscard]] Json toJson() const;
};

struct StepProfileRequest {
    ModelRef model;
    std::string text = "resource:text/wikitext-2-test.raw";
    std::int64_t samples = 4, length = 256, topK = 32, rounds = 5;
};

/// Profiles KD steps of a model with itself as the teacher, AdamW included, after one that warms
/// up.
Result<StepProfile> profileStep(const StepProfileRequest& request, const RunContext& context);

}  // namespace skd::bench
