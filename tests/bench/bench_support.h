#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "base/json.h"

namespace skd::bench {

/// One way of doing a piece of work.
struct Contestant {
    std::string name;
    std::function<void()> work;
};

/// What a contestant took: median over the rounds, and how far its memory rose above where it
/// began.
struct Timing {
    std::string name;
    double seconds = 0;
    double peakMebibytes = 0;
};

/// Runs the contestants in turns (A B A B ...) after one warm-up round each.
std::vector<Timing> interleave(const std::vector<Contestant>& contestants, int rounds);

/// {"work": ..., "NAME": {"ms", "mib"}, ..., "speedup", "memory_ratio"}: the first contestant
/// against the last.
Json report(const std::string& work, const std::vector<Timing>& timings);

/// GEMM of [512, 1024] by [1024, 3072] in a type, GFLOP/s over about `seconds`.
double gemmGigaflops(double seconds, at::ScalarType type = at::kBFloat16);

struct Settings {
    int rounds = 7;
    bool quick = false;
};
Json benchHead(const Settings& settings);
Json benchWideHead(const Settings& settings);
Json benchAdamW(const Settings& settings);
Json benchTopK(const Settings& settings);
Json benchScoring(const Settings& settings);
Json benchStep(const Settings& settings);

/// Work on a model that is done when a line on the standard input asks for it ("eval", "step",
/// "gemm"), so that another program can take turns with it; a line of JSON answers each.
struct TurnSettings {
    std::string model, ids, dtype = "f32";   ///< `ids`: file with a JSON array of token ids
    std::int64_t window = 512, windows = 4;  ///< of eval
    std::int64_t samples = 4, length = 256, topK = 32, microBatch = 0;  ///< of step
};
int takeTurns(const TurnSettings& settings);

}  // namespace skd::bench
