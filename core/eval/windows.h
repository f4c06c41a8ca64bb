#pragma once

#include <cstdint>

#include "eval/eval_text.h"

namespace skd {

/// A protocol with every choice made.
struct EvalSettings {
    Protocol protocol = Protocol::Paper512;
    std::int64_t context = 512, stride = 256;
    bool bos = false;  ///< a begin-of-text token opens every window
    bool textBos =
        false;  ///< the tokeniser's own special tokens stand before the text, or of each page
    bool quality = false;  ///< calibration is measured along
};

/// Fills in what the spec leaves to the protocol; `addsBos`: the tokeniser adds one by itself;
/// `maxPositions`: the model's, which lm-eval-wikitext takes as its window.
Result<EvalSettings> resolveSettings(const EvalSpec& spec, bool addsBos, std::int64_t maxPositions);
/// The protocol in one line, for reports.
std::string describe(const EvalSettings& settings);

/// Tokens [begin, begin + length) of the text; of them those from `firstScored` on (an index into
/// the window, at least 1 without a token in front) are scored.
struct Window {
    std::int64_t begin = 0, length = 0, firstScored = 1;
    bool replaceFirst = false;  ///< llama.cpp: bos takes the place of the first token
    bool prefix = false;        ///< lm-eval: the prefix token stands in front
    bool readsLast = true;      ///< false: the last token is only predicted, as lm-eval feeds it
    std::int64_t counted = -1;  ///< tokens that its mean loss stands for; -1: those that are scored
    std::int64_t page = -1;     ///< lm-eval: whose it is
    std::int64_t unscored = 0;  ///< of those from firstScored on, tokens that are context alone

    [[nodiscard]] std::int64_t scored() const { return length - firstScored - unscored; }
    [[nodiscard]] std::int64_t weight() const {
        return counted < 0 ? scored() : counted - unscored;
    }
};

/// Cuts a text into windows (resources/help/method.md, Perplexity), each with a token that is
/// scored. Error when it is too short.
Result<std::vector<Window>> cutWindows(const EvalText& text, const EvalSettings& settings);

/// Places in the text of the tokens that a window scores, in their order.
std::vector<std::int64_t> scoredTokens(const EvalText& text, const Window& window);

/// Its first `tokens` tokens (0: all); of pages the first whole ones that fit, at least one.
EvalText firstTokens(EvalText text, std::int64_t tokens);

}  // namespace skd
