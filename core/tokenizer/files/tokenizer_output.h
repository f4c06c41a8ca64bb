#pragma once

#include <string>

#include "base/json.h"
#include "tokenizer/files/vocabulary_parts.h"

namespace skd {

/// The tokenizer.json of `tokenizers` that gives the ids a GGUF vocabulary gives: SentencePiece
/// scores become merges, the pre-tokeniser's name its pattern. The errors of readVocabularyParts.
Result<std::string> tokenizerJson(const VocabularyParts& parts);
/// tokenizer_config.json and special_tokens_map.json beside it.
Json tokenizerConfig(const VocabularyParts& parts, const std::string& chatTemplate,
                     std::int64_t maxPositions);
Json specialTokensMap(const VocabularyParts& parts);

/// The way back: the vocabulary that a GGUF file needs to give the ids of a tokenizer.json, with
/// unused tokens up to `size` (the rows of the embedding). `config` is the text of
/// tokenizer_config.json, or "". Unsupported where llama.cpp has no name for the pre-tokeniser.
Result<VocabularyParts> vocabularyFromJson(std::string_view json, std::string_view config,
                                           std::size_t size);

}  // namespace skd
