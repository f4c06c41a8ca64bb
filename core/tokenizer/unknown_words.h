#pragma once

#include <span>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace skd {

/// What stands for a word that a text does not tell (WikiText-2's tokenised form).
constexpr std::string_view kUnknownWord = "<unk>";

/// Of each token of a text: whether any character of it belongs to an <unk>. Such tokens are read
/// as context but say nothing of a model that is asked to predict them. Empty where there is none.
std::vector<bool> tokensOfUnknownWords(const Tokenizer& tokenizer, std::span<const TokenId> ids);

/// How often <unk> stands in a text.
std::int64_t countUnknownWords(std::string_view text);

}  // namespace skd
