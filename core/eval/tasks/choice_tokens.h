#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "model/config/model_config.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// A continuation as a model reads it after its context.
struct ChoiceTokens {
    std::vector<std::int64_t> input;   ///< without the last token, which nothing follows
    std::vector<std::int64_t> labels;  ///< scored at the last positions of `input`

    /// Position whose logits predict the first label.
    [[nodiscard]] std::int64_t firstRow() const {
        return static_cast<std::int64_t>(input.size() - labels.size());
    }
};

/// Tokens of a text as lm-evaluation-harness 0.4 encodes it: with what the tokeniser puts around a
/// text, unless it begins with that.
Result<std::vector<TokenId>> encodeTaskText(const Tokenizer& tokenizer, const std::string& text);

/// Splits as lm-evaluation-harness 0.4 does: white space at the context's end belongs to the
/// continuation; the whole text is encoded, and what lies beyond as many tokens as the context
/// alone has is scored. Of an empty context the tokeniser's begin-of-text (else end-of-text) token
/// is read in its place. Tokens are left out at the front where there are more than the model's
/// positions. InvalidInput where nothing is left to score, or more than the model can read.
Result<ChoiceTokens> choiceTokens(const Tokenizer& tokenizer, const ModelConfig& config,
                                  const std::string& context, const std::string& continuation);

/// InvalidInput where the model does not know a token.
Status checkTaskTokens(const ModelConfig& config, std::span<const TokenId> ids);

}  // namespace skd
