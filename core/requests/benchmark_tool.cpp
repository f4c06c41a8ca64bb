#include "requests/benchmark_tool.h"

#include <algorithm>

#include "eval/benchmark.h"
#include "eval/break_even.h"
#include "library/latency_tables.h"
#include "library/model_source.h"
#include "requests/profile_tool.h"

namespace skd {

Result<BenchmarkReport> benchmarkModels(const ModelRef& how, const BenchmarkRequest& request,
                                        const RunPaths& runs, const RunContext& context) {
    SKD_TRY(const std::vector<OpenModel> models, openAll(how, request.models, runs));
    std::vector<BenchmarkSubject> subjects;
    for (const OpenModel& model : models) subjects.push_back({model.summary.name, model.decoder});
    return benchmark(subjects, {request.batches, request.prompt, request.generate, request.rounds},
                     context);
}

Result<BreakEvenTable> modelBreakEven(const ModelRef& ref, const BreakEvenRequest& request,
                                      const RunPaths& runs, const RunContext& context) {
    const std::vector<std::int64_t>& batches = request.batches;
    if (batches.empty() || *std::min_element(batches.begin(), batches.end()) < 1)
        return fail(ErrorCode::InvalidInput, "--batch needs sizes of 1 or more");
    setThreads(ref.threads);
    SKD_TRY(const OpenModel model, openModel(ref, &runs));
    const MatrixSelection mlp;
    if (request.anew) {
        SKD_TRY(BreakEvenTable table, knownBreakEven(model.decoder, runs));
        std::erase_if(table.shapes, [&](const BreakEvenShape& shape) {
            return shape.form == request.form &&
                   std::find(batches.begin(), batches.end(), shape.batch) != batches.end();
        });
        SKD_CHECK(writeBreakEven(runs.timings(), table));
    }
    SKD_TRY(const BreakEvenTable all,
            completeBreakEven(model.decoder, {mlp, request.form}, batches, runs, context));
    BreakEvenTable asked = all;
    asked.shapes.clear();
    for (const auto& [rows, columns] : shapesOf(model.decoder, mlp))
        for (const std::int64_t batch : batches)
            if (const BreakEvenShape* shape = all.find(rows, columns, batch, request.form))
                asked.put(*shape);
    return asked;
}

}  // namespace skd
