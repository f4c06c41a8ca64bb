#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tokenizer/model/tokenizer_parts.h"

namespace skd {

/// Reads a tokenizer.json of `tokenizers` whose model is a byte-pair encoding. `config` is the text
/// of tokenizer_config.json, or "" when there is none. Truncation and padding settings are not
/// part of turning text into ids and are not applied.
Result<TokenizerBlueprint> readTokenizerJson(std::string_view json, std::string_view config);

/// One line of a merge list.
struct MergeRule {
    std::string left, right;
};
/// "left right" as a rule; fails unless the text splits at its spaces into exactly two parts.
Result<MergeRule> parseMergeLine(std::string_view line, std::size_t index);
/// Rule i as a merge of rank i. Every part and result must be a token; parts must not be empty.
Result<std::vector<Merge>> mergesFromRules(const TokenTable& tokens,
                                           const std::vector<MergeRule>& rules);

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

}  // namespace skd
