#pragma once

#include <vector>

#include "eval/perplexity.h"

namespace skd {

/// The perplexities that a spec asks for: its own protocol first, then those of `also`, which take
/// their own context and stride (and, where the rule does not fit them, bos as their recipe has
/// it).
Result<std::vector<EvalSpec>> protocolSpecs(const EvalSpec& spec);

/// All of them on one model; a cancelled report is the last one.
Result<std::vector<EvalReport>> evaluateProtocols(const Decoder& model, const Tokenizer& tokenizer,
                                                  const EvalSpec& spec, const RunContext& context);

}  // namespace skd
