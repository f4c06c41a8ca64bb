#include "library/latency_tables.h"

#include "eval/break_even.h"

namespace skd {

Result<BreakEvenTable> knownBreakEven(const Decoder& model, const RunPaths& paths) {
    return readBreakEven(paths.timings(), breakEvenTableFor(model));
}

Result<BreakEvenTable> completeBreakEven(const Decoder& model, const TimedMatrices& matrices,
                                         const std::vector<std::int64_t>& batches,
                                         const RunPaths& paths, const RunContext& context) {
    SKD_TRY(BreakEvenTable table, knownBreakEven(model, paths));
    const std::size_t known = table.shapes.size();
    measureBreakEven(model, matrices, batches, table, context);
    if (table.shapes.size() > known) SKD_CHECK(writeBreakEven(paths.timings(), table));
    return table;
}

}  // namespace skd
