#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tokenizer/model/bpe_model.h"
#include "tokenizer/model/token_decoder.h"
#include "tokenizer/pretokenizer/normalizer.h"
#include "tokenizer/pretokenizer/pre_tokenizer.h"

namespace skd {

/// What a tokeniser's description and the tokeniser itself hold.
struct TokenizerSettings {
    Normalizer normalizer;        ///< empty = none
    std::vector<TokenId> prefix;  ///< put before a text with addSpecialTokens
    std::vector<TokenId> suffix;
    std::optional<TokenId> bos, eos;
    std::string sha256;

    /// True when a text with addSpecialTokens begins with bos.
    [[nodiscard]] bool addsBos() const { return bos && !prefix.empty() && prefix.front() == *bos; }
};

/// A tokeniser as a file describes it, checked piece by piece but not yet put together.
struct TokenizerBlueprint : TokenizerSettings {
    TokenTable tokens;
    std::vector<AddedToken> added;
    std::vector<Merge> merges;
    BpeOptions bpe;
    std::vector<PreTokenizer> stages;
    DecodingRules decoding;
    std::string preTokenizerName;
};

/// What a Tokenizer works with.
struct TokenizerParts : TokenizerSettings {
    AddedTokenSplitter rawTokens;         ///< looked for in the text as it came
    AddedTokenSplitter normalizedTokens;  ///< looked for after normalisation
    PreTokenizer preTokenizer;
    BpeModel model;
    TokenDecoder decoder;
    std::string description;
};

Result<TokenizerParts> assemble(TokenizerBlueprint blueprint);

}  // namespace skd
