#pragma once

#include "eval/break_even.h"
#include "events/run_context.h"
#include "model/decoder.h"
#include "results/break_even.h"
#include "store/run_paths.h"

namespace skd {

/// The measured times of this machine that the workspace keeps, for the model's dtype and the
/// threads in use; without shapes where nothing was measured.
Result<BreakEvenTable> knownBreakEven(const Decoder& model, const RunPaths& paths);

/// The same, with every shape of the matrices in their form at each batch: what is missing is
/// measured and kept. Incomplete when cancelled.
Result<BreakEvenTable> completeBreakEven(const Decoder& model, const TimedMatrices& matrices,
                                         const std::vector<std::int64_t>& batches,
                                         const RunPaths& paths, const RunContext& context);

}  // namespace skd
