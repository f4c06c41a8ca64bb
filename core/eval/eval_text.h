#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "spec/eval_spec.h"
#include "text/tokenizer.h"

namespace skd {

/// A text as a protocol wants it, tokenised once without special tokens.
struct EvalText {
    std::vector<TokenId> ids;
    std::optional<TokenId> bos;
    bool addsBos = false;
    std::string textSha256;  ///< of the file's bytes
    std::string tokenizerSha256;
};

/// Reads spec.text, joins its rows where the protocol asks for it, and keeps the first max_tokens tokens.
Result<EvalText> loadEvalText(const EvalSpec& spec, const Tokenizer& tokenizer);

}  // namespace skd
