#include "eval/break_even.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/files.h"
#include "results/benchmark_report.h"

namespace skd {
namespace {

/// Weights for one time: more than a last-level cache holds.
constexpr std::int64_t kPoolBytes = 64ll << 20;
constexpr std::int64_t kMostCopies = 512;
constexpr int kRounds = 7;
/// Measured ranks, in eighths of the rank at which parameters break even.
constexpr int kEighths = 10;
constexpr std::int64_t kRankMultiple = 16;

using Shape = std::pair<std::int64_t, std::int64_t>;

/// A matrix of a shape in a form, or dense where the rank is 0; the values do not matter.
Linear matrixOf(const Shape& shape, MatrixForm form, std::int64_t rank,
                const at::TensorOptions& options) {
    const auto [rows, columns] = shape;
    const auto filled = [&](std::int64_t m, std::int64_t n) {
        return at::full({m, n}, 0.01, options);
    };
    if (rank == 0) return {"dense", DenseWeight{filled(rows, columns)}};
    if (form == MatrixForm::Factored)
        return {"factored", LowRankWeight{filled(rows, rank), filled(rank, columns)}};
    // Kept rows among the others, as evenly as they go.
    std::vector<std::int32_t> order(static_cast<std::size_t>(rows));
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
        const bool takes = (i + 1) * rank / rows > kept;
        order[static_cast<std::size_t>(i)] =
            static_cast<std::int32_t>(takes ? kept : rank + i - kept);
        kept += takes;
    }
    return {"block", IdentityBlockWeight{filled(rows - rank, rank), filled(rank, columns),
                                         at::tensor(order, at::kInt).to(options.device())}};
}

std::vector<Linear> poolOf(const Shape& shape, MatrixForm form, std::int64_t rank,
                           const at::TensorOptions& options) {
    const std::int64_t numbers = formParameters(form, shape.first, shape.second, rank);
    const auto bytes = numbers * static_cast<std::int64_t>(options.dtype().itemsize());
    std::vector<Linear> pool(
        static_cast<std::size_t>(std::clamp<std::int64_t>(kPoolBytes / bytes, 2, kMostCopies)));
    for (Linear& linear : pool) linear = matrixOf(shape, form, rank, options);
    return pool;
}

/// Microseconds a product takes, over the whole pool.
double timeOf(const std::vector<Linear>& pool, const at::Tensor& input) {
    const auto start = std::chrono::steady_clock::now();
    at::Tensor output;
    for (const Linear& linear : pool) output = linear.forward(input);
    (void)output.to(at::kCPU);  // waits for a device
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    return time.count() / static_cast<double>(pool.size());
}

std::vector<std::int64_t> ranksFor(const BreakEvenShape& shape) {
    const std::int64_t full = shape.parameterBreakEven(),
                       most = std::min(shape.rows, shape.columns);
    std::set<std::int64_t> ranks;
    for (int i = 1; i <= kEighths; ++i) {
        const std::int64_t rank = full * i / 8;
        ranks.insert(std::clamp<std::int64_t>(rank / kRankMultiple * kRankMultiple, 1, most));
    }
    return {ranks.begin(), ranks.end()};
}

/// Empty `factored` when cancelled.
BreakEvenShape measureShape(BreakEvenShape result, const at::Tensor& input,
                            const at::TensorOptions& options, const RunContext& context) {
    const Shape shape{result.rows, result.columns};
    const std::vector<Linear> dense = poolOf(shape, result.form, 0, options);
    std::vector<double> denseTimes;
    std::vector<std::pair<std::int64_t, double>> ratios;
    for (const std::int64_t rank : ranksFor(result)) {
        if (context.cancelled()) return result;
        const std::vector<Linear> factored = poolOf(shape, result.form, rank, options);
        timeOf(dense, input);
        timeOf(factored, input);
        std::vector<double> own;
        for (int round = 0; round < kRounds; ++round) {
            denseTimes.push_back(timeOf(dense, input));
            own.push_back(timeOf(factored, input) / denseTimes.back());
        }
        ratios.emplace_back(rank, Spread::of(own).median);
    }
    result.dense = Spread::of(denseTimes).median;
    for (const auto& [rank, ratio] : ratios)
        result.factored.push_back({rank, ratio * result.dense});
    return result;
}

}  // namespace

BreakEvenTable breakEvenTableFor(const Decoder& model) {
    const bool cpu = model.device().is_cpu();
    return {cpu ? processorName() : model.device().str() + " beside " + processorName(),
            model.dtypeName(),
            at::get_num_threads(),
            {}};
}

std::vector<Shape> shapesOf(const Decoder& model, const MatrixSelection& selection) {
    std::set<Shape> shapes;
    for (const MatrixInfo& info : model.matrixInfos(selection))
        shapes.emplace(info.rows, info.columns);
    return {shapes.begin(), shapes.end()};
}

bool measureBreakEven(const Decoder& model, const TimedMatrices& matrices,
                      const std::vector<std::int64_t>& batches, BreakEvenTable& table,
                      const RunContext& context) {
    const c10::NoGradGuard noGradient;
    const std::vector<Shape> shapes = shapesOf(model, matrices.selection);
    const auto options = at::TensorOptions().device(model.device()).dtype(model.dtype());
    ProgressMeter meter(context, Stage::Evaluate,
                        static_cast<std::int64_t>(shapes.size() * batches.size()), "shapes");
    for (const Shape& shape : shapes)
        for (const std::int64_t batch : batches) {
            meter.advance(1);
            if (table.find(shape.first, shape.second, batch, matrices.form) != nullptr) continue;
            const at::Tensor input =
                at::full({batch, shape.second}, 0.01, options.dtype(model.activationDtype()));
            BreakEvenShape measured = measureShape(
                {shape.first, shape.second, batch, 0, {}, matrices.form}, input, options, context);
            if (measured.factored.empty()) return false;
            table.put(std::move(measured));
        }
    return true;
}

}  // namespace skd
