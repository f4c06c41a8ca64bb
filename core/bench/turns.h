#pragma once

#include <iosfwd>
#include <string>

#include "base/result.h"
#include "spec/model_ref.h"

namespace skd::bench {

/// Work on a model that is done when a line asks for it, so that another program can take turns
/// with it (tests/bench/compare).
struct TurnRequest {
    ModelRef model;
    std::string ids;                         ///< file with a JSON array of token ids
    std::int64_t window = 512, windows = 4;  ///< of eval
    std::int64_t samples = 4, length = 256, topK = 32, microBatch = 0;  ///< of step
    std::int64_t prompt = 128, generate = 32;                           ///< of prefill and decode
};

/// Prints {"ready": true}, then answers each line of `in` ("eval", "step", "prefill", "decode",
/// "tokenize TEXTFILE", "gemm") with a line of JSON on `out`: "seconds" and "cpu_seconds" of the
/// work with what it gave, or "gflops" of the GEMM probe. Ends with the input or at "quit".
Status takeTurns(const TurnRequest& request, std::istream& in, std::ostream& out);

}  // namespace skd::bench
