#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "tokenizer/model/added_tokens.h"
#include "tokenizer/model/bpe_model.h"
#include "tokenizer/model/token_decoder.h"
#include "tokenizer/model/token_table.h"
#include "tokenizer/pretokenizer/normalizer.h"
#include "tokenizer/pretokenizer/pre_tokenizer.h"

namespace skd {

/// A tokeniser as a file describes it, checked piece by piece but not yet put together.
struct TokenizerBlueprint {
    TokenTable tokens;
    std::vector<AddedToken> added;
    std::variant<std::vector<MergeRule>, MergeTable> merges;
    BpeOptions bpe;
    NormalizerPtr normalizer;  ///< null = none
    std::vector<PreTokenizerPtr> stages;
    DecodingRules decoding;
    std::vector<TokenId> prefix;  ///< put before a text with addSpecialTokens
    std::vector<TokenId> suffix;
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::string sha256;
    std::string preTokenizerName;
};

/// What a Tokenizer works with.
struct TokenizerParts {
    AddedTokenSplitter rawTokens;         ///< looked for in the text as it came
    AddedTokenSplitter normalizedTokens;  ///< looked for after normalisation
    NormalizerPtr normalizer;
    PreTokenizerPtr preTokenizer;
    BpeModel model;
    TokenDecoder decoder;
    std::vector<TokenId> prefix;
    std::vector<TokenId> suffix;
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::string sha256;
    std::string description;
};

Result<std::unique_ptr<const TokenizerParts>> assemble(TokenizerBlueprint blueprint);

}  // namespace skd
