#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "tokenizer/model/bpe_model.h"
#include "tokenizer/model/token_table.h"

namespace skd {

/// A tokenizer.json, read in one pass: the vocabulary and the merges, which are nearly all of it,
/// go into plain lists, the rest into `rest`.
struct TokenizerJsonDocument {
    Json rest;  ///< without /model/vocab (where that is an object) and /model/merges
    std::vector<VocabularyEntry> vocabulary;
    std::vector<MergeRule> merges;
};

/// Parses untrusted text: nesting is bounded, keys may not repeat, nothing may follow the value.
/// Linear in the size of the text, unlike a lookup in an ordered Json object per key.
Result<TokenizerJsonDocument> parseTokenizerJson(std::string_view text);

/// "left right" as a rule; fails unless the text splits at its spaces into exactly two parts.
Result<MergeRule> parseMergeLine(std::string_view line, std::size_t index);

}  // namespace skd
