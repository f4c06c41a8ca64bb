#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "spec/eval_spec.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// A page of lm-eval-wikitext: tokens [begin, begin + length) and, of the page before detokenising,
/// the counts that its measures divide by.
struct EvalPage {
    std::int64_t begin = 0, length = 0, words = 0, bytes = 0;
};

/// A text as a protocol wants it, tokenised once: without special tokens, or with the tokeniser's
/// own where the protocol leaves them to it (EvalSettings::textBos).
struct EvalText {
    std::vector<TokenId> ids;
    std::optional<TokenId> bos;
    bool addsBos = false;
    std::string textSha256;  ///< of the file's bytes
    std::string tokenizerSha256;
    std::optional<TokenId> prefix;  ///< lm-eval: bos, else eos
    std::string scoredSha256;       ///< of what was tokenised; pages joined by NUL
    std::vector<EvalPage> pages;    ///< only of lm-eval-wikitext
    /// Of each token: whether it is read as context alone; empty where all may be scored.
    std::vector<bool> unscored = {};

    [[nodiscard]] bool isUnscored(std::int64_t token) const {
        return !unscored.empty() && unscored[static_cast<std::size_t>(token)];
    }
};

/// Reads spec.text, makes of it what the protocol scores, and keeps the first max_tokens tokens.
Result<EvalText> loadEvalText(const EvalSpec& spec, const Tokenizer& tokenizer);

/// The text that choices are made on, as the protocol wants it: the first live_tokens tokens of
/// spec.selection, of which those of <unk> are not scored (tokensOfUnknownWords; words and bytes of
/// pages are without it too). Where the selection is empty, of loadEvalText.
Result<EvalText> loadSelectionText(const EvalSpec& spec, const Tokenizer& tokenizer);

}  // namespace skd
