#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "events/run_context.h"
#include "model/decoder.h"
#include "results/benchmark_report.h"

namespace skd {

struct BenchmarkOptions {
    std::vector<std::int64_t> batches{1, 16, 64};
    std::int64_t prompt = 128, generate = 32;  ///< tokens per sequence
    std::int64_t rounds = 7;
};

struct BenchmarkSubject {
    std::string name;
    const Decoder& model;
};

/// Times reading a prompt and continuing from it (the paper's Table VII): per batch one warm-up of
/// each model, in which its memory is taken, then `rounds` rounds in which the models take turns,
/// each round with a probe of the read bandwidth. Prompts are random tokens, the same for all
/// models; the most probable token continues. InvalidInput for sizes that make no sense or are
/// longer than a model can read; partial results when cancelled.
Result<BenchmarkReport> benchmark(const std::vector<BenchmarkSubject>& subjects,
                                  const BenchmarkOptions& options, const RunContext& context);

/// Bytes of weights that decoding one position reads: of an untied embedding only rows.
double bytesPerStep(const Decoder& model);

}  // namespace skd
