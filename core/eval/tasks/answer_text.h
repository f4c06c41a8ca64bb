#pragma once

#include <functional>
#include <optional>

#include "model/decoder.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// Tokens that an answer may have; as many of the model's positions are kept free for it.
constexpr std::int64_t kAnswerTokens = 256;

/// How a model's answer to a prompt ends, besides after kAnswerTokens.
struct AnswerEnds {
    std::vector<std::string> words;        ///< the answer is what stands before the first of them
    std::vector<TokenId> tokens;           ///< that end a text; special ones are not part of it
    std::function<bool()> cancelled = {};  ///< asked before every token; may be empty
};

/// The greedy answer to a prompt as lm-evaluation-harness 0.4 generates it (generate_until): the
/// prompt's last tokens where it is too long, special tokens left out of the text. Logits
/// that are not finite end it. Nothing when cancelled. Unsupported where the model has too few
/// positions for prompt and answer.
Result<std::optional<std::string>> answerText(const Decoder& model, const Tokenizer& tokenizer,
                                              const std::string& prompt, const AnswerEnds& ends);

}  // namespace skd
