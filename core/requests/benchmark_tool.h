#pragma once

#include "events/run_context.h"
#include "results/benchmark_report.h"
#include "results/break_even.h"
#include "spec/model_ref.h"
#include "store/run_paths.h"

/// What the command line's `benchmark` does. Plain results: the window shows them as well.
namespace skd {

struct BenchmarkRequest {
    std::vector<std::string> models;  ///< the first is what speed-ups are against
    std::vector<std::int64_t> batches{1, 16, 64};
    std::int64_t prompt = 128, generate = 32, rounds = 7;
};
/// `how` gives dtype, device and threads for all models; its path is not used.
Result<BenchmarkReport> benchmarkModels(const ModelRef& how, const BenchmarkRequest& request,
                                        const RunPaths& runs, const RunContext& context);

struct BreakEvenRequest {
    std::vector<std::int64_t> batches;
    MatrixForm form = MatrixForm::Factored;
    bool anew = false;  ///< measures again what was measured before
};
/// Measured times of dense and cut matrices in the shapes of a model's MLP, from the workspace's
/// cache where they were measured before on this machine with this dtype and number of threads.
Result<BreakEvenTable> modelBreakEven(const ModelRef& model, const BreakEvenRequest& request,
                                      const RunPaths& runs, const RunContext& context);

}  // namespace skd
