#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "spec/eval_spec.h"

namespace skd {

/// A protocol with every choice made.
struct EvalSettings {
    Protocol protocol = Protocol::Paper512;
    std::int64_t context = 512, stride = 256;
    bool bos = false;  ///< a begin-of-text token opens every window
};

/// Fills in what the spec leaves to the protocol; `addsBos`: the tokeniser adds one by itself.
Result<EvalSettings> resolveSettings(const EvalSpec& spec, bool addsBos);
/// The protocol in one line, for reports.
std::string describe(const EvalSettings& settings);

/// Tokens [begin, begin + length) of the text; of them those from `firstScored` on (an index into the
/// window, at least 1 without bos) are scored.
struct Window {
    std::int64_t begin = 0, length = 0, firstScored = 1;
    bool replaceFirst = false;  ///< llama.cpp: bos takes the place of the first token
};

/// Cuts `tokens` tokens into windows (FORMATS.md sections 5.3 to 5.5). Error when there are too few.
Result<std::vector<Window>> cutWindows(std::int64_t tokens, const EvalSettings& settings);

}  // namespace skd
